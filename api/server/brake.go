package server

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// brake keeps the queue before the handlers short. With net/http that queue is
// nowhere to be seen: a request waits in the socket, then among the sockets that
// can be read, then among the goroutines that can run. So an echo is sent the
// same way, a byte through a pipe, and timed:
//
//	echo   ─► poller ─► run queue ─► read     delay, and the requests that
//	request ─► poller ─► run queue ─► read    began meanwhile: those ahead of it
//
// A queue that empties now and then is a burst and does no harm; one in which
// even the quickest echo of a window waits is standing, and only makes everybody
// late (the rule of CoDel, RFC 8289). A standing queue sets a limit of requests
// per second, a little under what was just done, and each window moves it: down
// while the queue stands, up while it does not, away when it turned nobody away
// for a while. What has no room is turned away before anything of it is looked
// at.
//
// Turning away costs too: the header has been read. So answers of that kind are
// paced to a share of the limit. The others wait, which costs nothing but their
// connection, and keeps those who would ask again at once from doing so.
type brake struct {
	target     time.Duration // delay of a queue that is short enough
	processors int

	begun atomic.Uint64 // requests, ever
	on    atomic.Bool   // there is a limit

	mutex    sync.Mutex
	sent     time.Time // of the echo under way; zero: none is
	before   uint64    // requests that had begun then
	limit    float64   // requests per second while on
	floor    float64   // that the limit stays above
	credit   float64   // requests that may begin now
	credited time.Time
	nextShed time.Time // when another may be turned away
	observed time.Time // when an echo was last
	calm     int       // windows in a row in which nobody was
	window   window
}

// window is what was seen in a while.
type window struct {
	began  time.Time
	before uint64 // requests that had begun when it began
	echoes int
	delay  time.Duration // least of the echoes
	ahead  uint64        // least of the requests before an echo
	late   int           // turned away for having waited
	shed   int           // for lack of credit
}

const (
	windowLength = 50 * time.Millisecond
	fewestEchoes = 3
	// aheadPerProcessor is how many requests before an echo are a queue: fewer
	// mean that something else has the processors, which shedding cannot help.
	aheadPerProcessor = 16
	lateTargets       = 1          // delays of the target, with which a request comes too late
	slower, faster    = 0.95, 1.03 // from window to window
	slightlySlower    = 0.98       // for some that came too late
	// keepShare of the rate at which the brake went on is kept at first, and
	// floorDecay of that from window to window, for the case that fewer
	// requests do not make the queue shorter.
	keepShare, floorDecay = 0.5, 0.99
	leastLimit            = 20.0 // requests per second
	burst                 = 10 * time.Millisecond
	calmWindows           = 20 // until the limit goes

	shedShare = 0.125       // of the limit, of those turned away
	maxWait   = time.Second // for being turned away in turn
)

// admit reports whether a request may go on; if not, after which wait it is to
// be turned away.
func (b *brake) admit(now time.Time) (wait time.Duration, ok bool) {
	b.begun.Add(1)
	if !b.on.Load() {
		return 0, true
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch {
	case b.late(now):
		b.window.late++
	case b.spend(now):
		return 0, true
	default:
		b.window.shed++
	}
	return b.reserve(now), false
}

// late reports whether the request that begins now has waited for too long: it
// was there before the echo that is still under way. The caller has the mutex.
func (b *brake) late(now time.Time) bool {
	return !b.sent.IsZero() && now.Sub(b.sent) > lateTargets*b.target && b.queued(b.begun.Load()-b.before)
}

// queued reports whether so many requests are a queue.
func (b *brake) queued(ahead uint64) bool { return ahead >= uint64(aheadPerProcessor*b.processors) }

// spend takes a credit, if there is one.
func (b *brake) spend(now time.Time) bool {
	most := max(1, b.limit*burst.Seconds())
	b.credit = min(most, b.credit+b.limit*now.Sub(b.credited).Seconds())
	b.credited = now
	if b.credit < 1 {
		return false
	}
	b.credit--
	return true
}

// reserve is the wait until another may be turned away.
func (b *brake) reserve(now time.Time) time.Duration {
	if b.nextShed.Before(now) {
		b.nextShed = now
	}
	wait := b.nextShed.Sub(now)
	if wait > maxWait {
		return maxWait + rand.N(maxWait) // at random, so that those of one moment don't come back in one
	}
	b.nextShed = b.nextShed.Add(b.shedPause())
	return wait
}

func (b *brake) shedPause() time.Duration {
	return time.Duration(float64(time.Second) / (shedShare * b.limit))
}

// pause is how long to wait before the next look at the queue.
func (b *brake) pause() time.Duration {
	if b.on.Load() {
		return closeLookPause
	}
	return lookPause
}

// echo notes that one is sent, if there is anything to learn from it.
func (b *brake) echo(now time.Time) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	begun := b.begun.Load()
	if begun == b.before && !b.on.Load() {
		return false
	}
	if now.Sub(b.observed) > windowLength { // nobody came for a while
		b.window.began, b.window.before, b.window.echoes = now, begun, 0
	}
	b.sent, b.before = now, begun
	return true
}

// echoed notes that it has come back.
func (b *brake) echoed(now time.Time) (delay time.Duration) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	delay = b.observe(now)
	b.sent = time.Time{}
	return delay
}

// waiting notes that it has not yet, and reports whether one is under way.
func (b *brake) waiting(now time.Time) (delay time.Duration, is bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.sent.IsZero() {
		return 0, false
	}
	return b.observe(now), true
}

// observe counts the echo under way with what it has waited until now.
func (b *brake) observe(now time.Time) time.Duration {
	delay, ahead := now.Sub(b.sent), b.begun.Load()-b.before
	w := &b.window
	if w.echoes == 0 {
		w.delay, w.ahead = delay, ahead
	}
	w.delay, w.ahead = min(w.delay, delay), min(w.ahead, ahead)
	w.echoes++
	b.observed = now
	if now.Sub(w.began) >= windowLength && w.echoes >= fewestEchoes {
		b.turn(now)
	}
	return delay
}

// turn ends a window.
func (b *brake) turn(now time.Time) {
	w := b.window
	b.window = window{began: now, before: b.begun.Load()}
	standing := w.delay > b.target && b.queued(w.ahead)
	switch {
	case b.on.Load():
		b.steer(w, standing)
	case standing:
		rate := float64(b.window.before-w.before) / now.Sub(w.began).Seconds()
		b.limit, b.floor = max(slower*rate, leastLimit), max(keepShare*rate, leastLimit)
		b.credit, b.credited, b.nextShed, b.calm = 0, now, now, 0
		b.on.Store(true)
	}
}

// steer moves the limit by what a window has shown.
func (b *brake) steer(w window, standing bool) {
	b.floor = max(floorDecay*b.floor, leastLimit)
	b.calm++
	if w.shed+w.late > 0 {
		b.calm = 0
	}
	switch {
	case standing:
		b.limit = max(slower*b.limit, b.floor)
	case w.late > 0:
		b.limit = max(slightlySlower*b.limit, b.floor)
	case b.calm >= calmWindows:
		b.on.Store(false)
	case w.shed > 0:
		b.limit *= faster
	}
}

// release takes the limit away when nobody looks at the queue any more: nothing
// would ever move it.
func (b *brake) release() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.sent, b.window = time.Time{}, window{}
	b.on.Store(false)
}

// state is what the metrics tell: the limit, 0 for none.
func (b *brake) state() float64 {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !b.on.Load() {
		return 0
	}
	return b.limit
}

func newBrake(target time.Duration, processors int) *brake {
	return &brake{target: target, processors: processors}
}
