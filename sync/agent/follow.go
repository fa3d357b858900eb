package agent

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"geodrop/sync/failover"
	"geodrop/sync/manifest"
)

// follow asks one upstream where the channel is, and goes there. What it waits
// for ends with waiting; Serve gets ctx.
func (a *Agent) follow(ctx, waiting context.Context) {
	u, err := a.upstreams.Choose(waiting, nil)
	if err != nil {
		return
	}
	a.compare(ctx, waiting, u)
	asked := time.Now()
	p, etag, err := a.poll(waiting, u, a.holdFor())
	news := false
	if err == nil && p.Version != 0 { // else the upstream has nothing new
		news, err = a.judge(p)
	}
	if waiting.Err() != nil {
		return
	}
	if err != nil {
		a.state.refused(p.Release, err)
		a.refuse(waiting, u, asked, etag, err)
		return
	}
	a.upstreams.Succeeded(u)
	a.state.contacted(u.Name(), a.options.Now())
	if news {
		a.goTo(ctx, waiting, offer{p, etag, u, asked})
		return
	}
	known := u.Kept.etag
	u.Kept.etag, u.Kept.useless = etag, u.Kept.useless && p.Version == 0
	if !u.Kept.useless {
		a.settled()
	}
	if known != "" || etag == "" { // else it had no chance to wait
		a.pace(waiting, asked)
	}
}

// maxDiskPause is the longest pause after the disk failed: once there is space
// again, it is soon used.
const maxDiskPause = 5 * time.Second

// holdFor is how long an upstream is asked to hold a request.
func (a *Agent) holdFor() time.Duration {
	wait := a.options.Wait*3/4 + rand.N(a.options.Wait/4+1)
	if a.shelf.behind {
		return min(wait, maxDiskPause)
	}
	return wait
}

// settled notes that the channel is where the node is, unless the disk does not
// know it.
func (a *Agent) settled() {
	if !a.shelf.behind {
		a.state.settled()
	}
}

// catchUp tells the disk what it could not be told before.
func (a *Agent) catchUp() {
	if !a.shelf.behind {
		return
	}
	if err := a.shelf.save(); err != nil {
		a.state.failed(failed(Disk, "%w", err), a.options.Now())
		return
	}
	a.options.Log.Info("the disk knows again which release is served", "release", a.serving)
	a.step("caught up")
	a.prune()
}

// compareEvery is how often another upstream than the preferred one is asked.
const compareEvery = time.Minute

// compare asks another upstream than u from time to time, without waiting, so
// that one that is behind, or holds us back, is found out: the later version is
// taken.
func (a *Agent) compare(ctx, waiting context.Context, u *upstream) {
	asked := time.Now()
	if asked.Sub(a.compared) < compareEvery {
		return
	}
	a.compared = asked
	other := a.upstreams.Other(u, asked)
	if other == nil {
		return
	}
	p, etag, err := a.poll(waiting, other, 0)
	news := false
	if err == nil && p.Version != 0 {
		news, err = a.judge(p)
	}
	switch {
	case waiting.Err() != nil:
	case news:
		a.goTo(ctx, waiting, offer{p, etag, other, asked})
	case err != nil && !classOf(err).ours():
		a.options.Log.Debug("another upstream is no better", "upstream", other.Name(), "class", classOf(err), "error", err)
		a.upstreams.Failed(other, asked, retryAfter(err))
	case err == nil:
		other.Kept.etag = etag
	}
}

// refuse notes what was wrong with an upstream's answer. A pointer to what is
// known to be bad is no fault of the upstream: the next one is waited for.
func (a *Agent) refuse(ctx context.Context, u *upstream, asked time.Time, etag string, err error) {
	a.state.failed(err, a.options.Now())
	if classOf(err).ours() {
		a.upstreams.Succeeded(u)
		a.state.contacted(u.Name(), a.options.Now())
		u.Kept.etag, u.Kept.useless = etag, true
		a.pace(ctx, asked)
		return
	}
	a.options.Log.Warn("an upstream is left alone for a while", "upstream", u.Name(), "class", classOf(err), "error", err)
	a.upstreams.Failed(u, asked, retryAfter(err))
}

// pace keeps to the interval of polling where the upstream did not wait.
func (a *Agent) pace(ctx context.Context, asked time.Time) {
	interval := a.options.Poll/2 + rand.N(a.options.Poll/2+1)
	if rest := interval - time.Since(asked); rest > 0 {
		_ = failover.Pause(ctx, rest) // the caller looks at the context
	}
}

