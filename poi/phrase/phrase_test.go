package phrase

import (
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 999999: "999,999", 1234567: "1,234,567",
		-1: "-1", -999: "-999", -1000: "-1,000", -123456: "-123,456", math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) is %s, want %s", n, got, want)
		}
	}
	if got := Number(uint64(math.MaxUint64)); got != "18,446,744,073,709,551,615" {
		t.Errorf("the greatest number is %s", got)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows were", 1: "1 row was", 2: "2 rows were", 1001: "1,001 rows were", -1: "-1 rows were"} {
		if got := Count(n, "row") + " " + Agree(n, "was", "were"); got != want {
			t.Errorf("of %d it is %q, want %q", n, got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Grüße, 红包 👩‍👩", "Grüße, 红包 👩‍👩"}, // a joiner of characters stays
		{"a\x1b[31mb\x00\tc\nd\re\x7f\u009b", "a·[31mb··c·d·e··"},
		{"p1\u200b p\u00ad1 p\u20601\u2064", "p1· p·1 p·1·"},
		{"\u2028\u2029\u061c\u200e\u200f\u202a\u202e\u2066\u2069\ufeff", "··········"},
	}
	for _, tt := range tests {
		if got := Plain(tt.text); got != tt.want {
			t.Errorf("Plain(%q) is %q, want %q", tt.text, got, tt.want)
		}
	}
}
