package origin

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"geodrop/sync/manifest"
)

// waveMark is a wave that is under way. It is in the marks before the pointer
// tells of it, and until the pointer no longer does.
type waveMark struct {
	Release string    `json:"release"`
	Shares  []int     `json:"shares"` // of all waves, in parts of manifest.WholeFleet
	Stage   int       `json:"stage"`  // of Shares
	Share   int       `json:"share"`  // that of the stage, or more, so that a node is in it
	Since   time.Time `json:"since"`
}

// launch moves a channel to a release: in waves where there are shares and it is
// at another one.
func (o *Origin) launch(name, id string, shares []int) (manifest.Pointer, error) {
	at := o.channels[name]
	switch {
	case at.served() && at.pointer.Release == id:
		return o.endWave(name, func(*channelMark, string) {})
	case len(shares) == 0 || !at.served():
		return o.point(name, id, true)
	}
	if o.find(id) == nil {
		return manifest.Pointer{}, ErrUnknown
	}
	w := &waveMark{Release: id, Shares: shares}
	if err := o.setWave(name, o.atStage(name, w, 0)); err != nil {
		return manifest.Pointer{}, err
	}
	return o.channels[name].pointer, nil
}

// atStage is the wave at a stage: wide enough for a node of the channel, if any
// reports.
func (o *Origin) atStage(name string, w *waveMark, stage int) *waveMark {
	entered := *w
	entered.Stage, entered.Share, entered.Since = stage, w.Shares[stage], o.options.Now().UTC()
	c := count(&entered, entered.Since, o.nodesOf(name))
	if c.members == 0 && c.nodes > 0 {
		entered.Share = c.nextNode + 1
	}
	return &entered
}

// setWave notes a wave, and has the pointer tell of it.
func (o *Origin) setWave(name string, w *waveMark) error {
	r := o.find(w.Release)
	err := o.change(func(m *marks) {
		m.channel(name, func(c *channelMark) {
			c.Wave, c.Offered, c.Left = w, max(c.Offered, r.Sequence), without(c.Left, w.Release)
		})
	})
	if err != nil {
		return err
	}
	return o.showWave(name, w)
}

func (o *Origin) showWave(name string, w *waveMark) error {
	r, at := o.find(w.Release), o.channels[name].pointer
	next := at
	next.Wave = manifest.Wave{
		Release: r.ID, Sequence: r.Sequence, Manifest: r.Manifest, Share: w.Share,
		Returned: r.Sequence < max(at.Sequence, o.marks.Channels[name].Offered),
	}
	_, err := o.steer(name, next)
	return err
}

// hideWave has the pointer tell of no wave: its nodes go back.
func (o *Origin) hideWave(name string) (manifest.Pointer, error) {
	next := o.channels[name].pointer
	if next.Wave.Release == "" {
		return next, nil
	}
	next.Wave = manifest.Wave{}
	next.Returned = next.Returned || next.Sequence < o.marks.Channels[name].Offered
	return o.steer(name, next)
}

// endWave ends the wave of a channel, if one is under way, without giving the
// others the release; how says what becomes of it.
func (o *Origin) endWave(name string, how func(c *channelMark, release string)) (manifest.Pointer, error) {
	if w := o.marks.Channels[name].Wave; w != nil {
		err := o.change(func(m *marks) {
			m.channel(name, func(c *channelMark) {
				c.Wave = nil
				how(c, w.Release)
			})
		})
		if err != nil {
			return manifest.Pointer{}, err
		}
	}
	return o.hideWave(name)
}

// complete gives all nodes the release of a wave.
func (o *Origin) complete(name string, w *waveMark) error {
	before := o.channels[name].pointer.Release
	if before != w.Release {
		err := o.change(func(m *marks) {
			m.channel(name, func(c *channelMark) { c.Before = latest(c.Before, before) })
		})
		if err != nil {
			return err
		}
		if _, err := o.point(name, w.Release, true); err != nil {
			return err
		}
	}
	if err := o.change(func(m *marks) { m.channel(name, func(c *channelMark) { c.Wave = nil }) }); err != nil {
		return err
	}
	return o.launchNext(name)
}

