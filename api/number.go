package api

import (
	"math"
	"strconv"
)

// The unit of coordinates, in whole numbers of which people write them.
const (
	unit  = 1e7
	units = 10_000_000
)

// appendFloat writes a finite number in the fewest digits that read back as it.
//
// Coordinates are whole numbers of 1e-7 degrees. Such a number has at most ten
// digits, so that it is itself the shortest text of the nearest float64, and
// dividing an int is many times faster than searching that text.
func appendFloat(b []byte, f float64) []byte {
	n := math.Abs(f) * unit
	if !(n >= 10 && n <= 1e15) { // smaller ones have an exponent
		return appendAnyFloat(b, f)
	}
	e7 := uint64(n + 0.5)
	if float64(e7)/unit != math.Abs(f) {
		return appendAnyFloat(b, f)
	}
	if f < 0 {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, e7/units, 10)
	if fraction := uint32(e7 % units); fraction > 0 {
		b = appendFraction(b, fraction)
	}
	return b
}

// pairs are the numbers 00 to 99.
const pairs = "00010203040506070809" + "10111213141516171819" + "20212223242526272829" + "30313233343536373839" + "40414243444546474849" +
	"50515253545556575859" + "60616263646566676869" + "70717273747576777879" + "80818283848586878889" + "90919293949596979899"

// appendFraction appends the point and seven digits, without zeros at the end.
func appendFraction(b []byte, n uint32) []byte {
	high, low := n/1000, n%1000*10 // four digits each, the last one 0
	b1, b2, b3, b4 := 2*(high/100), 2*(high%100), 2*(low/100), 2*(low%100)
	b = append(b, '.', pairs[b1], pairs[b1+1], pairs[b2], pairs[b2+1], pairs[b3], pairs[b3+1], pairs[b4])
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}

// appendAnyFloat formats as encoding/json does (ES6: exponents from 1e-7 and
// 1e21 on, without a leading zero).
func appendAnyFloat(b []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, f, format, -1, 64)
	if n := len(b); format == 'e' && n >= 4 && b[n-4] == 'e' && (b[n-3] == '-' || b[n-3] == '+') && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}
