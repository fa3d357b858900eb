package longpoll

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	tests := []struct {
		query, prefer string
		want          time.Duration
		err           error
	}{
		{"", "", 0, nil},
		{"?wait=5", "", 5 * time.Second, nil},
		{"?wait=5", "wait=7", 5 * time.Second, nil},
		{"", "wait=7", 7 * time.Second, nil},
		{"", `respond-async, WAIT="7"; x=1`, 7 * time.Second, nil},
		{"", "wait=soon", 0, nil},
		{"?wait=61", "", time.Minute, nil},
		{"?wait=99999999999999999999", "", time.Minute, nil},
		{"?wait=", "", 0, ErrWait},
		{"?wait=-1", "", 0, ErrWait},
		{"?wait=1.5", "", 0, ErrWait},
		{"?wait=1&wait=2", "", 0, ErrWait},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/"+tt.query, nil)
		if tt.prefer != "" {
			r.Header.Set("Prefer", tt.prefer)
		}
		if got, err := Wait(r, time.Minute); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q, Prefer %q: %v, %v, want %v, %v", tt.query, tt.prefer, got, err, tt.want, tt.err)
		}
	}
}

func TestMatches(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, `"a"`: true, `W/"a"`: true, `"b", "a"`: true, "*": true, `"b"`: false, "a": false, `"aa"`: false,
	} {
		if got := Matches(header, `"a"`); got != want {
			t.Errorf("If-None-Match: %s: %v", header, got)
		}
	}
}
