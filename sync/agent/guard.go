package agent

import (
	"context"
	"io"
	"sync"
	"time"
)

// guard gives a transfer up that is slower than a rate, looking at one window of
// time after another:
//
//	├── window ──┼── window ──┼── window …
//	 enough bytes  enough       too few: cancelled
//
// The wait for the answer is part of the first.
type guard struct {
	window time.Duration
	least  int64 // bytes in a window
	cancel context.CancelCauseFunc

	mutex sync.Mutex
	got   int64 // in this window
	timer *time.Timer
}

// watch begins to watch a transfer, which uses the context that is returned.
func watch(ctx context.Context, window time.Duration, rate int64) (context.Context, *guard) {
	ctx, cancel := context.WithCancelCause(ctx)
	g := &guard{window: window, least: int64(float64(rate) * window.Seconds()), cancel: cancel}
	g.mutex.Lock() // look may run before timer is set
	defer g.mutex.Unlock()
	g.timer = time.AfterFunc(window, g.look)
	return ctx, g
}

// look ends a window.
func (g *guard) look() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.got < g.least {
		class := Slow
		if g.got == 0 {
			class = Timeout
		}
		g.cancel(failed(class, "%d bytes came in %v, fewer than %d", g.got, g.window, g.least))
		return
	}
	g.got = 0
	g.timer.Reset(g.window)
}

// stop ends the watch.
func (g *guard) stop() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.timer.Stop()
	g.cancel(nil)
}

// reader counts what is read from r.
func (g *guard) reader(r io.Reader) io.Reader { return &guardedReader{g: g, r: r} }

type guardedReader struct {
	g *guard
	r io.Reader
}

// Read counts.
func (r *guardedReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.g.mutex.Lock()
	r.g.got += int64(n)
	r.g.mutex.Unlock()
	return n, err
}
