package failover

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

func list(maxPause time.Duration, hosts ...string) *List[int] {
	var urls []*url.URL
	for _, h := range hosts {
		urls = append(urls, &url.URL{Scheme: "http", Host: h, User: url.User("kept"), Path: "/kept"})
	}
	return New[int](urls, maxPause)
}

// TestChoose: the preferred one is asked, unless it failed shortly before or is not
// wanted, and comes back; where all failed the one that may be asked first is waited for.
func TestChoose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := list(10*time.Second, "a", "b")
		began := time.Now()
		choose := func(want string, after time.Duration, without ...*Upstream[int]) *Upstream[int] {
			t.Helper()
			not := map[*Upstream[int]]bool{}
			for _, u := range without {
				not[u] = true
			}
			u, err := l.Choose(t.Context(), not)
			if took := time.Since(began); err != nil || u.Name() != want || took != after {
				t.Errorf("%s after %v, %v; want %s after %v", u.Name(), took, err, want, after)
			}
			return u
		}
		a := choose("http://a", 0)
		b := choose("http://b", 0, a)
		l.Failed(a, began, 20*time.Second)
		choose("http://b", 0)
		if got := l.Other(b, began); got != nil {
			t.Errorf("%s may be asked beside the other", got.Name())
		}
		l.Failed(b, began, 15*time.Second)
		l.Failed(b, began, 0) // the same failure, of another request
		if b.failures != 1 {
			t.Errorf("%d failures are counted", b.failures)
		}
		choose("http://b", 15*time.Second)
		choose("http://a", 20*time.Second, b)
		if got := l.Other(b, time.Now()); got != a {
			t.Error("there is no other one")
		}
		if l.Succeeded(b); b.failures != 0 {
			t.Errorf("%d failures are counted after a success", b.failures)
		}
		l.Failed(a, time.Now(), time.Hour)
		l.Failed(b, time.Now(), time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Choose(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Choose = %v, want the end of the context", err)
		}
	})
}
