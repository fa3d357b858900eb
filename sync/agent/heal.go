package agent

import (
	"context"
	"slices"
)

// damage is what the node met in the release that is served.
type damage struct {
	release string
	reason  error
}

// Damaged tells that the release that is served turned out to be damaged. It
// returns at once; Run then has the release before served, if there is one, and
// fetches the damaged one anew, or never takes it again if it came like that.
// Reports of a release that is no longer served are dropped.
func (a *Agent) Damaged(release string, reason error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if !slices.ContainsFunc(a.damage, func(d damage) bool { return d.release == release }) {
		a.damage = append(a.damage, damage{release, reason})
	}
	if a.interrupt != nil {
		a.interrupt()
	}
}

func (a *Agent) heal(ctx context.Context, d damage) {
	h := a.shelf.find(d.release)
	if h == nil || a.serving != d.release {
		return
	}
	a.serving = ""
	a.state.unserved()
	err := a.discard(ctx, *h, d.reason)
	a.state.failed(err, a.options.Now())
	a.options.Log.Error("the release that was served is put aside", "release", d.release, "error", err)
	a.forget()
	a.serveKept(ctx)
}

// serveKept serves the best release on the disk that can be.
func (a *Agent) serveKept(ctx context.Context) {
	for _, h := range a.shelf.candidates() {
		err := a.serve(ctx, h)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.state.failed(err, a.options.Now())
			a.options.Log.Error("a release on the disk cannot be served", "release", h.ID, "error", err)
			continue
		}
		if err := a.shelf.fallBack(h); err != nil {
			a.options.Log.Error("after a restart another release is tried first", "error", err)
		}
		return
	}
}
