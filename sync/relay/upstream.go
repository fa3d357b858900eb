package relay

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// upstream is one of those that are asked.
type upstream struct {
	url       *url.URL
	failures  int // in a row
	notBefore time.Time
}

// upstreams hands out who is asked next: the first, in the order of preference,
// that is not being left alone after a failure.
type upstreams struct {
	maxPause time.Duration

	mutex sync.Mutex
	list  []*upstream
}

func newUpstreams(o Options) *upstreams {
	s := &upstreams{maxPause: o.MaxPause}
	for _, u := range o.Upstreams {
		s.list = append(s.list, &upstream{url: u})
	}
	return s
}

// choose waits until one may be asked, that is not among some. There has to be
// another.
func (s *upstreams) choose(ctx context.Context, without map[*upstream]bool) (*upstream, error) {
	for {
		u, rest := s.next(time.Now(), without)
		if rest <= 0 {
			return u, ctx.Err()
		}
		if err := pause(ctx, rest); err != nil {
			return nil, err
		}
	}
}

func (s *upstreams) next(now time.Time, without map[*upstream]bool) (soonest *upstream, rest time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, u := range s.list {
		switch {
		case without[u]:
		case !u.notBefore.After(now):
			return u, 0
		case soonest == nil || u.notBefore.Before(soonest.notBefore):
			soonest = u
		}
	}
	return soonest, soonest.notBefore.Sub(now)
}

func (s *upstreams) succeeded(u *upstream) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	u.failures = 0
}

// failed leaves one alone for a while, for at least as long as it asked for.
func (s *upstreams) failed(u *upstream, err error) {
	const firstPause, doublings = 200 * time.Millisecond, 10
	s.mutex.Lock()
	defer s.mutex.Unlock()
	bound := min(s.maxPause, firstPause<<min(u.failures, doublings))
	rest := rand.N(bound) + 1 // at random: those who failed together don't come back together
	var refused *statusError
	if errors.As(err, &refused) {
		rest = max(rest, min(refused.retryAfter, s.maxPause))
	}
	u.failures++
	u.notBefore = time.Now().Add(rest)
}

// statusError is an answer that is none of those expected.
type statusError struct {
	from       string
	status     int
	retryAfter time.Duration
}

func (e *statusError) Error() string { return e.from + " answers " + strconv.Itoa(e.status) }

func newStatusError(resp *http.Response) *statusError {
	e := &statusError{from: resp.Request.URL.Redacted(), status: resp.StatusCode}
	if n, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16); err == nil {
		e.retryAfter = time.Duration(n) * time.Second
	}
	return e
}

// missing reports whether an upstream said that it does not have what was asked
// for.
func missing(err error) bool {
	var refused *statusError
	return errors.As(err, &refused) && (refused.status == http.StatusNotFound || refused.status == http.StatusGone)
}

// get sends a request. The caller closes the body of the response.
func (r *Relay) get(ctx context.Context, u *upstream, path string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.url.JoinPath(path).String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = header
	req.Header.Set("Accept-Encoding", "identity") // digests are of the bytes as they are
	r.metrics.asked.WithLabelValues(u.url.Redacted()).Inc()
	return r.options.Client.Do(req)
}

// pause waits, or until the context is done.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
