package api

import (
	"encoding/binary"
	"unicode/utf8"
)

// plain are the bytes that a JSON string has as they are.
var plain = plainBytes()

func plainBytes() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}

// appendString copies the string and then looks at the copy, eight bytes at a
// time: nearly all texts are plain.
func appendString[T ~string | ~[]byte](b []byte, s T) []byte {
	b = append(b, '"')
	first := len(b)
	b = append(b, s...)
	if i := plainEnd(b, first); i < len(b) {
		b = appendEscaped(b[:i], string(s[i-first:]))
	}
	return append(b, '"')
}

const word = 8 // bytes

// plainEnd is up to where the bytes from first on are plain, or less where not
// all of them are.
func plainEnd(b []byte, first int) int {
	i, end := first, len(b)
	for ; i+word <= end; i += word {
		if special(binary.LittleEndian.Uint64(b[i:])) {
			return i
		}
	}
	rest := end - i
	if rest == 0 || end < word {
		return plainBefore(b, i)
	}
	// The last word of b has the rest in its high bytes, after some that do not
	// count: spaces take their place.
	last := binary.LittleEndian.Uint64(b[end-word:]) >> (8 * (word - rest))
	if special(last | ones*' '<<(8*rest)) {
		return i
	}
	return end
}

// plainBefore is plainEnd a byte at a time.
func plainBefore(b []byte, i int) int {
	for i < len(b) && plain[b[i]] {
		i++
	}
	return i
}

// ones is a word of eight bytes that are 1.
const ones = 0x0101010101010101

// special reports whether any of eight bytes is not plain.
//
// A byte x is below n, at most 128, if x - n borrows from its highest bit, which
// x has not: then it is set in (x - n) &^ x. A borrow may reach the next byte,
// so this tells that there is one, not which. Bytes that differ by one bit are
// found together, with that bit set.
func special(x uint64) bool {
	const highs = 0x80 * ones
	quotes := x | ones*('"'^'&') ^ ones*'&'
	angles := x | ones*('<'^'>') ^ ones*'>'
	slashes := x ^ ones*'\\'
	return (x|(x-ones*' ')&^x|(quotes-ones)&^quotes|(angles-ones)&^angles|(slashes-ones)&^slashes)&highs != 0
}

const hexDigits = "0123456789abcdef"

// appendEscaped is for strings with bytes that are not plain.
func appendEscaped(b []byte, s string) []byte {
	first := 0 // of what is not copied yet
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		if s[i] < utf8.RuneSelf {
			b = appendEscape(append(b, s[first:i]...), s[i])
			i++
			first = i
			continue
		}
		if size := usualLen(s[i:]); size > 0 {
			i += size
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[first:i]...), `\ufffd`...)
			first = i + size
		case r == '\u2028' || r == '\u2029': // ends a line in JavaScript
			b = append(append(b, s[first:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			first = i + size
		}
		i += size
	}
	return append(b, s[first:]...)
}

// usualLen is the length of the rune that a string starts with if its first byte
// is one after which any continuation is valid and none ends a line: it takes in
// most scripts. Else it is 0.
func usualLen(s string) int {
	continues := func(i int) bool { return i < len(s) && s[i]&0xc0 == 0x80 }
	switch c := s[0]; {
	case c >= 0xc2 && c <= 0xdf && continues(1):
		return 2
	case c >= 0xe3 && c <= 0xec && continues(1) && continues(2):
		return 3
	}
	return 0
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
