package node

import (
	"context"
	"sync/atomic"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
)

// holder hands out the release that is served. Requests never wait for a swap:
//
//	swap:     current ◄─ new      old: drop the holder's own reference
//	request:  take one of the present generation ─► look up ─► Done
//	last Done of old ─► drained ─► close
type holder struct {
	current atomic.Pointer[generation]
	damaged chan Damage
	step    func(name string)
}

func newHolder() *holder { return &holder{damaged: make(chan Damage, 1), step: func(string) {}} }

// Acquire is the release of this moment.
func (h *holder) Acquire() (server.Held, bool) {
	for {
		g := h.current.Load()
		switch {
		case g == nil:
			return nil, false
		case g.take():
			return g, true
		}
		// It was replaced and drained since it was loaded: there is another.
	}
}

// swap makes g, which may be nil, the release that is served, waits until the
// requests with the one before are done, and closes that.
//
// What is swapped in is surveyed beside the requests.
func (h *holder) swap(g *generation) error {
	before := h.current.Swap(g)
	h.step("swapped")
	if g != nil && g.take() {
		go g.survey()
	}
	if before == nil {
		return nil
	}
	before.replace()
	before.Done()
	<-before.drained
	return before.release.Close()
}

func (h *holder) close() error { return h.swap(nil) }

// generation is a release while it is open.
type generation struct {
	dir     string
	release *query.Release
	since   time.Time
	holder  *holder

	references atomic.Int64 // of requests, and one of the holder
	reported   atomic.Bool  // damage
	drained    chan struct{}

	replaced context.Context // done when another is served
	replace  context.CancelFunc
}

func newGeneration(h *holder, dir string, r *query.Release) *generation {
	g := &generation{dir: dir, release: r, since: time.Now(), holder: h, drained: make(chan struct{})}
	g.references.Store(1)
	g.replaced, g.replace = context.WithCancel(context.Background())
	return g
}

// take adds a reference, unless there is none left.
func (g *generation) take() bool {
	for {
		n := g.references.Load()
		if n == 0 {
			return false
		}
		if g.references.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// survey ends with the release's time. Its owner is who swaps: it waits until
// the generation is drained, so for the reference that is given back here.
func (g *generation) survey() {
	defer g.Done()                   // reports damage
	_ = g.release.Survey(g.replaced) // the release keeps damage; there is no other error
}

// Done gives a reference back.
func (g *generation) Done() {
	if err := g.release.Damaged(); err != nil && g.reported.CompareAndSwap(false, true) {
		select {
		case g.holder.damaged <- Damage{Dir: g.dir, Release: g.release.Manifest().ID, Err: err}:
		default: // that of another generation is still to be seen to
			g.reported.Store(false)
		}
	}
	if g.references.Add(-1) == 0 {
		close(g.drained)
	}
}

// Release is the open release.
func (g *generation) Release() *query.Release { return g.release }

// Since is when it was opened here.
func (g *generation) Since() time.Time { return g.since }

// Outlines are those of its districts, drawn when asked for: few nodes are.
func (g *generation) Outlines() ([]byte, error) { return drawOutlines(g.release) }
