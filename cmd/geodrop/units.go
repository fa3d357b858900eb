package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"geodrop/grid/coord"

	"github.com/alecthomas/kong"
)

// size is a number of bytes, written as 64MiB, 1GiB or plain digits.
type size int64

var sizeUnits = []struct {
	suffix string
	bytes  float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1},
}

// UnmarshalText reads a size.
func (s *size) UnmarshalText(text []byte) error {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(string(text), unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || !(n*unit.bytes >= 1 && n*unit.bytes < math.MaxInt64) {
			break
		}
		*s = size(n * unit.bytes)
		return nil
	}
	return fmt.Errorf("%q is no size such as 64MiB or 1GiB", text)
}

// percent is a share, written as 1% or 0.01.
type percent float64

// UnmarshalText reads a share within 0…100 %.
func (p *percent) UnmarshalText(text []byte) error {
	digits, isPercent := strings.CutSuffix(string(text), "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if isPercent {
		n /= 100
	}
	if err != nil || !(n >= 0 && n <= 1) {
		return fmt.Errorf("%q is no share such as 1%% or 0.01", text)
	}
	*p = percent(n)
	return nil
}

// limit is the share as builder.Options has it, where 0 is the default.
func (p percent) limit() float64 {
	if p == 0 {
		return -1
	}
	return float64(p)
}

// latitude and longitude are coordinates in degrees. Unlike kong's numbers they
// may be negative without an equals sign: --lng -0.127.
type (
	latitude  coord.Lat
	longitude coord.Lng
)

// Decode reads the next argument, whatever it begins with.
func (l *latitude) Decode(ctx *kong.DecodeContext) error {
	return decodeDegrees(ctx, 90, (*float64)(l))
}

// Decode reads the next argument, whatever it begins with.
func (l *longitude) Decode(ctx *kong.DecodeContext) error {
	return decodeDegrees(ctx, 180, (*float64)(l))
}

func decodeDegrees(ctx *kong.DecodeContext, most float64, to *float64) error {
	token := ctx.Scan.Pop()
	if token.IsEOL() {
		return errors.New("a number of degrees such as -0.127 is missing")
	}
	n, err := strconv.ParseFloat(token.String(), 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%q is no number of degrees such as -0.127", token)
	case !(n >= -most && n <= most): // written so that NaN fails
		return fmt.Errorf("%s is not within -%v…%v degrees", token, most, most)
	}
	*to = n
	return nil
}

// within says which flag has a number outside its range.
func within(flag string, n, least, most int, of string) error {
	if n < least || n > most {
		return fmt.Errorf("--%s %d is not within %d…%d %s", flag, n, least, most, of)
	}
	return nil
}
