package origin

import (
	"slices"
	"time"

	"geodrop/sync/manifest"
)

// waveMark is a wave that is under way. It is in the marks before the pointer
// tells of it, and until the pointer no longer does.
type waveMark struct {
	Release string    `json:"release"`
	From    string    `json:"from,omitempty"` // release of the nodes outside of it
	Shares  []int     `json:"shares"`         // of all waves, in parts of manifest.WholeFleet
	Stage   int       `json:"stage"`          // of Shares
	Share   int       `json:"share"`          // that of the stage, or more, so that a node is in it
	Since   time.Time `json:"since"`
	Began   time.Time `json:"began"` // the first stage

	// Nodes are those that count, by name: a process that begins anew knows of none
	// but those that report, and what a release has killed does not.
	Nodes []string `json:"nodes,omitempty"`

	Operators bool `json:"operators,omitempty"` // began it: what is published does not end it
}

// launch moves a channel to the release of a wave: in waves where there are shares
// and it is at another one. Nothing waits any more then, which is noted together
// with the move, and with what also says.
func (o *Origin) launch(name string, w waveMark, also func(*channelMark)) (manifest.Pointer, error) {
	at := o.channels[name]
	with := func(c *channelMark) { c.Next = ""; also(c) }
	switch {
	case o.find(w.Release) == nil:
		return manifest.Pointer{}, ErrUnknown
	case at.served() && at.pointer.Release == w.Release:
		return o.endWave(name, func(c *channelMark, _ string) { with(c) })
	case len(w.Shares) == 0 || !at.served():
		return o.moveAll(name, w.Release, with)
	}
	w.Began, w.From = o.options.Now().UTC(), at.pointer.Release
	if err := o.setWave(name, o.atStage(name, &w, 0), with); err != nil {
		return manifest.Pointer{}, err
	}
	return o.channels[name].pointer, nil
}

// moveAll gives all nodes a release at once. Until it has, what waited, or this
// one in its place, still waits.
func (o *Origin) moveAll(name, id string, then func(*channelMark)) (manifest.Pointer, error) {
	before := o.channels[name].pointer.Release
	err := o.note(name, func(c *channelMark) {
		if before != "" && before != id {
			c.Before = latest(c.Before, before)
		}
		if c.Next != "" {
			c.Next = id
		}
	})
	if err != nil {
		return manifest.Pointer{}, err
	}
	p, err := o.point(name, id, true)
	if err != nil {
		return p, err
	}
	return p, o.note(name, then)
}

// atStage is the wave at a stage: wide enough for a node of the channel, if all
// had the time to report, and never narrower than it was.
func (o *Origin) atStage(name string, w *waveMark, stage int) *waveMark {
	entered := *w
	entered.Stage, entered.Share, entered.Since = stage, max(w.Shares[stage], w.Share), o.options.Now().UTC()
	nodes := o.nodesOf(name)
	c := count(&entered, entered.Since, entered.Since, nodes)
	if c.members == 0 && c.nodes > 0 && o.heardAll(name, entered.Since) {
		entered.Share = c.nextNode + 1
	}
	entered.Nodes = entered.joinedBy(nodes)
	return &entered
}

// setWave notes a wave, and what also says, and has the pointer tell of it.
func (o *Origin) setWave(name string, w *waveMark, also func(*channelMark)) error {
	r := o.find(w.Release)
	err := o.note(name, func(c *channelMark) {
		c.Wave, c.Offered, c.Left = w, max(c.Offered, r.Sequence), without(c.Left, w.Release)
		also(c)
	})
	if err != nil {
		return err
	}
	return o.showWave(name, w)
}

// showWave has the pointer tell of a wave. A node that leaves it, by its name or
// since it is another wave, can follow the pointer back.
func (o *Origin) showWave(name string, w *waveMark) error {
	r, at := o.find(w.Release), o.channels[name].pointer
	next, offered := at, o.marks.Channels[name].Offered
	next.Returned = at.Returned || at.Sequence < offered
	next.Wave = manifest.Wave{
		Release: r.ID, Sequence: r.Sequence, Manifest: r.Manifest, Share: w.Share,
		Returned: r.Sequence < max(at.Sequence, offered),
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
// others the release; how says what becomes of it, or of none.
func (o *Origin) endWave(name string, how func(c *channelMark, release string)) (manifest.Pointer, error) {
	err := o.note(name, func(c *channelMark) {
		release := ""
		if c.Wave != nil {
			release = c.Wave.Release
		}
		c.Wave = nil
		how(c, release)
	})
	if err != nil {
		return manifest.Pointer{}, err
	}
	return o.hideWave(name)
}

// dropWave ends the wave of a channel, and goes on with what waited for that.
func (o *Origin) dropWave(name string, how func(c *channelMark, release string)) (manifest.Pointer, error) {
	p, err := o.endWave(name, how)
	if err == nil {
		err = o.launchNext(name)
		p = o.channels[name].pointer
	}
	return p, err
}

// complete gives all nodes the release of a wave. What they were at does not come
// back by being published again where operators began the wave.
func (o *Origin) complete(name string, w *waveMark) error {
	before := o.channels[name].pointer.Release
	if before != w.Release {
		err := o.note(name, func(c *channelMark) {
			c.Before = latest(c.Before, before)
			if w.Operators {
				c.Left = latest(c.Left, before)
			}
		})
		if err != nil {
			return err
		}
		if _, err := o.point(name, w.Release, true); err != nil {
			return err
		}
	}
	if err := o.note(name, func(c *channelMark) { c.Wave = nil }); err != nil {
		return err
	}
	return o.launchNext(name)
}

// launchNext goes on with what was published meanwhile.
func (o *Origin) launchNext(name string) error {
	mark := o.marks.Channels[name]
	switch {
	case !mark.waits():
		return nil
	case !o.fit(mark.Next):
		return o.note(name, func(c *channelMark) { c.Next = "" })
	}
	_, err := o.launch(name, waveMark{Release: mark.Next, Shares: o.shares(name)}, func(*channelMark) {})
	return err
}

// waits reports whether a release waits for nothing more.
func (c channelMark) waits() bool { return c.Next != "" && !c.Pinned && c.Wave == nil }

// fit reports whether a release is there, and not bad.
func (o *Origin) fit(id string) bool {
	_, bad := o.marks.Bad[id]
	return !bad && o.find(id) != nil
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

// WaveState is a wave that is under way.
type WaveState struct {
	Release  string    `json:"release"`
	Number   int       `json:"number"` // from 1
	Of       int       `json:"of"`     // the one that reaches all included
	Share    float64   `json:"share"`
	Since    time.Time `json:"since"`
	Heard    int       `json:"heard"` // nodes of the channel that report, or are in it
	Nodes    int       `json:"nodes"` // of these, in it
	Serving  int       `json:"serving"`
	Refusing int       `json:"refusing"`
	Lookups  Compared  `json:"lookups"`
}

// waveState is the wave of a channel, or nil.
func (o *Origin) waveState(name string) *WaveState {
	w := o.marks.Channels[name].Wave
	if w == nil {
		return nil
	}
	c := count(w, w.Since, o.options.Now(), o.nodesOf(name))
	return &WaveState{
		w.Release, w.Stage + 1, len(w.Shares) + 1, float64(w.Share) / manifest.WholeFleet, w.Since,
		c.nodes, c.members, c.serving, c.refusing, compared(c.lookups),
	}
}
