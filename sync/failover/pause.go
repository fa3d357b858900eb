package failover

import (
	"context"
	"math/rand/v2"
	"time"
)

// firstPause is the bound of the pause after the first failure; it doubles with
// each that follows.
const firstPause = 200 * time.Millisecond

// Backoff is a random pause up to a bound that doubles with each failure ("full
// jitter"), so that those who failed together do not come back together.
func Backoff(failures int, most time.Duration) time.Duration {
	bound := most
	if failures < 20 { // beyond, the shift would overflow
		bound = min(most, firstPause<<failures)
	}
	return rand.N(bound) + 1
}

// Pause waits, or until the context is done.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
