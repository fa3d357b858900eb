package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// pause is how long to wait after so many attempts; false when it is not worth
// it: the node asks for more than LongWait, or the context would end before.
func (c *Client) pause(ctx context.Context, attempts int, err error) (time.Duration, bool) {
	most := min(c.options.FirstPause<<min(attempts-1, 30), c.options.LongPause)
	if most <= 0 { // shifted out
		most = c.options.LongPause
	}
	pause := time.Duration(rand.Float64() * float64(most))
	var e *Error
	if errors.As(err, &e) {
		if e.RetryAfter > c.options.LongWait {
			return 0, false
		}
		pause += e.RetryAfter
	}
	deadline, bounded := ctx.Deadline()
	return pause, !bounded || time.Until(deadline) > pause
}

// sleep reports whether the time passed before the context was done.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads seconds or a date; 0 for nothing, or nothing that can be read.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	const most = 365 * 24 * time.Hour // more would overflow
	if seconds, err := strconv.ParseUint(v, 10, 63); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), most)
	}
	return 0
}

// escaped are parts of a path in which no slash and no dots lead elsewhere.
func escaped(path []string) []string {
	parts := make([]string, len(path))
	for i, part := range path {
		parts[i] = url.PathEscape(part)
		if part == "." || part == ".." {
			parts[i] = "%2E" + part[1:]
		}
	}
	return parts
}
