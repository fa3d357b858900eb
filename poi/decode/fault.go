package decode

import (
	"errors"
	"fmt"

	"geodrop/poi"
)

// Codes of syntax, beside those of package poi.
const (
	CodeFieldCount poi.Code = "field_count"    // a row with more or fewer fields than the header
	CodeQuote      poi.Code = "stray_quote"    // a quote where RFC 4180 has none, or one never closed
	CodeSyntax     poi.Code = "syntax"         // not CSV, JSON, YAML or gzip
	CodeType       poi.Code = "wrong_type"     // a number where text belongs, and the like
	CodeUnknown    poi.Code = "unknown_field"  // a field that the format does not have
	CodeColumn     poi.Code = "missing_column" // a header without a required column
	CodeDepth      poi.Code = "too_deep"       // nested deeper than the limit
	CodeFile       poi.Code = "not_a_file"     // a folder, a device, a link out of the bundle
	CodeCRS        poi.Code = "crs"            // a datum other than the one the format has
)

// ErrFormat marks a file that cannot be read to its end because it is not what
// its name says. Nothing can be said about what follows the fault, so it is an
// error and not a reject.
var ErrFormat = errors.New("unreadable file")

// FileError says where and why a file cannot be read. It wraps ErrFormat.
type FileError struct {
	File   string
	Line   int // 1-based; 0 if the fault has no place
	Column int // 1-based, in code points; 0 if the fault is the whole line
	Code   poi.Code
	Reason string // a sentence: "the quote is never closed"
}

// Error is one line: where and why.
func (e *FileError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, e.Line)
		if e.Column > 0 {
			where = fmt.Sprintf("%s:%d", where, e.Column)
		}
	}
	return fmt.Sprintf("%s: %s (%s)", where, e.Reason, e.Code)
}

// Unwrap is ErrFormat.
func (e *FileError) Unwrap() error { return ErrFormat }

// reasonBeside is why a value is refused, for a reject that shows what stands there.
func reasonBeside[T string | []byte](shown T, inv *poi.Invalid) string {
	if len(shown) == 0 {
		return inv.Clause()
	}
	return inv.Reason
}

// clip cuts what is shown of a value.
func clip[T string | []byte](v T) string {
	if len(v) > poi.MaxRejectValue {
		return string(v[:poi.MaxRejectValue-len("…")]) + "…"
	}
	return string(v)
}
