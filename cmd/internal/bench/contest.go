package bench

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// A contender does the same work again each time that run is called.
type contender struct {
	name string
	run  func() (tally, error)
}

// tally is what a run found. Sum depends on all of it, so that no read can be
// optimised away.
type tally struct {
	found int
	sum   int64
}

// timing is the outcome for one contender.
type timing struct {
	median, min time.Duration // of a run
	tally
}

// per is a duration shared by n operations, in nanoseconds.
func per(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / float64(n) }

// A clock tells the time since some moment. wallClock is for contenders that
// wait for others; threadClock, the processor time of the calling thread, for
// those that compute: what else runs on the machine takes none of it.
type clock func() time.Duration

func wallClock() clock {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// contest lets the contenders take turns, after one round that does not count,
// in turn forwards and backwards, so that none always runs after the same one.
func contest(ctx context.Context, now clock, rounds int, contenders []contender) ([]timing, error) {
	runtime.LockOSThread() // for threadClock
	defer runtime.UnlockOSThread()
	times := make([][]time.Duration, len(contenders))
	results := make([]timing, len(contenders))
	order := make([]int, len(contenders))
	for i := range order {
		order[i] = i
	}
	runtime.GC() // so that none runs meanwhile
	for round := range rounds + 1 {
		for _, i := range order {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			began := now()
			found, err := contenders[i].run()
			if err != nil {
				return nil, err
			}
			if round > 0 {
				times[i] = append(times[i], now()-began)
			}
			results[i].tally = found
		}
		slices.Reverse(order)
	}
	for i := range results {
		slices.Sort(times[i])
		results[i].median, results[i].min = times[i][len(times[i])/2], times[i][0]
	}
	return results, nil
}

// allocations are the heap objects that a run allocates: the least of three
// tries, since the runtime allocates some of its own now and then.
func allocations(c contender) (uint64, error) {
	least := ^uint64(0)
	var before, after runtime.MemStats
	for range 3 {
		runtime.ReadMemStats(&before)
		if _, err := c.run(); err != nil {
			return 0, err
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return least, nil
}
