package decode

import (
	"errors"
	"math"
	"strconv"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// number is a decimal as it stood in a file. Plain decimals of up to 15 digits
// are kept as mantissa and scale, which loses nothing; others are kept as the
// float64 that strconv rounds them to.
type number struct {
	mantissa uint64
	scale    uint8 // digits after the point
	negative bool
	odd      bool // value holds the number, mantissa does not
	value    float64
}

// Up to 15 digits a mantissa is below 2^53, so that it and the power of ten are
// exact as float64 and their quotient is the correctly rounded value.
const maxMantissaDigits = 15

var pow10 = [maxMantissaDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

var pow10int = [8]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}

// scanPlain reads a plain decimal ("-12.5") at the start of b and returns its
// length; 0 if there is none, or one with too many digits or an exponent.
func scanPlain(b []byte, n *number) int {
	i := 0
	*n = number{}
	if i < len(b) && b[i] == '-' {
		n.negative = true
		i++
	}
	first := i
	m := uint64(0)
	for i < len(b) && b[i]-'0' <= 9 {
		m = m*10 + uint64(b[i]-'0')
		i++
	}
	count := i - first
	if count == 0 || count > 1 && b[first] == '0' {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		i++
		point := i
		for i < len(b) && b[i]-'0' <= 9 {
			m = m*10 + uint64(b[i]-'0')
			i++
		}
		scale := i - point
		if scale == 0 {
			return 0
		}
		count += scale
		n.scale = uint8(min(scale, maxMantissaDigits+1))
	}
	if count > maxMantissaDigits || i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		return 0
	}
	n.mantissa = m
	return i
}

// degrees is the nearest float64.
func (n *number) degrees() float64 {
	if n.odd {
		return n.value
	}
	v := float64(n.mantissa) / pow10[n.scale]
	if n.negative {
		return -v
	}
	return v
}

// e7 rounds to 1e-7 degrees as coord.WGS84.E7 does (half away from zero);
// false when the number is beyond ±limit degrees.
func (n *number) e7(limit int32) (int32, bool) {
	if !n.odd && n.scale <= 7 {
		v := n.mantissa * uint64(pow10int[7-n.scale])
		if n.mantissa > uint64(limit) || v > uint64(limit) {
			return 0, false
		}
		if n.negative {
			return -int32(v), true
		}
		return int32(v), true
	}
	v := n.degrees()
	if !(math.Abs(v) <= float64(limit)/1e7) { // written so that NaN fails
		return 0, false
	}
	return int32(math.Round(v * 1e7)), true
}

// fault is what is wrong with a value.
type fault struct {
	code   poi.Code
	reason string
}

// parseNumber reads all of b as a decimal number: an optional sign, digits with
// an optional point, an optional exponent. It gives what strconv.ParseFloat
// gives, but takes neither NaN nor Inf, hexadecimals nor underscores.
func parseNumber(b []byte, n *number) *fault {
	if used := scanPlain(b, n); used == len(b) && used > 0 {
		return nil
	}
	if len(b) == 0 {
		return &fault{poi.CodeMissing, "is empty"}
	}
	for _, c := range b {
		switch {
		case c-'0' <= 9, c == '+', c == '-', c == '.', c == 'e', c == 'E':
		case c == ' ' || c == '\t':
			return &fault{poi.CodeNumber, "has a space in it"}
		case c == ',':
			return &fault{poi.CodeNumber, "has a comma in it; write a point before the decimals"}
		default:
			return &fault{poi.CodeNumber, "is not a decimal number"}
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if errors.Is(err, strconv.ErrRange) {
		return &fault{poi.CodeRange, "is too large for a number"}
	}
	if err != nil {
		return &fault{poi.CodeNumber, "is not a decimal number"}
	}
	*n = number{odd: true, value: v}
	return nil
}

// position turns a latitude and a longitude on datum crs into a position. On a
// fault it says which of the two is wrong: 0 latitude, 1 longitude.
func position(crs coord.CRS, lat, lng *number) (coord.E7, int, *fault) {
	latE7, ok := lat.e7(coord.MaxLatE7)
	if !ok {
		return coord.E7{}, 0, &fault{poi.CodeRange, "is not within -90…90 degrees"}
	}
	lngE7, ok := lng.e7(coord.MaxLngE7)
	if !ok {
		return coord.E7{}, 1, &fault{poi.CodeRange, "is not within -180…180 degrees"}
	}
	if crs != coord.CRSWGS84 {
		p, err := crs.ToWGS84(coord.Lat(lat.degrees()), coord.Lng(lng.degrees()))
		if err != nil {
			return coord.E7{}, 0, &fault{poi.CodeRange, "does not convert from " + crs.String() + ": " + err.Error()}
		}
		return p.E7(), 0, nil
	}
	if lngE7 == coord.MaxLngE7 {
		lngE7 = -coord.MaxLngE7
	}
	return coord.E7{Lat: latE7, Lng: lngE7}, 0, nil
}