// launchNext goes on with what was published meanwhile.
func (o *Origin) launchNext(name string) error {
	next := o.marks.Channels[name].Next
	if next == "" || o.marks.Channels[name].Pinned {
		return nil
	}
	if err := o.change(func(m *marks) { m.channel(name, func(c *channelMark) { c.Next = "" }) }); err != nil {
		return err
	}
	if _, bad := o.marks.Bad[next]; bad || o.find(next) == nil {
		return nil
	}
	_, err := o.launch(name, next, o.shares(name))
	return err
}

// PromoteInWaves has shares of the nodes of a channel serve a release that the
// origin has, one after the other, and then all, as the channel's plan does with
// those that are published. The error wraps ErrUnknown or ErrBad.
func (o *Origin) PromoteInWaves(name, id string, shares []float64) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	list, err := sharesOf(shares)
	_, bad := o.marks.Bad[id]
	switch {
	case err != nil || len(list) == 0:
		err = errShares
	case bad:
		err = ErrBad
	case o.find(id) == nil || !o.channels[name].served():
		err = ErrUnknown
	}
	var p manifest.Pointer
	if err == nil {
		p, err = o.launch(name, id, list)
	}
	if err != nil {
		return p, fmt.Errorf("promote release %s to channel %s in waves: %w", id, name, err)
	}
	return p, nil
}

func (o *Origin) pinWave(name string) (manifest.Pointer, error) {
	return o.endWave(name, func(c *channelMark, release string) {
		if c.Pinned = true; c.Next == "" {
			c.Next = release
		}
	})
}

// shares are those of the channel's plan.
func (o *Origin) shares(name string) []int {
	list, _ := sharesOf(o.options.Plans[name].Shares) // Open has looked at them
	return list
}

// nodesOf are the nodes of a channel that report.
func (o *Origin) nodesOf(name string) []NodeState {
	return slices.DeleteFunc(o.nodes.list(o.options.Now()), func(n NodeState) bool { return n.Channel != name })
}

// settleWaves brings pointers and marks together where a process died, or the disk
// failed, between the two.
func (o *Origin) settleWaves() error {
	for _, name := range slices.Sorted(maps.Keys(o.channels)) {
		if err := o.settleWave(name, o.channels[name]); err != nil {
			return fmt.Errorf("go on with the wave of channel %s: %w", name, err)
		}
	}
	return nil
}

func (o *Origin) settleWave(name string, c channel) (err error) {
	w := o.marks.Channels[name].Wave
	switch {
	case w == nil && (c.pointer.Wave.Release == "" || !c.served()):
	case w == nil:
		_, err = o.hideWave(name)
	case !c.served():
		err = o.change(func(m *marks) { m.channel(name, func(c *channelMark) { c.Wave = nil }) })
	case o.find(w.Release) == nil:
		_, err = o.endWave(name, func(*channelMark, string) {})
	case c.pointer.Release == w.Release:
		err = o.complete(name, w)
	case c.pointer.Wave.Release != w.Release || c.pointer.Wave.Share != w.Share:
		err = o.showWave(name, w)
	}
	return err
}

// WaveState is a wave that is under way.
type WaveState struct {
	Release  string    `json:"release"`
	Number   int       `json:"number"` // from 1
	Of       int       `json:"of"`     // the one that reaches all included
	Share    float64   `json:"share"`
	Since    time.Time `json:"since"`
	Nodes    int       `json:"nodes"` // in it, of those that report
	Serving  int       `json:"serving"`
	Refusing int       `json:"refusing"`
}

// waveState is the wave of a channel, or nil.
func (o *Origin) waveState(name string) *WaveState {
	w := o.marks.Channels[name].Wave
	if w == nil {
		return nil
	}
	c := count(w, w.Since, o.nodesOf(name))
	return &WaveState{
		w.Release, w.Stage + 1, len(w.Shares) + 1, float64(w.Share) / manifest.WholeFleet, w.Since,
		c.members, c.serving, c.refusing,
	}
}
