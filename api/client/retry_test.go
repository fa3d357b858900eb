package client

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/api"
)

// TestRetry: what may pass is tried again, nothing else is, and Retry-After is
// waited.
func TestRetry(t *testing.T) {
	const second = time.Second
	busy := problem(503, "overloaded", "")
	html := scriptedAnswer{status: 502, header: "Content-Type: text/html", body: "<h1>Bad</h1>"}
	tests := []struct {
		name        string
		answers     []scriptedAnswer
		attempts    int
		code        api.Code
		status      int           // of the error; 0 for none
		least, most time.Duration // of the whole
	}{
		{"at once", []scriptedAnswer{found}, 1, "", 0, 0, 0},
		{"overloaded", []scriptedAnswer{busy, found}, 2, "", 0, 0, 200 * time.Millisecond},
		{"too many", []scriptedAnswer{problem(429, "x", ""), found}, 2, "", 0, 0, 200 * time.Millisecond},
		{"gateway", []scriptedAnswer{html, {status: 504}, found}, 3, "", 0, 0, 600 * time.Millisecond},
		{"connection", []scriptedAnswer{broken, broken, found}, 3, "", 0, 0, 600 * time.Millisecond},
		{"always", []scriptedAnswer{busy}, 4, "overloaded", 503, 0, 1400 * time.Millisecond},
		{"gateway always", []scriptedAnswer{html}, 4, "", 502, 0, 1400 * time.Millisecond},
		{"seconds", []scriptedAnswer{problem(503, "no_release", "Retry-After: 3"), found}, 2, "", 0, 3 * second, 3200 * time.Millisecond},
		{"date", []scriptedAnswer{problem(503, "x", "Retry-After: Sat, 01 Jan 2000 00:00:07 GMT"), found}, 2, "", 0, 7 * second, 7200 * time.Millisecond},
		{"date that is over", []scriptedAnswer{problem(503, "x", "Retry-After: Sat, 01 Jan 1999 00:00:07 GMT"), found}, 2, "", 0, 0, 200 * time.Millisecond},
		{"no date", []scriptedAnswer{problem(503, "x", "Retry-After: soon"), found}, 2, "", 0, 0, 200 * time.Millisecond},
		{"too long", []scriptedAnswer{problem(503, "x", "Retry-After: 61"), found}, 1, "x", 503, 0, 0},
		{"for ever", []scriptedAnswer{problem(503, "x", "Retry-After: 99999999999999999999"), found}, 1, "x", 503, 0, 0},
		{"wrong request", []scriptedAnswer{problem(400, "coordinate_out_of_range", "Retry-After: 1"), found}, 1, "coordinate_out_of_range", 400, 0, 0},
		{"defect", []scriptedAnswer{problem(500, "internal", ""), found}, 1, "internal", 500, 0, 0},
		{"redirect", []scriptedAnswer{{status: 302, header: "Location: http://elsewhere/"}, found}, 1, "", 302, 0, 0},
		{"empty", []scriptedAnswer{{status: 204}, found}, 1, "", 204, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, Options{}, tt.answers...)
				began := time.Now()
				answer, err := c.Lookup(t.Context(), Request{Lat: 1, Lng: 2})
				if took := time.Since(began); took < tt.least || took > tt.most || len(s.asked) != tt.attempts {
					t.Errorf("%d attempts in %v, want %d within %v…%v", len(s.asked), took, tt.attempts, tt.least, tt.most)
				}
				if tt.status == 0 {
					if err != nil || answer.Release != "r1" {
						t.Errorf("%+v, %v", answer, err)
					}
					return
				}
				e, ok := errors.AsType[*Error](err)
				if !ok || e.Problem.Status != tt.status || CodeOf(err) != tt.code || e.Attempts != tt.attempts {
					t.Errorf("%+v, %v", e, err)
				}
				if p, ok := errors.AsType[*api.Problem](err); !ok || p.Code != tt.code {
					t.Errorf("no problem in %v", err)
				}
			})
		})
	}
}

// TestPausesAreRandom: full jitter spreads a thousand clients over the whole of
// each pause.
func TestPausesAreRandom(t *testing.T) {
	c, _ := newScripted(t, Options{}, found)
	for attempts, most := range []time.Duration{1: 200 * time.Millisecond, 2: 400 * time.Millisecond, 3: 800 * time.Millisecond, 40: 10 * time.Second, 63: 10 * time.Second} {
		if most == 0 {
			continue
		}
		var low, high int
		for range 1000 {
			pause, ok := c.pause(t.Context(), attempts, io.EOF)
			if !ok || pause < 0 || pause > most {
				t.Fatalf("pause of %v after %d attempts", pause, attempts)
			}
			if pause < most/4 {
				low++
			}
			if pause > most-most/4 {
				high++
			}
		}
		if low < 150 || high < 150 {
			t.Errorf("after %d attempts %d of 1000 pauses are in the first quarter, %d in the last", attempts, low, high)
		}
	}
}

// TestContext: it ends a pause and an attempt; what would outlive it is not
// begun.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, Options{}, problem(503, "overloaded", "Retry-After: 30"))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := c.Lookup(ctx, Request{}); CodeOf(err) != api.CodeOverloaded || time.Since(began) != 0 || len(s.asked) != 1 {
			t.Errorf("%v after %v and %d attempts", err, time.Since(began), len(s.asked))
		}

		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, stop)
		if _, err := c.Lookup(stopped, Request{}); !errors.Is(err, context.Canceled) || time.Since(began) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestTimeout: an attempt that hangs is given up, and another one made.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := found
		hangs.late = time.Hour
		c, s := newScripted(t, Options{Timeout: time.Second}, hangs, found)
		if _, err := c.Lookup(t.Context(), Request{}); err != nil || len(s.asked) != 2 {
			t.Errorf("%v after %d attempts", err, len(s.asked))
		}
	})
}

// TestErrorsTellNoPosition: the address that was asked is in no error.
func TestErrorsTellNoPosition(t *testing.T) {
	for name, a := range map[string]scriptedAnswer{"connection": broken, "status": {status: 500}, "text": {status: 200, body: "x"}} {
		c, _ := newScripted(t, Options{Attempts: 1}, a)
		_, err := c.LookupCached(t.Context(), Request{Lat: 51.1234567, Lng: 2, User: "somebody"})
		if err == nil || strings.Contains(err.Error(), "51.12") || strings.Contains(err.Error(), "somebody") || strings.Contains(err.Error(), "http:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTooLong(t *testing.T) {
	long := found
	long.body += strings.Repeat(" ", 1000)
	c, s := newScripted(t, Options{MaxBytes: 1000}, long)
	if _, err := c.Lookup(t.Context(), Request{}); !errors.Is(err, ErrTooLong) || len(s.asked) != 1 {
		t.Errorf("%v after %d attempts", err, len(s.asked))
	}
}

func TestNew(t *testing.T) {
	for _, bad := range []string{"", "node:80", "ftp://node", "http://", "http://u:p@node", "http://node?x", "http://node#x"} {
		if _, err := New(bad, Options{}); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
