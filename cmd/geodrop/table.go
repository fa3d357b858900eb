package main

import (
	"fmt"
	"io"
	"strings"
)

// table prints aligned rows and keeps the first error.
type table struct {
	w   io.Writer
	err error
}

// row prints a name and what it is.
func (t *table) row(name, value string) { t.line("%-22s%s", name, value) }

// line prints one line, whatever is in its arguments.
func (t *table) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintln(t.w, printable(fmt.Sprintf(format, args...)))
	}
}

// printable replaces what could move the cursor, end the line or turn around
// text on a terminal: ids, names and paths come from others.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, // control characters
			r == 0x2028, r == 0x2029, // ends of lines and paragraphs
			r == 0x061c, r == 0x200e, r == 0x200f, // marks of direction
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '·'
		}
		return r
	}, s)
}
