package decode

import (
	"errors"
	"fmt"
	"io"

	"geodrop/poi"
)

// The limits of a JSON value that is held at once: a feature of a collection.
const (
	MaxFeatureBytes = 64 << 20
	MaxDepth        = 32
)

// jsonStream cuts a large JSON text into values that fit into memory. It looks
// at brackets and strings only; a cursor checks what it cuts out.
type jsonStream struct {
	in   io.Reader
	name string
	buf  []byte
	lo   int // of what has not been cut yet
	hi   int
	eof  bool
	err  error

	line, column int // of buf[lo]
}

const jsonBuffer = 128 << 10

func newJSONStream(in io.Reader, name string) *jsonStream {
	return &jsonStream{in: in, name: name, buf: make([]byte, jsonBuffer), line: 1, column: 1}
}

// fill reads more input behind buf[hi]; false at the end of the input.
func (s *jsonStream) fill() bool {
	if s.eof {
		return false
	}
	if s.lo > 0 {
		copy(s.buf, s.buf[s.lo:s.hi])
		s.hi -= s.lo
		s.lo = 0
	}
	if s.hi == len(s.buf) {
		grown := make([]byte, min(2*len(s.buf), MaxFeatureBytes+jsonBuffer))
		copy(grown, s.buf)
		s.buf = grown
	}
	for range 100 {
		n, err := s.in.Read(s.buf[s.hi:])
		s.hi += n
		if err != nil {
			s.eof = true
			if !isEOF(err) {
				s.err = err
			}
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	s.eof, s.err = true, io.ErrNoProgress
	return false
}

// skip moves past n bytes.
func (s *jsonStream) skip(n int) {
	s.line, s.column = placeIn(s.buf[s.lo:s.lo+n], s.line, s.column)
	s.lo += n
}

// peek is the next byte that is no white space. The error is io.EOF at the end.
func (s *jsonStream) peek() (byte, error) {
	for {
		b := s.buf[s.lo:s.hi]
		n := 0
		for n < len(b) && isSpace(b[n]) {
			n++
		}
		s.skip(n)
		if n < len(b) {
			return b[n], nil
		}
		if !s.fill() {
			if s.err != nil {
				return 0, at(s.err, s.line)
			}
			return 0, io.EOF
		}
	}
}

// expect moves past one byte that must be next.
func (s *jsonStream) expect(want byte) error {
	got, err := s.peek()
	if isEOF(err) {
		return s.fault(CodeSyntax, fmt.Sprintf("the file ends where %q belongs", want))
	}
	if err != nil {
		return err
	}
	if got != want {
		return s.fault(CodeSyntax, fmt.Sprintf("there is %q where %q belongs", got, want))
	}
	s.skip(1)
	return nil
}

func (s *jsonStream) fault(code poi.Code, reason string) error {
	return &FileError{File: s.name, Line: s.line, Column: s.column, Code: code, Reason: reason}
}

// errSkipped marks a value that was passed over since it is beyond a limit.
var errSkipped = errors.New("value beyond a limit")

// value cuts out the next value without moving past it: the caller skips it. A
// value beyond a limit has been moved past, and the error wraps errSkipped.
func (s *jsonStream) value() ([]byte, error) {
	c, err := s.peek()
	if isEOF(err) {
		return nil, s.fault(CodeSyntax, "the file ends where a value belongs")
	}
	if err != nil {
		return nil, err
	}
	if c != '{' && c != '[' && c != '"' {
		return s.scalar()
	}
	line, column := s.line, s.column
	var n nesting
	tooLong := false
	for i := 0; ; {
		end := n.scan(s.buf[s.lo+i : s.hi])
		tooLong = tooLong || end >= 0 && i+end > MaxFeatureBytes
		if end >= 0 && !tooLong && !n.tooDeep {
			return s.buf[s.lo : s.lo+i+end], nil
		}
		if end >= 0 {
			s.skip(i + end)
			return nil, fmt.Errorf("%w: %w", errSkipped, beyond(tooLong))
		}
		i = s.hi - s.lo
		if i > MaxFeatureBytes || tooLong {
			tooLong = true
			s.skip(i)
			i = 0
		}
		if !s.fill() {
			if s.err != nil {
				return nil, at(s.err, s.line)
			}
			s.line, s.column = line, column
			return nil, s.fault(CodeSyntax, "the value that begins here is not closed before the file ends")
		}
	}
}

func beyond(tooLong bool) *fault {
	if tooLong {
		return &fault{poi.CodeTooLong, fmt.Sprintf("has more than %d bytes", MaxFeatureBytes)}
	}
	return &fault{CodeDepth, fmt.Sprintf("is nested deeper than %d", MaxDepth)}
}

// Error makes a fault wrappable.
func (f *fault) Error() string { return f.reason }

// scalar cuts out a number or literal.
func (s *jsonStream) scalar() ([]byte, error) {
	for i := 0; ; i++ {
		if s.lo+i == s.hi && !s.fill() {
			return s.buf[s.lo : s.lo+i], nil
		}
		if c := s.buf[s.lo+i]; isSpace(c) || c == ',' || c == ']' || c == '}' {
			return s.buf[s.lo : s.lo+i], nil
		}
		if i > 1<<10 {
			return nil, s.fault(CodeSyntax, "the number or word that begins here does not end")
		}
	}
}

// nesting finds the end of a value by its brackets.
type nesting struct {
	depth    int
	inString bool
	escape   bool
	tooDeep  bool
}

// Bytes that nesting looks at.
var structural = [256]bool{'"': true, '\\': true, '{': true, '}': true, '[': true, ']': true}

// scan reads on in b; it returns the length of the value's part in b, -1 if b
// does not hold the end.
func (n *nesting) scan(b []byte) int {
	for i := 0; i < len(b); i++ {
		if n.escape {
			n.escape = false
			continue
		}
		c := b[i]
		if !structural[c] {
			continue
		}
		switch {
		case n.inString:
			n.escape = c == '\\'
			n.inString = c != '"'
		case c == '"':
			n.inString = true
		case c == '{' || c == '[':
			n.depth++
			n.tooDeep = n.tooDeep || n.depth > MaxDepth
		case c == '}' || c == ']':
			n.depth--
		}
		if n.depth <= 0 && !n.inString {
			return i + 1
		}
	}
	return -1
}
