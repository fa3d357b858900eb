// Package phrase puts figures and names into sentences for people: it groups
// digits, gives nouns and verbs their number, and keeps text from others from
// being anything but text. It knows nothing of what the sentences say.
package phrase

import (
	"fmt"
	"strings"
)

// Integer is a figure that counts.
type Integer interface {
	~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64
}

// Number is a figure with its thousands apart: "24,704".
func Number[N Integer](n N) string {
	sign, digits := "", fmt.Sprint(n)
	if n < 0 {
		sign, digits = digits[:1], digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Count is a number of things, of which the name of one is given: "1 row",
// "7,544 rows".
func Count[N Integer](n N, thing string) string {
	return Number(n) + " " + thing + Agree(n, "", "s")
}

// Agree is the word for one thing or that for any other number of them.
func Agree[N Integer](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Plain replaces what could move the cursor, end the line or turn around text on
// a terminal, or hide in it: ids, names and paths come from others.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, // control characters
			r == 0x2028, r == 0x2029, // ends of lines and paragraphs
			r == 0x061c, r == 0x200e, r == 0x200f, // marks of direction
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
			r == 0xad, r == 0x200b, r >= 0x2060 && r <= 0x2064, r == 0xfeff: // no width, and no part of a character
			return '·'
		}
		return r
	}, s)
}
