package server

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"
)

// gate lets so many of a kind run at a time and a few more wait for a short
// while; the others are turned away at once. It is for lookups that wait, as for
// pages that have to be read from a disk: where the processors are what lacks,
// few run at a time however many came, and the brake sees to it. Health checks
// and metrics do not pass it.
//
//	enter ─► a slot is free ─────────────────────► run ─► leave
//	     └─► fewer wait than queue ─► wait ─┬─► run
//	     └─► shed                           └─► shed after patience
//
// Lookups have one. Tiles, which cost up to a thousand times as much, have a
// smaller one of their own, so that they take no place of a lookup. So has the
// shelf, whose releases may take seconds to open: a lookup in one of them passes
// that gate first and then, once it is open, the one of all lookups.
type gate struct {
	reason   string        // that is counted for who is shed
	slots    chan struct{} // one item for each that runs
	waiting  atomic.Int64
	queue    int64
	patience time.Duration
}

func newGate(reason string, concurrent, queue int, patience time.Duration) *gate {
	return &gate{reason: reason, slots: make(chan struct{}, concurrent), queue: int64(queue), patience: patience}
}

// enter reports whether the caller may run; then it calls leave.
func (g *gate) enter(ctx context.Context) bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return false
	}
	timeout := time.NewTimer(g.patience)
	defer timeout.Stop()
	select {
	case g.slots <- struct{}{}:
		return true
	case <-timeout.C:
	case <-ctx.Done():
	}
	return false
}

func (g *gate) leave() { <-g.slots }

// retryAfter is 1…4 seconds, at random so that not all come back at once.
func retryAfter() string { return strconv.Itoa(1 + rand.IntN(4)) }
