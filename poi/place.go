package poi

import (
	"context"
	"fmt"
)

// Place is where a part of a config stands: in a file, in a record, or both.
type Place struct {
	File   string `json:"file,omitempty"`   // of a bundle
	Line   int    `json:"line,omitempty"`   // 1-based; 0 when it is not known
	Column int    `json:"column,omitempty"` // 1-based, in code points; 0 when it means the whole line

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

// String is the place for people: "tasks.yaml:17:5", or "tasks lanterns".
func (p *Place) String() string {
	switch {
	case p.File == "" && p.Key == "":
		return string(p.Table)
	case p.File == "":
		return string(p.Table) + " " + p.Key
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}
