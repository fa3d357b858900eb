package extsort

import (
	"bytes"
	"errors"
	"testing"
)

func newTestPool(t *testing.T) *pool {
	t.Helper()
	p, err := newPool(Options{Memory: MinMemory}.geometry(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.region.unmap(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestPoolIsFirstFit(t *testing.T) {
	p := newTestPool(t)
	var got []extent
	for _, n := range []int{1, 2, 1, 3} {
		e, err := p.acquire(n)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	p.release(got[1])
	for _, want := range []extent{{7, 3}, {1, 1}, {2, 1}, {10, 1}} {
		if e, ok := p.tryAcquire(want.slabs); !ok || e != want {
			t.Errorf("got %v, want %v", e, want)
		}
	}
	if _, ok := p.tryAcquire(p.slabs); ok {
		t.Error("more slabs than there are")
	}
	if p.inUse != 11 || p.peakSlabs() != 11 {
		t.Errorf("%d in use, %d at most, want 11", p.inUse, p.peakSlabs())
	}
}

func TestPoolFailWakesWaiters(t *testing.T) {
	p := newTestPool(t)
	if _, err := p.acquire(p.slabs); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := p.acquire(1)
		failed <- err
	}()
	<-p.wanted
	p.fail(ErrClosed)
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// Slabs may be smaller than pages; giving one back must not wipe another.
func TestDiscardSparesNeighbours(t *testing.T) {
	p := newTestPool(t)
	all := p.bytes(extent{0, p.slabs})
	for i := range all {
		all[i] = 1
	}
	from, to := 3, 21
	p.region.discard(p.bytes(extent{from, to - from}))
	for _, e := range []extent{{0, from}, {to, p.slabs - to}} {
		if bytes.IndexByte(p.bytes(e), 0) >= 0 {
			t.Errorf("slabs %v were wiped", e)
		}
	}
}
