package decode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// reference is what the standard library and package coord make of a position.
func reference(lat, lng string) (coord.E7, bool) {
	y, err1 := strconv.ParseFloat(lat, 64)
	x, err2 := strconv.ParseFloat(lng, 64)
	if err1 != nil || err2 != nil {
		return coord.E7{}, false
	}
	p, err := coord.NewWGS84(coord.Lat(y), coord.Lng(x))
	return p.E7(), err == nil
}

func ours(lat, lng string) (coord.E7, bool) {
	var y, x number
	if parseNumber([]byte(lat), &y) != nil || parseNumber([]byte(lng), &x) != nil {
		return coord.E7{}, false
	}
	p, _, f := position(coord.CRSWGS84, &y, &x)
	return p, f == nil
}

func TestNumbersAgreeWithStrconv(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	lists := []string{"0", "-0", "+1", "1.", ".5", "-.5", "00", "01.5", "90", "-90", "90.0000000", "90.0000001", "90.00000001",
		"90.00000000000001", "89.99999999999999", "90.000000000000001", "180", "-180", "180.00000000000003", "179.99999999", "1e1", "1E-7", "5e-8",
		"0.00000005", "0.00000015", "-0.00000005", "12.34567885", "12.345678849999999999999999", "1e999", "-1e999", "1e-999", "4.9e-324",
		"123456789012345", "1234567890123456", "18446744073709551616", "18446744073709551617.5", "0.000000000000000000000001", "1e", "e1", "--1", "1.2.3", "-", "+", ".", ""}
	for _, s := range lists {
		compare(t, s, "1")
		compare(t, "1", s)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		v := (rng.Float64() - 0.5) * 182
		s := strconv.FormatFloat(v, 'f', rng.IntN(18), 64)
		if rng.IntN(4) == 0 { // halves of the last kept digit
			s = fmt.Sprintf("%d.%07d5", rng.IntN(181)-90, rng.IntN(1e7))
		}
		if rng.IntN(10) == 0 {
			s = strconv.FormatFloat(math.Nextafter(90, float64(rng.IntN(2))*180), 'g', -1, 64)
		}
		compare(t, s, s)
	}
}

func compare(t *testing.T, lat, lng string) {
	t.Helper()
	got, ok := ours(lat, lng)
	want, wantOK := reference(lat, lng)
	if ok != wantOK || ok && got != want {
		t.Fatalf("%q, %q: %v, %v; strconv gives %v, %v", lat, lng, got, ok, want, wantOK)
	}
}

func TestNumbersRefused(t *testing.T) {
	tests := []struct {
		in   string
		code poi.Code
		why  string
	}{
		{"", poi.CodeMissing, "is empty"},
		{"NaN", poi.CodeNumber, "is not a decimal number"},
		{"nan", poi.CodeNumber, "is not a decimal number"},
		{"Inf", poi.CodeNumber, "is not a decimal number"},
		{"-Inf", poi.CodeNumber, "is not a decimal number"},
		{"infinity", poi.CodeNumber, "is not a decimal number"},
		{"1e999", poi.CodeRange, "is too large for a number"},
		{"-1e999", poi.CodeRange, "is too large for a number"},
		{"0x1p-2", poi.CodeNumber, "is not a decimal number"},
		{"0x10", poi.CodeNumber, "is not a decimal number"},
		{"1_0", poi.CodeNumber, "is not a decimal number"},
		{" 1", poi.CodeNumber, "has a space in it"},
		{"1 ", poi.CodeNumber, "has a space in it"},
		{"51,5", poi.CodeNumber, "has a comma in it; write a point before the decimals"},
		{"5e", poi.CodeNumber, "is not a decimal number"},
		{"--5", poi.CodeNumber, "is not a decimal number"},
		{"51°30'", poi.CodeNumber, "is not a decimal number"},
		{"٥", poi.CodeNumber, "is not a decimal number"},
	}
	for _, tt := range tests {
		var n number
		f := parseNumber([]byte(tt.in), &n)
		if f == nil || f.code != tt.code || f.reason != tt.why {
			t.Errorf("%q: %+v, want %s %q", tt.in, f, tt.code, tt.why)
		}
	}
}

func BenchmarkNumber(b *testing.B) {
	in := []byte("-116.437442")
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			var n number
			if parseNumber(in, &n) != nil {
				b.Fatal("refused")
			}
			if _, ok := n.e7(coord.MaxLngE7); !ok {
				b.Fatal("out of range")
			}
		}
	})
	b.Run("strconv", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			v, err := strconv.ParseFloat(string(in), 64)
			if err != nil {
				b.Fatal(err)
			}
			_ = coord.WGS84{Lng: coord.Lng(v)}.E7()
		}
	})
}
