package load

import (
	"context"
	"runtime"
	"time"
)

// longestNap is how long the pacer sleeps without a look at the context.
const longestNap = 20 * time.Millisecond

// pace hands out each job when it is due, never before, and closes jobs after
// the last one. What finds the queue full is unsent.
func (r *run) pace(ctx context.Context, s *schedule, jobs chan<- job) {
	defer close(jobs)
	runtime.LockOSThread() // it sleeps in the kernel
	defer runtime.UnlockOSThread()
	for {
		j, ok := s.next()
		if !ok {
			r.waitUntil(ctx, s.start) // the end of the last phase
			return
		}
		if !r.waitUntil(ctx, j.due) {
			return
		}
		j.handed = time.Since(r.began)
		r.recorder.scheduled(j)
		select {
		case jobs <- j:
		default:
			r.recorder.failed(j, Unsent)
		}
	}
}

// waitUntil reports whether the moment came before the context was done.
func (r *run) waitUntil(ctx context.Context, due time.Duration) bool {
	for {
		wait := due - time.Since(r.began)
		switch {
		case ctx.Err() != nil:
			return false
		case wait <= 0:
			return true
		}
		r.options.sleep(min(wait, longestNap))
	}
}
