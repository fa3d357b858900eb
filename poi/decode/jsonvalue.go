package decode

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"geodrop/poi"
)

// cursor reads JSON values from one complete text in memory, with the place of
// every fault. It is strict RFC 8259: no comments, no trailing commas, no NaN.
type cursor struct {
	b   []byte
	pos int
}

// jsonFault is a fault at an offset of a cursor's text.
type jsonFault struct {
	fault
	pos   int
	field string
}

func (f *jsonFault) Error() string { return f.reason }

func (c *cursor) fault(pos int, code poi.Code, field, format string, args ...any) *jsonFault {
	return &jsonFault{fault: fault{code, fmt.Sprintf(format, args...)}, pos: pos, field: field}
}

func (c *cursor) syntax(format string, args ...any) *jsonFault {
	return c.fault(c.pos, CodeSyntax, "JSON", format, args...)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func (c *cursor) space() {
	for c.pos < len(c.b) && isSpace(c.b[c.pos]) {
		c.pos++
	}
}

// peek is the next byte that is no white space, 0 at the end.
func (c *cursor) peek() byte {
	c.space()
	if c.pos == len(c.b) {
		return 0
	}
	return c.b[c.pos]
}

func (c *cursor) expect(want byte) *jsonFault {
	if got := c.peek(); got != want {
		return c.syntax("has %s where %q belongs", c.found(), want)
	}
	c.pos++
	return nil
}

// found names what stands at the cursor, for messages.
func (c *cursor) found() string {
	if c.pos >= len(c.b) {
		return "its end"
	}
	r, _ := utf8.DecodeRune(c.b[c.pos:])
	return strconv.QuoteRune(r)
}

// object calls member for each member; member reads the value. The key is valid
// until the next call. Keys given twice are faults.
func (c *cursor) object(member func(key []byte, pos int) *jsonFault) *jsonFault {
	if f := c.expect('{'); f != nil {
		return f
	}
	if c.peek() == '}' {
		c.pos++
		return nil
	}
	var keys keySet
	for {
		if c.peek() != '"' {
			return c.syntax("has %s where a member's name belongs", c.found())
		}
		pos := c.pos
		key, f := c.text()
		if f != nil {
			return f
		}
		if !keys.add(key) {
			return c.fault(pos, poi.CodeDuplicate, clip(key), "is given twice")
		}
		if f := c.expect(':'); f != nil {
			return f
		}
		if f := member(key, pos); f != nil {
			return f
		}
		switch c.peek() {
		case ',':
			c.pos++
		case '}':
			c.pos++
			return nil
		default:
			return c.syntax("has %s where ',' or '}' belongs", c.found())
		}
	}
}

// array calls element for each element; element reads the value.
func (c *cursor) array(element func(i int) *jsonFault) *jsonFault {
	if f := c.expect('['); f != nil {
		return f
	}
	if c.peek() == ']' {
		c.pos++
		return nil
	}
	for i := 0; ; i++ {
		c.space()
		if f := element(i); f != nil {
			return f
		}
		switch c.peek() {
		case ',':
			c.pos++
		case ']':
			c.pos++
			return nil
		default:
			return c.syntax("has %s where ',' or ']' belongs", c.found())
		}
	}
}

// keySet finds repeated keys: by comparing while they are few, else by a map.
type keySet struct {
	few  [12][]byte
	n    int
	many map[string]bool
}

func (k *keySet) add(key []byte) bool {
	for _, seen := range k.few[:k.n] {
		if string(seen) == string(key) {
			return false
		}
	}
	if k.n < len(k.few) {
		k.few[k.n] = key
		k.n++
		return true
	}
	if k.many[string(key)] {
		return false
	}
	if k.many == nil {
		k.many = make(map[string]bool)
	}
	k.many[string(key)] = true
	return true
}

// text reads a string. Without escapes it is a part of the cursor's text.
func (c *cursor) text() ([]byte, *jsonFault) {
	if c.peek() != '"' {
		return nil, c.syntax("has %s where a string belongs", c.found())
	}
	start := c.pos + 1
	ascii := true
	for i := start; i < len(c.b); i++ {
		switch ch := c.b[i]; {
		case ch == '"':
			out := c.b[start:i]
			if !ascii && !utf8.Valid(out) {
				return nil, c.fault(c.pos, poi.CodeEncoding, "JSON", "has a string that is not UTF-8")
			}
			c.pos = i + 1
			return out, nil
		case ch == '\\':
			return c.escaped(start, i)
		case ch < ' ':
			c.pos = i
			return nil, c.syntax("has the control character %U in a string", ch)
		case ch >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, c.syntax("has a string that is not closed")
}

// escaped reads on from the first backslash of a string.
func (c *cursor) escaped(start, i int) ([]byte, *jsonFault) {
	out := append([]byte(nil), c.b[start:i]...)
	open := c.pos
	for i < len(c.b) {
		ch := c.b[i]
		switch {
		case ch == '"':
			if !utf8.Valid(out) {
				return nil, c.fault(open, poi.CodeEncoding, "JSON", "has a string that is not UTF-8")
			}
			c.pos = i + 1
			return out, nil
		case ch < ' ':
			c.pos = i
			return nil, c.syntax("has the control character %U in a string", ch)
		case ch != '\\':
			out = append(out, ch)
			i++
			continue
		}
		used, r := unescape(c.b[i:])
		if used == 0 {
			c.pos = i
			return nil, c.syntax("has a backslash that starts no escape")
		}
		if r < 0 {
			return nil, c.fault(i, poi.CodeEncoding, "JSON", "has half of a surrogate pair")
		}
		out = utf8.AppendRune(out, r)
		i += used
	}
	return nil, c.syntax("has a string that is not closed")
}

// unescape reads one escape. It uses no bytes if it is none; its rune is
// negative for half of a surrogate pair.
func unescape(b []byte) (used int, r rune) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return 2, rune(b[1])
	case 'b':
		return 2, '\b'
	case 'f':
		return 2, '\f'
	case 'n':
		return 2, '\n'
	case 'r':
		return 2, '\r'
	case 't':
		return 2, '\t'
	case 'u':
		r, ok := hex4(b)
		if !ok {
			return 0, 0
		}
		if !utf16.IsSurrogate(r) {
			return 6, r
		}
		if low, ok := hex4(b[6:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return 12, both
			}
		}
		return 6, -1
	}
	return 0, 0
}

// hex4 reads \uXXXX.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, ch := range b[2:6] {
		r <<= 4
		switch {
		case ch >= '0' && ch <= '9':
			r |= rune(ch - '0')
		case ch >= 'a' && ch <= 'f':
			r |= rune(ch - 'a' + 10)
		case ch >= 'A' && ch <= 'F':
			r |= rune(ch - 'A' + 10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number reads a number as it stands.
func (c *cursor) number() ([]byte, *jsonFault) {
	c.space()
	end := c.pos
	for end < len(c.b) {
		ch := c.b[end]
		if ch-'0' > 9 && ch != '-' && ch != '+' && ch != '.' && ch != 'e' && ch != 'E' {
			break
		}
		end++
	}
	out := c.b[c.pos:end]
	if !isJSONNumber(out) {
		return nil, c.syntax("has %s where a number belongs", c.found())
	}
	c.pos = end
	return out, nil
}

func isJSONNumber(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	whole := digitsAt(b)
	if whole == 0 || whole > 1 && b[0] == '0' {
		return false
	}
	b = b[whole:]
	if len(b) > 0 && b[0] == '.' {
		n := digitsAt(b[1:])
		if n == 0 {
			return false
		}
		b = b[1+n:]
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		n := digitsAt(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

func digitsAt(b []byte) int {
	n := 0
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	return n
}

// skip checks a value and leaves it out. Its depth is bounded by whoever cut
// the text out of the file.
func (c *cursor) skip() *jsonFault {
	switch ch := c.peek(); {
	case ch == '{':
		return c.object(func([]byte, int) *jsonFault { return c.skip() })
	case ch == '[':
		return c.array(func(int) *jsonFault { return c.skip() })
	case ch == '"':
		_, f := c.text()
		return f
	case ch == '-' || ch-'0' <= 9:
		_, f := c.number()
		return f
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if c.word(word) {
			return nil
		}
	}
	return c.syntax("has %s where a value belongs", c.found())
}

// word reads a literal if it is next.
func (c *cursor) word(w string) bool {
	if len(c.b)-c.pos < len(w) || string(c.b[c.pos:c.pos+len(w)]) != w {
		return false
	}
	c.pos += len(w)
	return true
}
