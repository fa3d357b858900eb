package failover

import (
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"", 0}, {"0", 0}, {"7", 7 * time.Second}, {"-7", 0}, {"soon", 0}, {"1e3", 0},
		{"3600", maxRetryAfter}, {"99999999999999999999", 0},
		{"Sat, 02 Jan 2027 03:04:10 GMT", 5 * time.Second},
		{"Sat, 02 Jan 2027 03:04:00 GMT", 0},
		{"Sat, 02 Jan 2077 03:04:00 GMT", maxRetryAfter},
	}
	for _, tt := range tests {
		if got := RetryAfter(tt.header, now); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.header, got, tt.want)
		}
	}
}
