package main

import (
	"fmt"
	"io"

	"geodrop/poi/phrase"
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

// printable is text from others as it may be shown on a terminal.
func printable(s string) string { return phrase.Plain(s) }
