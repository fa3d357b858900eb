package agent

import (
	"slices"
	"time"

	"geodrop/sync/manifest"
)

// index is the content of agent.json.
type index struct {
	Taken    taken `json:"taken"`              // of the channel
	Current  *held `json:"current,omitempty"`  // served
	Previous *held `json:"previous,omitempty"` // served before it
	Good     *held `json:"good,omitempty"`     // the last that was served for long enough
	Bad      []bad `json:"bad,omitempty"`      // the latest last
}

// taken is the last pointer that was followed.
type taken struct {
	Version  uint64          `json:"version"`
	Release  string          `json:"release"`
	Manifest manifest.Object `json:"manifest"`
	Lineage  string          `json:"lineage,omitempty"`
	Expires  time.Time       `json:"expires,omitzero"`
}

func takenFrom(p manifest.Pointer) taken {
	return taken{p.Version, p.Release, p.Manifest, p.Lineage, p.Expires}
}

// is reports whether nothing is new in a pointer to the same release.
func (t taken) is(p manifest.Pointer) bool {
	return t.Version == p.Version && t.Lineage == p.Lineage && t.Expires.Equal(p.Expires)
}

// held is a release on the disk.
type held struct {
	ID       string          `json:"id"`
	Sequence uint64          `json:"sequence"`
	Manifest manifest.Object `json:"manifest"` // its file
	Since    time.Time       `json:"since"`    // it is served
}

// bad is a release that is not tried again.
type bad struct {
	ID       string          `json:"id"`
	Manifest manifest.Digest `json:"manifest"`
	Class    Class           `json:"class,omitempty"` // default: Refused
	Reason   string          `json:"reason"`
}

func (i index) kept() []held {
	var list []held
	for _, h := range []*held{i.Current, i.Previous, i.Good} {
		if h != nil && !slices.ContainsFunc(list, func(o held) bool { return o.ID == h.ID }) {
			list = append(list, *h)
		}
	}
	return list
}

func (i index) without(id string) index {
	for _, h := range []**held{&i.Current, &i.Previous, &i.Good} {
		if *h != nil && (*h).ID == id {
			*h = nil
		}
	}
	return i
}