// poll asks an upstream for its pointer, and to hold the request until that is
// another one, for so long. Where it is the one known the pointer is empty and
// the ETag that of before.
func (a *Agent) poll(ctx context.Context, u *upstream, wait time.Duration) (p manifest.Pointer, etag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait+a.options.Timeout)
	defer cancel()
	header := http.Header{}
	if s := int(wait / time.Second); s > 0 {
		header.Set("Prefer", "wait="+strconv.Itoa(s))
	}
	if u.Kept.etag != "" {
		header.Set("If-None-Match", u.Kept.etag)
	}
	resp, err := a.get(ctx, u.URL.JoinPath("v1", "channels", a.options.Channel), header)
	if err != nil {
		return p, "", err
	}
	defer resp.Body.Close() // read only: nothing to lose
	switch {
	case resp.StatusCode == http.StatusNotModified && u.Kept.etag != "":
		return p, u.Kept.etag, a.holds(u)
	case resp.StatusCode != http.StatusOK:
		return p, "", statusFailure(resp)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, manifest.MaxPointer+1))
	if err != nil {
		return p, "", fmt.Errorf("read the pointer: %w", err)
	}
	if p, err = a.open(b); err != nil {
		return p, "", err
	}
	return p, resp.Header.Get("ETag"), nil
}

// judge reports whether a pointer leads to a release that is to be served
// instead of the present one.
func (a *Agent) judge(p manifest.Pointer) (news bool, err error) {
	taken, current := a.shelf.taken(), a.shelf.current()
	anew, known := a.begunAnew(p), a.shelf.bad(p.Manifest)
	switch {
	case !anew && p.Version < taken.Version:
		return false, failed(Rollback, "the channel is at version %d there, and was at %d already", p.Version, taken.Version)
	case !anew && p.Version == taken.Version && !p.Names(taken.Manifest):
		return false, failed(Rollback, "version %d of the channel is release %s there, and was %s", p.Version, p.Release, taken.Release)
	case current != nil && p.Manifest == current.Manifest && a.serving == current.ID:
		return false, a.note(p)
	case known != nil:
		return false, failed(cmp.Or(known.Class, Refused), "release %s is known to be bad; waiting for another", p.Release)
	case a.unreadable == p.Manifest.Digest:
		return false, failed(Format, "release %s cannot be read by this program; waiting for another", p.Release)
	case !anew && current != nil && p.Sequence < current.Sequence && !p.Returned:
		return false, failed(Rollback, "release %s is older than %s, and not called back on purpose", p.Release, current.ID)
	}
	return true, nil
}

// note keeps the version and the term of a pointer to the release that is served.
func (a *Agent) note(p manifest.Pointer) error {
	if before := a.shelf.taken(); before.is(p) {
		return nil
	}
	if err := a.shelf.note(p); err != nil {
		return failed(Disk, "note the version of the channel: %w", err)
	}
	return nil
}

// offer is a pointer to a release that is to be served.
type offer struct {
	manifest.Pointer
	etag  string
	from  *upstream
	asked time.Time
}

// goTo takes the release that is offered, and decides what a failure means for
// the pointer: it is looked at again, elsewhere or later, or not.
func (a *Agent) goTo(ctx, waiting context.Context, o offer) {
	a.state.fetching(o.Release)
	err := a.take(ctx, waiting, o.Pointer)
	a.state.fetching("")
	switch {
	case waiting.Err() != nil:
	case err == nil:
		a.failures = 0
		a.forget()
		o.from.Kept.etag = o.etag
		a.settled()
	default:
		a.state.took(string(classOf(err)))
		a.state.refused(o.Release, err)
		a.state.failed(err, a.options.Now())
		a.options.Log.Error("a release cannot be taken; what was served still is", "release", o.Release, "class", classOf(err), "error", err)
		a.putOff(waiting, o, err)
	}
}

// putOff sees to it that a failure is not repeated at once.
func (a *Agent) putOff(ctx context.Context, o offer, err error) {
	rest := failover.Backoff(a.failures, a.options.MaxPause)
	a.failures++
	switch class := classOf(err); {
	case class == Refused || class == Golden: // judge knows it now
	case class == Disk || class == Quota:
		_ = failover.Pause(ctx, min(rest, maxDiskPause)) // the caller looks at the context
	case class == Format:
		a.unreadable = o.Manifest.Digest
	case class.ours():
		_ = failover.Pause(ctx, rest) // the caller looks at the context
	default:
		a.upstreams.Failed(o.from, o.asked, max(rest, retryAfter(err)))
	}
}
