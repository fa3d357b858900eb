package agent

import (
	"context"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"
)

// firstPause is the bound of the pause after the first failure; it doubles with
// each that follows.
const firstPause = 200 * time.Millisecond

// maxRetryAfter is as long as an upstream can put us off.
const maxRetryAfter = time.Minute

// upstream is one of those that are asked.
type upstream struct {
	url       *url.URL
	etag      string // of its pointer, when there is nothing to do about that one; of Run alone
	useless   bool   // that pointer leads to what cannot be served; of Run alone
	failures  int    // in a row
	notBefore time.Time
}

func (u *upstream) name() string { return nameOf(u.url) }

// nameOf is what logs and metrics call an upstream: no part of its address in
// which a secret may stand.
func nameOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// upstreams hands out who is asked next: the first, in the order of preference,
// that is not being left in peace after a failure. So the preferred one comes
// back by itself.
type upstreams struct {
	maxPause time.Duration

	mutex sync.Mutex
	list  []*upstream
	turn  int // the one that other handed out last
}

func newUpstreams(o Options) *upstreams {
	s := &upstreams{maxPause: o.MaxPause}
	for _, u := range o.Upstreams {
		s.list = append(s.list, &upstream{url: u})
	}
	return s
}

// choose waits until one may be asked.
func (s *upstreams) choose(ctx context.Context) (*upstream, error) {
	for {
		u, wait := s.next(time.Now())
		if wait <= 0 {
			return u, ctx.Err()
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// next is the first that may be asked, or the one that may be next, and when.
func (s *upstreams) next(now time.Time) (*upstream, time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var soonest *upstream
	for _, u := range s.list {
		if !u.notBefore.After(now) {
			return u, 0
		}
		if soonest == nil || u.notBefore.Before(soonest.notBefore) {
			soonest = u
		}
	}
	return soonest, soonest.notBefore.Sub(now)
}

// other is one that may be asked beside u, each in turn; nil if there is none.
func (s *upstreams) other(u *upstream, now time.Time) *upstream {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for range s.list {
		s.turn = (s.turn + 1) % len(s.list)
		if o := s.list[s.turn]; o != u && !o.notBefore.After(now) {
			return o
		}
	}
	return nil
}

func (s *upstreams) succeeded(u *upstream) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	u.failures = 0
}

// failed leaves one in peace for a while. Several transfers that broke off
// together count once.
func (s *upstreams) failed(u *upstream, asked time.Time, retryAfter time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := time.Now()
	rest := retryAfter
	if !u.notBefore.After(asked) {
		rest = max(rest, backoff(u.failures, s.maxPause))
		u.failures++
	}
	if until := now.Add(rest); until.After(u.notBefore) {
		u.notBefore = until
	}
}

// forget makes every pointer worth looking at again.
func (s *upstreams) forget() {
	for _, u := range s.list {
		u.etag, u.useless = "", false
	}
}

// backoff is a random pause up to a bound that doubles with each failure ("full
// jitter"), so that those who failed together do not come back together.
func backoff(failures int, most time.Duration) time.Duration {
	bound := most
	if failures < 20 { // beyond, the shift would overflow
		bound = min(most, firstPause<<failures)
	}
	return rand.N(bound) + 1
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
