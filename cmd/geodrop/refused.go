package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"geodrop/builder"
	"geodrop/poi/phrase"
)

// refusedShown is how many rejected rows are named where a config is refused.
const refusedShown = 5

// nameRejected names the first rows that a build left out, and where to see all:
// on standard error, since the answer is elsewhere or there is none.
func nameRejected(w io.Writer, s *builder.Summary) {
	shown := s.Rejects[:min(len(s.Rejects), refusedShown)]
	for i := range shown {
		fmt.Fprintf(w, "  %s\n", printable(shown[i].String()))
	}
	if more := s.Rejected - int64(len(shown)); more > 0 {
		fmt.Fprintf(w, "  … and %s more\n", phrase.Number(more))
	}
}

// refused says of a config that was refused for its rows who lists them.
func refused(err error, src string) error {
	if !errors.Is(err, builder.ErrRejected) {
		return err
	}
	return fmt.Errorf("%w; geodrop validate --src %s lists them", err, repeatable(src))
}

// repeatable is a source as it may be printed: an address may hold a password.
func repeatable(src string) string {
	if strings.HasPrefix(src, "dir:") || strings.HasPrefix(src, "sqlite:") {
		return src
	}
	return "SRC"
}
