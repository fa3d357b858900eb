package node

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"geodrop/poi"
)

// loop looks at the revision of a source and builds when it is another than
// that of the release that is served, and has been the same for a while.
//
//	revision  a a a b b c c c c c c c
//	looks     · · · · · · · · · · · ·
//	changed         ├───┤ quiet?  no
//	                    ├───┤     yes ─► build ─► c is served
//
// A source that never rests is built all the same after some time. What fails is
// tried again, ever more seldom, and at once when the source changes.
type loop struct {
	revision   func(context.Context) (poi.Revision, error)
	serving    func() (poi.Revision, bool) // false: nothing is served
	build      func(context.Context) error // and serve
	damaged    <-chan *generation
	quarantine func(*generation)
	interval   time.Duration
	quiet      time.Duration
	state      *state
	log        *slog.Logger

	seen     poi.Revision
	since    time.Time // when seen was seen first
	unserved time.Time // since when the source differs from what is served; zero: it does not

	failed   poi.Revision // that could not be built
	failures int
	retryAt  time.Time
}

const (
	// restless is after how many quiet periods a build begins without one.
	restless = 5
	// pollShare is how many times longer than a look at the source the pause
	// after it is, so that a source that is slow to look at is left in peace.
	pollShare = 10
	// pollTimeout ends a look at a source that hangs.
	pollTimeout = 30 * time.Second
	// maxPause is the longest pause after failures.
	maxPause = time.Minute
)

// run runs until the context is done.
func (l *loop) run(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case g := <-l.damaged:
			l.quarantine(g)
			l.unserved = time.Time{}
			pause.Reset(0)
		case <-pause.C:
			pause.Reset(l.step(ctx))
		}
	}
}

// step looks once, builds if it is time to, and returns how long to pause.
func (l *loop) step(ctx context.Context) time.Duration {
	began := time.Now()
	looking, cancel := context.WithTimeout(ctx, pollTimeout)
	revision, err := l.revision(looking)
	cancel()
	if ctx.Err() != nil {
		return 0
	}
	now := time.Now()
	l.state.polled(now, err)
	if err != nil {
		return backoff(l.interval, l.state.pollFailures())
	}
	pause := max(l.interval, pollShare*now.Sub(began))
	if !l.due(revision, now) {
		if !l.unserved.IsZero() {
			pause = min(pause, max(l.quiet/2, time.Millisecond))
		}
		return pause
	}
	l.tryBuild(ctx, revision)
	return pause
}

// due reports whether the revision is to be built now.
func (l *loop) due(revision poi.Revision, now time.Time) bool {
	served, any := l.serving()
	if any && served == revision {
		l.unserved = time.Time{}
		l.state.upToDate(now)
		return false
	}
	if revision != l.seen || l.since.IsZero() {
		l.seen, l.since = revision, now
	}
	if l.unserved.IsZero() {
		l.unserved = now
	}
	if revision == l.failed && now.Before(l.retryAt) {
		return false
	}
	if any && now.Sub(l.since) < l.quiet && now.Sub(l.unserved) < restless*l.quiet {
		l.state.waiting(now)
		return false
	}
	return true
}

func (l *loop) tryBuild(ctx context.Context, revision poi.Revision) {
	l.state.building(time.Now())
	err := l.build(ctx)
	now := time.Now()
	switch {
	case ctx.Err() != nil:
		return // stopped, not failed
	case err == nil:
		l.failed, l.failures, l.unserved = poi.Revision{}, 0, time.Time{}
		l.state.built(now)
	case errors.Is(err, poi.ErrChanged):
		l.since = now // it does not rest yet
		l.state.waiting(now)
	default:
		l.failed, l.failures = revision, l.failures+1
		l.retryAt = now.Add(backoff(l.interval, l.failures))
		l.state.buildFailed(now, err)
		l.log.Error("build failed; what was served still is", "error", err, "failures", l.failures)
	}
}

// backoff is the pause after so many failures in a row.
func backoff(interval time.Duration, failures int) time.Duration {
	pause := interval
	for range failures {
		if pause *= 2; pause >= maxPause {
			return maxPause
		}
	}
	return pause
}
