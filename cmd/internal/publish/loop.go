package publish

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"geodrop/poi"
)

// loop looks at the state of a config and builds when it is another than that of
// the release that is published, and has been the same for a while.
//
//	state     a a a b b c c c c c c c
//	looks     · · · · · · · · · · · ·
//	changed         ├───┤ quiet?  no
//	                    ├───┤     yes ─► build ─► c is published
//
// A config that never rests is built all the same after some time. What fails is
// tried again, ever more seldom, and at once when the config changes. So is what
// was published and put aside by those who serve it. What is refused for what the
// config says would be again: it waits until the config, or what is published, is
// another.
type loop struct {
	look      func(context.Context) (State, error)
	published func() (State, bool)                           // false: nothing is
	build     func(ctx context.Context, origin string) error // and publish
	changed   func() <-chan struct{}                         // closed when published is another
	interval  time.Duration
	quiet     time.Duration
	timeout   time.Duration // of a look
	state     *state
	log       *slog.Logger

	seen     State
	since    time.Time // when seen was seen first
	behind   time.Time // since when the config differs from what is published; zero: it does not
	misses   int       // looks that failed, in a row
	lastMiss string    // its class

	built    State // last
	gone     bool  // and put aside since
	lost     int   // times in a row that it was
	failed   State // that could not be built
	refused  bool  // for what it says
	upon     State // what was published then
	failures int
	retryAt  time.Time
}

const (
	// restless is after how many quiet periods a build begins without one.
	restless = 5
	// pollShare is how many times longer than a look at the config the pause
	// after it is, so that a database that is slow to look at is left in peace.
	pollShare = 10
	// maxPause is the longest pause after builds that failed, maxMissPause that
	// after looks that did: what was away is to be found soon.
	maxPause     = time.Minute
	maxMissPause = 10 * time.Second
	// maxDiskPause is the longest after builds for which there was no space, as
	// long as the build itself takes no longer.
	maxDiskPause = 5 * time.Second
)

// run runs until the context is done.
func (l *loop) run(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		changed := l.changed()
		select {
		case <-ctx.Done():
			return
		case <-changed:
			pause.Reset(0)
		case <-pause.C:
			pause.Reset(l.step(ctx))
		}
	}
}

// step looks once, builds if it is time to, and returns how long to pause.
func (l *loop) step(ctx context.Context) time.Duration {
	began := time.Now()
	looking, cancel := context.WithTimeout(ctx, l.timeout)
	found, err := l.look(looking)
	cancel()
	if ctx.Err() != nil {
		return 0
	}
	now := time.Now()
	if err != nil {
		return l.missed(err, now)
	}
	l.misses, l.lastMiss = 0, ""
	l.state.looked(now)
	pause := max(l.interval, pollShare*now.Sub(began))
	if !l.due(found, now) {
		if !l.behind.IsZero() {
			pause = min(pause, max(l.quiet/2, time.Millisecond))
		}
		return pause
	}
	l.tryBuild(ctx, found)
	return pause
}

// missed notes a look that failed. The log has it once for each class, since it
// is said again and again.
func (l *loop) missed(err error, now time.Time) time.Duration {
	class := sourceClass(err)
	if class.Name != l.lastMiss {
		l.log.Error("the config cannot be read; what was published still is", "error", err)
	}
	l.misses, l.lastMiss = l.misses+1, class.Name
	l.state.missed(class, now)
	return min(backoff(l.interval, l.misses), maxMissPause)
}

// due reports whether what was found is to be built now.
func (l *loop) due(found State, now time.Time) bool {
	published, any := l.published()
	if any && published == found {
		l.behind = time.Time{}
		l.state.upToDate(now)
		return false
	}
	if found != l.seen || l.since.IsZero() {
		l.seen, l.since = found, now
	}
	if l.behind.IsZero() {
		l.behind = now
	}
	l.noteLost(found, now)
	if found == l.failed && (l.refused && published == l.upon || now.Before(l.retryAt)) {
		return false
	}
	if any && now.Sub(l.since) < l.quiet && now.Sub(l.behind) < restless*l.quiet {
		l.state.waiting(now)
		return false
	}
	return true
}

// noteLost makes pauses when what is built is put aside again and again.
func (l *loop) noteLost(found State, now time.Time) {
	if found != l.built || l.gone {
		return
	}
	l.gone = true
	if l.lost++; l.lost > 1 {
		l.failed, l.refused, l.retryAt = found, false, now.Add(backoff(l.interval, l.lost))
	}
}

func (l *loop) tryBuild(ctx context.Context, found State) {
	began := time.Now()
	l.state.building(began)
	err := l.build(ctx, found.Origin)
	now := time.Now()
	switch {
	case ctx.Err() != nil:
		return // stopped, not failed
	case err == nil:
		if found != l.built {
			l.lost = 0
		}
		l.built, l.gone, l.failed, l.failures, l.behind = found, false, State{}, 0, time.Time{}
		l.state.sealed(began, now)
	case errors.Is(err, poi.ErrChanged):
		l.since = now // it does not rest yet
		l.state.waiting(now)
	default:
		l.failed, l.failures = found, l.failures+1
		_, l.refused = buildClass(err)
		l.upon, _ = l.published()
		rest := backoff(l.interval, l.failures)
		if diskFailed(err) {
			rest = min(rest, max(maxDiskPause, now.Sub(began)))
		}
		l.retryAt = now.Add(rest)
		l.state.buildFailed(err, now)
		l.log.Error("build failed; what was published still is", "error", err, "failures", l.failures)
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
