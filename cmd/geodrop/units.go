package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

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

// table prints aligned rows and keeps the first error.
type table struct {
	w   io.Writer
	err error
}

// row prints a name and what it is.
func (t *table) row(name, value string) { t.line("%-22s%s", name, value) }

func (t *table) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

// degrees is a coordinate. Unlike kong's numbers it may be negative without an
// equals sign: --lng -0.127.
type degrees float64

// Decode reads the next argument, whatever it begins with.
func (d *degrees) Decode(ctx *kong.DecodeContext) error {
	text := ctx.Scan.Pop().String()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%q is no number of degrees such as -0.127", text)
	}
	*d = degrees(n)
	return nil
}
