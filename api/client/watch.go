package client

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"time"
)

// Where tells what to ask for next: where the player is by now. An error of it
// ends the watch.
type Where func(context.Context) (Request, error)

// The pauses of a watch, whatever the node says.
const (
	shortestPoll = 100 * time.Millisecond
	usualPoll    = 10 * time.Second // after an error
	longestPoll  = 10 * time.Minute
)

// Watch looks up again and again, at the pace that the node sets by next_poll_ms
// and Retry-After: never sooner, and up to a fifth later so that players who
// began together spread out. An error is yielded and does not end the watch;
// whoever ranges over it breaks when it is of no use to go on. The watch ends,
// without another pair, when the context is done.
//
//	for answer, err := range c.Watch(ctx, where) {
//		…
//	}
func (c *Client) Watch(ctx context.Context, where Where) iter.Seq2[*Answer, error] {
	return func(yield func(*Answer, error) bool) {
		for {
			r, err := where(ctx)
			if err != nil {
				if ctx.Err() == nil {
					yield(nil, err)
				}
				return
			}
			answer, err := c.Lookup(ctx, r)
			if ctx.Err() != nil || !yield(answer, err) || !sleep(ctx, nextPoll(answer, err)) {
				return
			}
		}
	}
}

// nextPoll is the pause before the next lookup.
func nextPoll(answer *Answer, err error) time.Duration {
	pause := usualPoll
	var e *Error
	switch {
	case err == nil:
		pause = answer.NextPoll()
	case errors.As(err, &e):
		pause = max(pause, e.RetryAfter)
	}
	pause = min(max(pause, shortestPoll), longestPoll)
	return pause + time.Duration(rand.Float64()*float64(pause)/5)
}
