package report

import (
	"math"
	"testing"
)

func TestAmount(t *testing.T) {
	for _, tt := range []struct {
		minor         int64
		currency      string
		amount, gains string
	}{
		{50, "GBP", "0.50 GBP", "+0.50 GBP"},
		{10_000, "GBP", "100.00 GBP", "+100.00 GBP"},
		{-123_456_789, "EUR", "−1,234,567.89 EUR", "−1,234,567.89 EUR"},
		{-5, "GBP", "−0.05 GBP", "−0.05 GBP"},
		{1500, "JPY", "1,500 JPY", "+1,500 JPY"},
		{1500, "IDR", "15.00 IDR", "+15.00 IDR"},
		{1500, "KWD", "1.500 KWD", "+1.500 KWD"},
		{1500, "CLF", "0.1500 CLF", "+0.1500 CLF"},
		{0, "GBP", "0.00 GBP", "0"},
		{math.MaxInt64, "GBP", "92,233,720,368,547,758.07 GBP", "+92,233,720,368,547,758.07 GBP"},
		{math.MinInt64 + 1, "JPY", "−9,223,372,036,854,775,807 JPY", "−9,223,372,036,854,775,807 JPY"},
	} {
		if got := amount(tt.minor, tt.currency); got != tt.amount {
			t.Errorf("%d minor units of %s are %q, want %q", tt.minor, tt.currency, got, tt.amount)
		}
		if got := gain(tt.minor, tt.currency); got != tt.gains {
			t.Errorf("%d minor units of %s more are %q, want %q", tt.minor, tt.currency, got, tt.gains)
		}
	}
}
