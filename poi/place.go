package poi

import "context"

// Place is where a part of a config stands: in a file, in a record, or both.
type Place struct {
	File   string `json:"file,omitempty"`   // of a bundle
	Line   int    `json:"line,omitempty"`   // 1-based; 0 when it is not known
	Column int    `json:"column,omitempty"` // 1-based, in bytes; 0 when it means the whole line

	Table Table  `json:"table,omitempty"` // of the record
	Key   string `json:"key,omitempty"`   // its id
	Field string `json:"field,omitempty"` // as in Invalid.Field; empty for the whole record
}

// Locator is a Source whose records stand in files. Records are read without
// their places, which cost memory and are wanted of few: whoever wants some asks
// for these, once, after reading.
type Locator interface {
	// Locate fills in the file, line and column of places that name a record,
	// and the column of those that name a file, a line and a field. What is not
	// found stays as it is.
	Locate(ctx context.Context, places []*Place) error
}
