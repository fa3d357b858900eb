package origin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"time"

	"geodrop/sync/atomicfile"
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
	Aside  []aside  `json:"aside,omitempty"`  // releases that gates moved it away from; of Left as well

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
	o.nodes.holdOn(m)
	return nil
}

// note replaces what is noted of a channel, if how makes that another.
func (o *Origin) note(name string, how func(*channelMark)) error {
	c := o.marks.Channels[name]
	how(&c)
	if reflect.DeepEqual(c, o.marks.Channels[name]) {
		return nil
	}
	return o.change(func(m *marks) { m.Channels[name] = c })
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
// served there. Except in the last case the release is noted for later, or, if the
// channel is at it, that nothing waits.
func (o *Origin) held(name, id string) (bool, error) {
	mark := o.marks.Channels[name]
	_, bad := o.marks.Bad[id]
	switch {
	case bad || slices.Contains(mark.Left, id) || mark.Wave != nil && mark.Wave.Release == id:
		return true, nil
	case !mark.Pinned && mark.Wave == nil:
		return false, nil
	case o.channels[name].pointer.Release == id:
		id = ""
	}
	return true, o.note(name, func(c *channelMark) { c.Next = id })
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
