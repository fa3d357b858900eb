package api

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep a value that is ignored may be nested.
const MaxDepth = 32

// scanner reads JSON (RFC 8259) strictly, from valid UTF-8.
type scanner struct {
	data []byte
	pos  int
}

// peek is the next byte that is not white space; 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) wrong(what string) *Problem {
	if s.pos >= len(s.data) {
		return NewProblem(CodeInvalidJSON, "", "the body ends where %s is expected", what)
	}
	return NewProblem(CodeInvalidJSON, "", "expected %s at byte %d", what, s.pos+1)
}

func (s *scanner) expect(c byte, what string) error {
	if s.peek() != c {
		return s.wrong(what)
	}
	s.pos++
	return nil
}

// list reads the items between an opening bracket, which is next, and its
// closing one.
func (s *scanner) list(closing byte, what string, item func() error) error {
	s.pos++
	if s.peek() == closing {
		s.pos++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch s.peek() {
		case closing:
			s.pos++
			return nil
		case ',':
			s.pos++
		default:
			return s.wrong(what)
		}
	}
}

// key reads a key of an object and the colon. The bytes are valid until the
// next call on the scanner.
func (s *scanner) key() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.wrong("a key in quotes")
	}
	key, err := s.text()
	if err != nil {
		return nil, err
	}
	return key, s.expect(':', "a colon")
}

// text reads a string, whose quote is next. Without escapes it is part of the
// data.
func (s *scanner) text() ([]byte, error) {
	s.pos++
	first := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[first : s.pos-1], nil
		case c == '\\':
			return s.escaped(first)
		case c < ' ':
			return nil, s.wrong("no control character in a string")
		}
	}
	return nil, s.wrong("the end of a string")
}

// escaped goes on with a string at its first escape.
func (s *scanner) escaped(first int) ([]byte, error) {
	b := bytes.Clone(s.data[first:s.pos])
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			s.pos++
			return b, nil
		case c < ' ':
			return nil, s.wrong("no control character in a string")
		case c != '\\':
			b = append(b, c)
			s.pos++
		default:
			r, err := s.escape()
			if err != nil {
				return nil, err
			}
			b = utf8.AppendRune(b, r)
		}
	}
	return nil, s.wrong("the end of a string")
}

func (s *scanner) escape() (rune, error) {
	s.pos++
	if s.pos >= len(s.data) {
		return 0, s.wrong("an escape")
	}
	c := s.data[s.pos]
	if c == 'u' {
		return s.unicode()
	}
	at := bytes.IndexByte([]byte(`"\/bfnrt`), c)
	if at < 0 {
		return 0, s.wrong("an escape")
	}
	s.pos++
	return rune("\"\\/\b\f\n\r\t"[at]), nil
}

// unicode reads an escape, whose u is next. Half of a surrogate pair is no text.
func (s *scanner) unicode() (rune, error) {
	r, err := s.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if bytes.HasPrefix(s.data[s.pos:], []byte(`\u`)) {
		s.pos++
		low, err := s.hex()
		if err != nil {
			return 0, err
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, NewProblem(CodeInvalidUTF8, "", "half of a surrogate pair before byte %d", s.pos+1)
}

func (s *scanner) hex() (rune, error) {
	const digits = 4
	s.pos++ // u
	end := s.pos + digits
	if end > len(s.data) {
		s.pos = len(s.data)
		return 0, s.wrong("four hexadecimal digits")
	}
	r := rune(0)
	for ; s.pos < end; s.pos++ {
		switch c := s.data[s.pos]; {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, s.wrong("four hexadecimal digits")
		}
	}
	return r, nil
}

// number reads a number; nil if the next value is none.
func (s *scanner) number() ([]byte, error) {
	if c := s.peek(); c != '-' && (c < '0' || c > '9') {
		return nil, nil
	}
	n := numberLen(s.data[s.pos:])
	if n == 0 {
		return nil, s.wrong("a number")
	}
	s.pos += n
	if s.pos < len(s.data) && !ends(s.data[s.pos]) {
		return nil, s.wrong("the end of a number")
	}
	return s.data[s.pos-n : s.pos], nil
}

// ends reports whether a literal may end before the byte.
func ends(c byte) bool { return bytes.IndexByte([]byte(" \t\n\r,]}"), c) >= 0 }

// numberLen is how long the JSON number at the start is; 0 if there is none.
func numberLen(b []byte) int {
	at := 0
	digits := func() bool {
		first := at
		for at < len(b) && b[at] >= '0' && b[at] <= '9' {
			at++
		}
		return at > first
	}
	if at < len(b) && b[at] == '-' {
		at++
	}
	first := at
	if !digits() || b[first] == '0' && at > first+1 {
		return 0
	}
	if at < len(b) && b[at] == '.' {
		at++
		if !digits() {
			return 0
		}
	}
	if at < len(b) && (b[at] == 'e' || b[at] == 'E') {
		at++
		if at < len(b) && (b[at] == '+' || b[at] == '-') {
			at++
		}
		if !digits() {
			return 0
		}
	}
	return at
}

// word reads a literal such as null if it is next.
func (s *scanner) word(w string) bool {
	s.peek()
	rest := s.data[s.pos:]
	if !bytes.HasPrefix(rest, []byte(w)) || len(rest) > len(w) && !ends(rest[len(w)]) {
		return false
	}
	s.pos += len(w)
	return true
}

// skip reads over a value that is ignored. It has to be JSON all the same.
func (s *scanner) skip(depth int) error {
	if depth > MaxDepth {
		return NewProblem(CodeTooDeep, "", "deeper than %d at byte %d", MaxDepth, s.pos+1)
	}
	switch s.peek() {
	case '{':
		return s.list('}', "a comma or }", func() error {
			if _, err := s.key(); err != nil {
				return err
			}
			return s.skip(depth + 1)
		})
	case '[':
		return s.list(']', "a comma or ]", func() error { return s.skip(depth + 1) })
	case '"':
		_, err := s.text()
		return err
	}
	if s.word("null") || s.word("true") || s.word("false") {
		return nil
	}
	number, err := s.number()
	if err == nil && number == nil {
		return s.wrong("a value")
	}
	return err
}

// float is a JSON number as a float64; infinite beyond its range.
func float(number []byte) float64 {
	// The only error of a JSON number is that of range, which the value tells.
	f, _ := strconv.ParseFloat(string(number), 64)
	return f
}

// whole is a number of JSON, in which 1e2 and 100.0 are whole numbers, too; 0 if
// it is none.
func whole(number []byte) int {
	v := float(number)
	if v != math.Trunc(v) || math.Abs(v) > math.MaxInt32 {
		return 0
	}
	return int(v)
}
