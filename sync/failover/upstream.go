// Package failover says which of several upstreams is asked next: the first, in the
// order of preference, that is not being left in peace after a failure. So the
// preferred one comes back by itself.
package failover

import (
	"context"
	"net/url"
	"sync"
	"time"
)

// Upstream is one of those that are asked.
type Upstream[T any] struct {
	URL  *url.URL
	Kept T // by the one who asks

	failures  int // in a row
	notBefore time.Time
}

// Name is what logs and metrics call an upstream: no part of its address in which
// a secret may stand.
func (u *Upstream[T]) Name() string { return NameOf(u.URL) }

// NameOf is the name of the upstream at an address.
func NameOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// List hands upstreams out.
type List[T any] struct {
	maxPause time.Duration

	mutex sync.Mutex
	all   []*Upstream[T]
	turn  int // the one that Other handed out last
}

// New lists upstreams, the preferred first, of which one that failed is left in
// peace for so long at most, unless it asks for longer.
func New[T any](urls []*url.URL, maxPause time.Duration) *List[T] {
	l := &List[T]{maxPause: maxPause}
	for _, u := range urls {
		l.all = append(l.all, &Upstream[T]{URL: u})
	}
	return l
}

// All are the upstreams, the preferred first.
func (l *List[T]) All() []*Upstream[T] { return l.all }

// Choose waits until one may be asked that is not among some. There has to be
// another.
func (l *List[T]) Choose(ctx context.Context, without map[*Upstream[T]]bool) (*Upstream[T], error) {
	for {
		u, wait := l.next(time.Now(), without)
		if wait <= 0 {
			return u, ctx.Err()
		}
		if err := Pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// next is the first that may be asked, or the one that may be next, and when.
func (l *List[T]) next(now time.Time, without map[*Upstream[T]]bool) (soonest *Upstream[T], wait time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, u := range l.all {
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

// Other is one that may be asked beside u, each in turn; nil if there is none.
func (l *List[T]) Other(u *Upstream[T], now time.Time) *Upstream[T] {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for range l.all {
		l.turn = (l.turn + 1) % len(l.all)
		if o := l.all[l.turn]; o != u && !o.notBefore.After(now) {
			return o
		}
	}
	return nil
}

// Succeeded notes an answer that was as it should be.
func (l *List[T]) Succeeded(u *Upstream[T]) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	u.failures = 0
}

// Failed leaves one in peace for a while, for at least as long as it asks for.
// Several requests that broke off together count once.
func (l *List[T]) Failed(u *Upstream[T], asked time.Time, retryAfter time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now()
	rest := retryAfter
	if !u.notBefore.After(asked) {
		rest = max(rest, Backoff(u.failures, l.maxPause))
		u.failures++
	}
	if until := now.Add(rest); until.After(u.notBefore) {
		u.notBefore = until
	}
}
