package origin

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

func newKey(t testing.TB) trust.Key {
	t.Helper()
	k, err := trust.NewKey()
	must(t, err)
	return k
}

func trusting(t testing.TB, keys ...trust.Key) trust.Keys {
	t.Helper()
	var all trust.Keys
	for _, k := range keys {
		var err error
		all, err = all.Trust(trust.Named{Public: k.Public()})
		must(t, err)
	}
	return all
}

// sent is the pointer that the origin sends, which the keys have to believe.
func sent(t testing.TB, o http.Handler, k trust.Keys) manifest.Pointer {
	t.Helper()
	s, err := trust.Open(ask(o, "GET", "/v1/channels/main").Body.Bytes())
	must(t, err)
	if _, err := s.Verify(k); err != nil {
		t.Errorf("the pointer is not believed: %v", err)
	}
	return s.Pointer
}

func TestSigned(t *testing.T) {
	now := time.UnixMilli(1e12).UTC()
	key := newKey(t)
	o := open(t, Options{Keys: []trust.Key{key}, Validity: 3 * time.Hour, Now: func() time.Time { return now }})
	_, p := publish(t, o, 1, "a")
	if got := sent(t, o, trusting(t, key)); got != p || !p.Issued.Equal(now) || !p.Expires.Equal(now.Add(3*time.Hour)) || p.Lineage == "" {
		t.Errorf("%+v is sent, published as %+v", got, p)
	}
	now = now.Add(time.Hour)
	if got := sent(t, o, trusting(t, key)); got != p {
		t.Errorf("after a third of its time it is %+v, want it as it was", got)
	}
	now = now.Add(time.Millisecond)
	renewed := sent(t, o, trusting(t, key))
	want := p
	want.Issued, want.Expires = now, now.Add(3*time.Hour)
	if at, _ := o.Pointer("main"); renewed != want || at != want {
		t.Errorf("later it is %+v, want %+v", renewed, want)
	}
}

// TestSignedAnew: what the folder has is signed by the keys that the origin was
// opened with, whenever it was made.
func TestSignedAnew(t *testing.T) {
	now := time.UnixMilli(1e12).UTC()
	dir, old, key := t.TempDir(), newKey(t), newKey(t)
	reopen := func(o Options) *Origin {
		t.Helper()
		o.Dir, o.Now = dir, func() time.Time { return now }
		s, err := Open(o)
		must(t, err)
		must(t, s.Close()) // it answers from memory
		return s
	}
	first, err := Open(Options{Dir: dir, Now: func() time.Time { return now }})
	must(t, err)
	_, p := publish(t, first, 1, "a")
	must(t, first.Close())
	if !p.Expires.IsZero() {
		t.Errorf("unsigned, it expires: %+v", p)
	}
	signed := sent(t, reopen(Options{Keys: []trust.Key{old}}), trusting(t, old))
	both := reopen(Options{Keys: []trust.Key{old, key}})
	for _, k := range []trust.Key{old, key} {
		if got := sent(t, both, trusting(t, k)); got != signed {
			t.Errorf("signed by two it is %+v, want %+v", got, signed)
		}
	}
	now = now.Add(24 * time.Hour)
	after := sent(t, reopen(Options{Keys: []trust.Key{key}}), trusting(t, key))
	if after.Version != p.Version || after.Lineage != p.Lineage || !after.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("a day later it is %+v", after)
	}
	named := sent(t, reopen(Options{Keys: []trust.Key{key}, Lineage: "leeds"}), trusting(t, key))
	kept := sent(t, reopen(Options{Keys: []trust.Key{key}}), trusting(t, key))
	if named.Lineage != "leeds" || kept.Lineage != "leeds" {
		t.Errorf("lineages %q, %q", named.Lineage, kept.Lineage)
	}
	if _, err := Open(Options{Dir: dir, Lineage: "../x"}); err == nil {
		t.Error("a lineage with a path is taken")
	}
}

// TestRenewedWhileWaiting: who waits for news gets the pointer again as soon as
// it is renewed.
func TestRenewedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t)
		o := open(t, Options{Keys: []trust.Key{key}, Validity: 30 * time.Second, MaxWait: time.Minute})
		publish(t, o, 1, "a")
		etag := ask(o, "GET", "/v1/channels/main").Header().Get("ETag")
		began := time.Now()
		w := ask(o, "GET", "/v1/channels/main?wait=60", "If-None-Match", etag)
		if took := time.Since(began); w.Code != 200 || took < 10*time.Second || took > 11*time.Second {
			t.Errorf("%d after %v, want 200 after 10 s", w.Code, took)
		}
	})
}

// TestRenewalWaitsForPublication: requests don't wait for a release that is
// being published.
func TestRenewalWaitsForPublication(t *testing.T) {
	now := time.UnixMilli(1e12).UTC()
	key := newKey(t)
	o := open(t, Options{Keys: []trust.Key{key}, Now: func() time.Time { return now }})
	_, p := publish(t, o, 1, "a")
	now = now.Add(30 * time.Minute)
	o.step = func(name string) {
		if name == "object" {
			if got := sent(t, o, trusting(t, key)); got != p {
				t.Errorf("renewed meanwhile: %+v", got)
			}
		}
	}
	dir := t.TempDir()
	seal(t, dir, 2, "b")
	_, err := o.Publish(context.Background(), dir, Publication{Channel: "other"})
	must(t, err)
	if got := sent(t, o, trusting(t, key)); !got.Issued.Equal(now) {
		t.Errorf("not renewed afterwards: %+v", got)
	}
}
