package origin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

const marksName = "marks.json"

// marks are what operators said, and what it takes to follow it.
type marks struct {
	Bad      map[string]Bad         `json:"bad"`      // by id of a release
	Channels map[string]channelMark `json:"channels"` // by name
}

// Bad tells why a release is not to be served again.
type Bad struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
}

type channelMark struct {
	Pinned bool     `json:"pinned,omitempty"` // only operators move it
	Before []string `json:"before,omitempty"` // releases that it was at, the latest last
	Left   []string `json:"left,omitempty"`   // releases that operators moved it away from
	Next   string   `json:"next,omitempty"`   // was published while it was pinned, or a wave was under way

	Wave    *waveMark `json:"wave,omitempty"`    // under way
	Offered uint64    `json:"offered,omitempty"` // the highest sequence that a wave gave to nodes
}

// maxMarks bounds each list of a channel, and the bad releases.
const maxMarks = 64

// maxReason bounds why a release is bad.
const maxReason = 500

var (
	// ErrBad marks a release that is known to be bad.
	ErrBad = errors.New("release is marked bad")
	// ErrNoneBefore marks a channel that has no release to go back to.
	ErrNoneBefore = errors.New("no release before it that is kept and good")
)

func (s *store) marks() (marks, error) {
	m := marks{Bad: map[string]Bad{}, Channels: map[string]channelMark{}}
	b, err := os.ReadFile(s.in(marksName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return m, fmt.Errorf("read what operators said (remove the file to forget it): %s: %w", s.in(marksName), err)
	}
	return m, nil
}

func (s *store) mark(m marks) error {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", marksName, err)
	}
	return atomicfile.Write(s.dir, marksName, append(b, '\n'))
}

func (m marks) clone() marks { return marks{maps.Clone(m.Bad), maps.Clone(m.Channels)} }

// change replaces the marks on the disk, then those in memory. Writing is held.
func (o *Origin) change(how func(*marks)) error {
	m := o.marks.clone()
	how(&m)
	if err := o.store.mark(m); err != nil {
		return err
	}
	o.step("marks")
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.marks = m
	return nil
}

func (m *marks) channel(name string, how func(*channelMark)) {
	c := m.Channels[name]
	how(&c)
	m.Channels[name] = c
}

// latest appends to a bounded list, in which each has one place.
func latest(list []string, id string) []string {
	list = append(without(list, id), id)
	return list[max(0, len(list)-maxMarks):]
}

func without(list []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == id })
}

// held reports whether a publication leaves the channel where it is: it is
// pinned, a wave is under way, or operators said that this release is not to be
// served there. Except in the last case the release is noted for later.
func (o *Origin) held(name, id string) (bool, error) {
	mark := o.marks.Channels[name]
	_, bad := o.marks.Bad[id]
	switch {
	case bad || slices.Contains(mark.Left, id) || mark.Wave != nil && mark.Wave.Release == id:
		return true, nil
	case !mark.Pinned && mark.Wave == nil || mark.Next == id || o.channels[name].pointer.Release == id:
		return mark.Pinned || mark.Wave != nil, nil
	}
	return true, o.change(func(m *marks) {
		m.channel(name, func(c *channelMark) { c.Next = id })
	})
}

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

// leave moves a channel to a release, away from one that is fit to go back to or
// is not.
func (o *Origin) leave(name, id string, fit bool) (manifest.Pointer, error) {
	if _, bad := o.marks.Bad[id]; bad {
		return manifest.Pointer{}, ErrBad
	}
	from := o.channels[name].pointer.Release
	if o.find(id) == nil || !manifest.ValidChannel(name) {
		return manifest.Pointer{}, ErrUnknown
	}
	err := o.change(func(m *marks) {
		m.channel(name, func(c *channelMark) {
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
	})
	if err != nil {
		return manifest.Pointer{}, err
	}
	return o.point(name, id, true)
}

// Rollback moves a channel to the release that it was at before. While a wave is
// under way it takes that one back instead, and its release does not come again
// by itself. The error wraps ErrNoneBefore where there is nothing to go back to.
func (o *Origin) Rollback(name string) (manifest.Pointer, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	var p manifest.Pointer
	var err error
	if o.marks.Channels[name].Wave != nil {
		p, err = o.endWave(name, func(c *channelMark, release string) { c.Left = latest(c.Left, release) })
	} else {
		p, err = o.rollback(name)
	}
	if err != nil {
		return p, fmt.Errorf("roll channel %s back: %w", name, err)
	}
	return p, nil
}

func (o *Origin) rollback(name string) (manifest.Pointer, error) {
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
	at := o.channels[name]
	if !at.served() {
		return manifest.Pointer{}, fmt.Errorf("pin channel %s: %w", name, ErrUnknown)
	}
	if pinned && o.marks.Channels[name].Wave != nil {
		return o.pinWave(name)
	}
	next := o.marks.Channels[name].Next
	err := o.change(func(m *marks) {
		m.channel(name, func(c *channelMark) { c.Pinned, c.Next = pinned, "" })
	})
	if _, bad := o.marks.Bad[next]; err != nil || pinned || bad || o.find(next) == nil {
		return at.pointer, err
	}
	return o.launch(name, next, o.shares(name))
}

// MarkBad has a release never served again: channels that are at it go back, if
// they can, and no publication or promotion brings it back. Those that had
// nothing to go back to are still at it.
func (o *Origin) MarkBad(id, reason string) (moved []manifest.Pointer, err error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	return o.markBad(id, reason)
}

func (o *Origin) markBad(id, reason string) (moved []manifest.Pointer, err error) {
	if o.find(id) == nil {
		return nil, fmt.Errorf("mark release %s bad: %w", id, ErrUnknown)
	}
	err = o.change(func(m *marks) {
		m.Bad[id] = Bad{reason[:min(len(reason), maxReason)], o.options.Now().UTC()}
		m.forgetOldest()
	})
	if err != nil {
		return nil, fmt.Errorf("mark release %s bad: %w", id, err)
	}
	for _, name := range slices.Sorted(maps.Keys(o.channels)) {
		var p manifest.Pointer
		var err error
		switch w := o.marks.Channels[name].Wave; {
		case w != nil && w.Release == id:
			p, err = o.endWave(name, func(*channelMark, string) {})
		case o.channels[name].pointer.Release == id:
			p, err = o.rollback(name)
		default:
			continue
		}
		if err != nil {
			return moved, fmt.Errorf("channel %s is at release %s, which is bad: %w", name, id, err)
		}
		moved = append(moved, p)
	}
	return moved, nil
}

func (m *marks) forgetOldest() {
	for len(m.Bad) > maxMarks {
		oldest := ""
		for id, b := range m.Bad {
			if oldest == "" || b.Since.Before(m.Bad[oldest].Since) {
				oldest = id
			}
		}
		delete(m.Bad, oldest)
	}
}

// keepMarked adds the releases that channels can go back to, or will go to.
func (o *Origin) keepMarked(keep map[string]bool) {
	for name, mark := range o.marks.Channels {
		if mark.Wave != nil {
			keep[mark.Wave.Release] = true
		}
		for _, id := range []string{o.before(name), mark.Next} {
			if id != "" {
				keep[id] = true
			}
		}
	}
}
