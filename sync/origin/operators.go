package origin

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"geodrop/sync/manifest"
)

// Promote moves a channel to a release that the origin has, newer or older, all
// nodes at once. The one that it was at does not come back by being published
// again, nor does that of a wave, which ends. The error wraps ErrUnknown or ErrBad.
func (o *Origin) Promote(name, id string) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	p, err := o.leave(name, id, true)
	if err != nil {
		return p, fmt.Errorf("promote release %s to channel %s: %w", id, name, err)
	}
	return p, nil
}

// PromoteInWaves has shares of the nodes of a channel serve a release that the
// origin has, one after the other, and then all, as the channel's plan does with
// those that are published. The error wraps ErrUnknown, ErrBad, ErrNoChannel, or
// ErrNoneBefore where the nodes of the channel have no release to go back to.
func (o *Origin) PromoteInWaves(name, id string, shares []float64) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	list, err := sharesOf(shares)
	_, bad := o.marks.Bad[id]
	at, known := o.channels[name]
	switch {
	case err != nil || len(list) == 0:
		err = errShares
	case bad:
		err = ErrBad
	case o.find(id) == nil:
		err = ErrUnknown
	case !known:
		err = ErrNoChannel
	case !at.served():
		err = ErrNoneBefore
	}
	var p manifest.Pointer
	if err == nil {
		p, err = o.launch(name, waveMark{Release: id, Shares: list, Operators: true}, func(*channelMark) {})
	}
	if err != nil {
		return p, fmt.Errorf("promote release %s to channel %s in waves: %w", id, name, err)
	}
	return p, nil
}

// leave moves a channel to a release, away from one that is fit to go back to or
// is not.
func (o *Origin) leave(name, id string, fit bool) (manifest.Pointer, error) {
	if _, bad := o.marks.Bad[id]; bad {
		return manifest.Pointer{}, ErrBad
	}
	from := o.channels[name].pointer.Release
	switch {
	case !manifest.ValidChannel(name):
		return manifest.Pointer{}, ErrNoChannel
	case o.find(id) == nil:
		return manifest.Pointer{}, ErrUnknown
	}
	err := o.note(name, func(c *channelMark) {
		if w := c.Wave; w != nil {
			c.Left, c.Wave = latest(c.Left, w.Release), nil
		}
		c.Left, c.Next = without(c.Left, id), ""
		if from == "" || from == id {
			return
		}
		c.Left, c.Before = latest(c.Left, from), without(c.Before, from)
		if fit {
			c.Before = latest(c.Before, from)
		}
	})
	if err != nil {
		return manifest.Pointer{}, err
	}
	return o.point(name, id, true)
}

// Rollback moves a channel to the release that it was at before. While a wave is
// under way it takes that one back instead, and its release does not come again
// by itself; what was published meanwhile does. The error wraps ErrNoChannel, or
// ErrNoneBefore where there is nothing to go back to.
func (o *Origin) Rollback(name string) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	var p manifest.Pointer
	var err error
	if o.marks.Channels[name].Wave != nil {
		p, err = o.dropWave(name, func(c *channelMark, release string) { c.Left = latest(c.Left, release) })
	} else {
		p, err = o.rollback(name)
	}
	if err != nil {
		return p, fmt.Errorf("roll channel %s back: %w", name, err)
	}
	return p, nil
}

func (o *Origin) rollback(name string) (manifest.Pointer, error) {
	if _, known := o.channels[name]; !known {
		return manifest.Pointer{}, ErrNoChannel
	}
	id := o.before(name)
	if id == "" {
		return manifest.Pointer{}, ErrNoneBefore
	}
	return o.leave(name, id, false)
}

// before is the latest release of the channel's past that it can go back to;
// empty if there is none.
func (o *Origin) before(name string) string {
	mark, at := o.marks.Channels[name], o.channels[name].pointer.Release
	for _, id := range slices.Backward(mark.Before) {
		_, bad := o.marks.Bad[id]
		if id != at && !bad && o.find(id) != nil {
			return id
		}
	}
	return ""
}

// Pin keeps a channel where it is, whatever is published, until it is unpinned:
// then it goes to what was published last. A wave ends, and begins again then.
func (o *Origin) Pin(name string, pinned bool) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	at, known := o.channels[name]
	mark := o.marks.Channels[name]
	switch {
	case !known:
		return manifest.Pointer{}, fmt.Errorf("pin channel %s: %w", name, ErrNoChannel)
	case !at.served():
		return manifest.Pointer{}, fmt.Errorf("pin channel %s: %w", name, ErrUnknown)
	case mark.Pinned == pinned:
		return at.pointer, nil
	case pinned:
		return o.endWave(name, func(c *channelMark, release string) {
			if c.Pinned = true; c.Next == "" {
				c.Next = release
			}
		})
	case mark.Wave != nil || !o.fit(mark.Next): // a wave that operators began later goes on
		return at.pointer, o.note(name, func(c *channelMark) { c.Pinned = false })
	}
	return o.launch(name, waveMark{Release: mark.Next, Shares: o.shares(name)}, func(c *channelMark) { c.Pinned = false })
}

// MarkBad has a release never served again: channels that are at it go back, if
// they can, and no publication or promotion brings it back. Those that had
// nothing to go back to are still at it, and the error says so.
func (o *Origin) MarkBad(id, reason string) (moved []manifest.Pointer, err error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	return o.markBad(id, reason)
}

func (o *Origin) markBad(id, reason string) (moved []manifest.Pointer, err error) {
	if o.find(id) == nil {
		return nil, fmt.Errorf("mark release %s bad: %w", id, ErrUnknown)
	}
	if _, known := o.marks.Bad[id]; !known {
		err = o.change(func(m *marks) {
			m.Bad[id] = Bad{reason[:min(len(reason), maxReason)], o.options.Now().UTC()}
			m.forgetOldest()
		})
	}
	if err != nil {
		return nil, fmt.Errorf("mark release %s bad: %w", id, err)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(o.channels)) {
		switch p, left, err := o.leaveBad(name, id); {
		case err != nil:
			errs = append(errs, fmt.Errorf("release %s is marked bad, but channel %s is still at it: %w: promote another", id, name, err))
		case left:
			moved = append(moved, p)
		}
	}
	return moved, errors.Join(errs...)
}

// leaveBad moves a channel away from a bad release, if it is there.
func (o *Origin) leaveBad(name, id string) (p manifest.Pointer, left bool, err error) {
	switch w := o.marks.Channels[name].Wave; {
	case w != nil && w.Release == id:
		p, err = o.dropWave(name, func(*channelMark, string) {})
	case o.channels[name].pointer.Release == id:
		p, err = o.rollback(name)
	default:
		return p, false, nil
	}
	return p, err == nil, err
}
