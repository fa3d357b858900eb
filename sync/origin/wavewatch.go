package origin

import (
	"context"
	"errors"
	"log/slog"
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
		o.options.Log.Error(unsettled, "error", err)
	}
	for _, name := range slices.Sorted(maps.Keys(o.marks.Channels)) {
		w := o.marks.Channels[name].Wave
		if w == nil || !o.told(name, w) {
			continue
		}
		err := o.remember(name, w)
		if err = errors.Join(err, o.tend(name, o.marks.Channels[name].Wave)); err != nil {
			o.options.Log.Error("not all that follows for a wave was done", "channel", name, "release", w.Release, "error", err)
		}
	}
}

const unsettled = "what nodes are told is not what was decided, and is tried again"

// told reports whether the pointer tells of a wave.
func (o *Origin) told(name string, w *waveMark) bool {
	p := o.channels[name].pointer.Wave
	return p.Release == w.Release && p.Share == w.Share
}

func (o *Origin) waving() bool {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	for name, c := range o.channels {
		if mark := o.marks.Channels[name]; mark.Wave != nil || mark.waits() && c.served() || c.pointer.Wave.Release != "" {
			return true
		}
	}
	return false
}

// remember notes the nodes that have come to a wave. Its time counts from the first
// of them: what no node has served has not stood.
func (o *Origin) remember(name string, w *waveMark) error {
	joined, nodes := *w, o.nodesOf(name)
	if joined.Nodes = w.joinedBy(nodes); len(joined.Nodes) == len(w.Nodes) {
		return nil
	}
	if len(w.Nodes) == 0 {
		joined.Since = latestOf(w.Since, w.firstReport(nodes))
	}
	return o.note(name, func(c *channelMark) { c.Wave = &joined })
}

// tend does what the nodes of a wave say. Those that reported to a process before
// this one are heard again first.
func (o *Origin) tend(name string, w *waveMark) error {
	since := latestOf(w.Since, o.opened, o.unheard[name])
	plan := o.options.Plans[name].withDefaults()
	now, nodes := o.options.Now(), o.nodesOf(name)
	f := plan.judge(w, since, now, nodes)
	log := o.options.Log.With("channel", name, "release", w.Release)
	stood := func() Compared { return compared(count(w, since, now, nodes).lookups) }
	switch {
	case f.verdict == condemn || f.verdict == putAside:
		return o.takeBack(log, name, w, f)
	case f.verdict == hold:
		o.hold(log, name, w, now)
	case f.verdict == reach:
		return o.setWave(name, o.atStage(name, w, w.Stage), func(*channelMark) {})
	case f.verdict == widen && w.Stage+1 < len(w.Shares):
		log.Info("a wave widens", "stage", w.Stage+2, "of", len(w.Shares)+1, "lookups", stood())
		return o.setWave(name, o.atStage(name, w, w.Stage+1), func(*channelMark) {})
	case f.verdict == widen:
		log.Info("the last wave stood; all nodes are given the release", "lookups", stood())
		return o.complete(name, w)
	}
	return nil
}

// hold has a wave wait for a node that reports. Who looks at the state is told at
// once; the log after a while, since an origin that begins has heard of nobody.
func (o *Origin) hold(log *slog.Logger, name string, w *waveMark, now time.Time) {
	o.unheard[name] = now
	if o.holds[name] != w && now.Sub(latestOf(w.Since, o.opened)) >= silence {
		o.holds[name] = w
		log.Warn("no node of the channel reports: the wave stays until one does, or an operator promotes its release")
	}
}

// heardAll reports whether each node of a channel had the time to report to this
// process. Those that come to a channel later do so at once.
func (o *Origin) heardAll(name string, now time.Time) bool {
	return !o.found[name] || now.Sub(o.opened) >= silence
}

// takeBack has the nodes of a wave return, and its release not come again.
func (o *Origin) takeBack(log *slog.Logger, name string, w *waveMark, f finding) (err error) {
	log.Error("a wave is taken back", "bad", f.verdict == condemn, "reason", f.reason)
	if f.verdict == condemn {
		_, err = o.markBad(w.Release, f.reason)
	} else {
		_, err = o.dropWave(name, func(c *channelMark, release string) { c.setAside(release, f.reason, o.options.Now()) })
	}
	if o.marks.Channels[name].Wave != w {
		o.metrics.takenBack.WithLabelValues(string(f.cause)).Inc()
	}
	return err
}

// latestOf is the latest of some times.
func latestOf(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
