package query

import (
	"bytes"
	"sync/atomic"
)

// Shared is where an encoder keeps what it has made of a task, for the answers
// that have the same task in the same state. The zero value keeps nothing.
type Shared struct{ encoded atomic.Pointer[[]byte] }

// Load is what is kept, to be read only; nil if nothing is.
func (s *Shared) Load() []byte {
	if b := s.encoded.Load(); b != nil {
		return *b
	}
	return nil
}

// Keep keeps a copy.
func (s *Shared) Keep(encoded []byte) {
	b := bytes.Clone(encoded)
	s.encoded.Store(&b)
}
