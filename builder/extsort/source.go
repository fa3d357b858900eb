package extsort

import (
	"fmt"
	"math"
)

// feed hands out the records of one run, buffer after buffer. A buffer is
// valid until the next call. The end is an empty buffer.
type feed interface {
	next() ([]byte, error)
	close() error
}

// source is a run that is being merged: its least record begins buf.
type source struct {
	feed  feed
	buf   []byte
	rec   record
	ended bool
}

// advance goes to the record after the current one.
func (s *source) advance() error {
	s.buf = s.buf[s.rec.end:]
	if len(s.buf) == 0 {
		return s.refill()
	}
	return s.parse()
}

func (s *source) parse() error {
	rec, ok := parseRecord(s.buf)
	if !ok {
		return fmt.Errorf("%w: a record runs past its block", ErrCorrupt)
	}
	s.rec = rec
	return nil
}

// refill goes to the first record of the feed's next buffer.
func (s *source) refill() error {
	buf, err := s.feed.next()
	if err != nil {
		return err
	}
	if len(buf) == 0 {
		s.buf, s.ended = nil, true
		s.rec = record{key: math.MaxUint64}
		return nil
	}
	s.buf = buf
	return s.parse()
}

// memFeed feeds a memory run and lets go of each slab that it has passed.
type memFeed struct {
	pool     *pool
	segments []segment
	passed   *extent
	drop     func(extent)
}

func (f *memFeed) next() ([]byte, error) {
	if f.passed != nil {
		f.drop(*f.passed)
		f.passed = nil
	}
	if len(f.segments) == 0 {
		return nil, nil
	}
	s := &f.segments[0]
	f.segments = f.segments[1:]
	f.passed = &s.extent
	return f.pool.bytes(s.extent)[:s.size], nil
}

func (f *memFeed) close() error { return nil }
