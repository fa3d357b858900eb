package origin

import (
	"context"
	"maps"
	"slices"
	"time"
)

// RunWaves watches over waves until the context is done: it widens those that
// stand, and takes back those that do not. Without it they stay as they are.
func (o *Origin) RunWaves(ctx context.Context) {
	const look = time.Second
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-o.refused:
		}
		o.tendWaves()
	}
}

func (o *Origin) tendWaves() {
	if !o.waving() {
		return
	}
	o.writing.Lock()
	defer o.writing.Unlock()
	if err := o.settleWaves(); err != nil {
		o.options.Log.Error("what nodes are told is not what was decided, and is tried again", "error", err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o.marks.Channels)) {
		if w := o.marks.Channels[name].Wave; w != nil {
			if err := o.tend(name, w); err != nil {
				o.options.Log.Error("a wave stays as it is and is looked at again", "channel", name, "release", w.Release, "error", err)
			}
		}
	}
}

func (o *Origin) waving() bool {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	for name, c := range o.channels {
		if o.marks.Channels[name].Wave != nil || c.pointer.Wave.Release != "" {
			return true
		}
	}
	return false
}

// tend does what the nodes of a wave say. Those that reported to a process before
// this one are heard again first.
func (o *Origin) tend(name string, w *waveMark) error {
	since := w.Since
	if since.Before(o.opened) {
		since = o.opened
	}
	plan := o.options.Plans[name].withDefaults()
	v, reason := plan.judge(w, since, o.options.Now(), o.nodesOf(name))
	switch {
	case v == giveUp:
		o.options.Log.Error("a wave is taken back, and its release is bad", "channel", name, "release", w.Release, "reason", reason)
		if _, err := o.markBad(w.Release, reason); err != nil {
			return err
		}
		return o.launchNext(name)
	case v == reach:
		return o.setWave(name, o.atStage(name, w, w.Stage))
	case v == widen && w.Stage+1 < len(w.Shares):
		o.options.Log.Info("a wave widens", "channel", name, "release", w.Release, "stage", w.Stage+2, "of", len(w.Shares)+1)
		return o.setWave(name, o.atStage(name, w, w.Stage+1))
	case v == widen:
		o.options.Log.Info("the last wave stood; all nodes are given the release", "channel", name, "release", w.Release)
		return o.complete(name, w)
	}
	return nil
}
