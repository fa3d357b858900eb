package index

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// ErrFault marks a look-up that met a page of a mapped file that is no longer
// there: the file was truncated, or its disk failed.
var ErrFault = errors.New("mapped index file cannot be read")

// Protect runs f, which reads mapped segments, and returns its error. A memory
// fault or an index out of range in f, the marks of a file that was cut or
// damaged after it was opened, becomes an error: ErrFault or ErrCorrupt. The
// segments it met should be closed. It covers the goroutine that calls it, not
// those that f starts.
//
// A file cut in the middle of a page reads as zeros up to the end of that page
// before it faults: Segment.CheckFile tells.
func Protect(f func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			err = faultError(r)
		}
	}()
	return f()
}

// faultError turns what a look-up on a damaged file panics with into an error,
// and panics again with anything else: a nil pointer is a bug, not a bad file.
func faultError(r any) error {
	e, ok := r.(runtime.Error)
	if !ok {
		panic(r)
	}
	if _, ok := r.(interface{ Addr() uintptr }); ok {
		return fmt.Errorf("%w: %w", ErrFault, e)
	}
	// The runtime has no exported type for bounds errors; its words are stable.
	if strings.Contains(e.Error(), "out of range") {
		return fmt.Errorf("%w: %w", ErrCorrupt, e)
	}
	panic(r)
}
