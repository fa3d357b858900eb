package origin

import (
	"slices"
	"time"
)

// aside is a release that gates moved a channel away from, though it is not bad.
type aside struct {
	Release string    `json:"release"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
}

// Aside tells why a release does not come to a channel by itself.
type Aside struct {
	Channel string    `json:"channel"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
}

// setAside notes that a wave was taken back for no fault of its release.
func (c *channelMark) setAside(release, reason string, now time.Time) {
	others := slices.DeleteFunc(slices.Clone(c.Aside), func(a aside) bool { return a.Release == release })
	c.Aside = append(others, aside{release, reason, now.UTC()})
	c.Aside = c.Aside[max(0, len(c.Aside)-maxMarks):]
	c.Left = latest(c.Left, release)
}

// asideOf are the channels that do not get a release by itself, as gates decided.
func (o *Origin) asideOf(release string) (list []Aside) {
	for name, mark := range o.marks.Channels {
		for _, a := range mark.Aside {
			if a.Release == release && slices.Contains(mark.Left, release) {
				list = append(list, Aside{name, a.Reason, a.Since})
			}
		}
	}
	slices.SortFunc(list, func(a, b Aside) int { return a.Since.Compare(b.Since) })
	return list
}

// Withheld reports whether the release that was published last in a channel, by
// this process, is bad or put aside by a gate, and since when.
func (o *Origin) Withheld(channel string) (since time.Time, withheld bool) {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	last := o.published[channel]
	if bad, ok := o.marks.Bad[last]; ok {
		return bad.Since, true
	}
	for _, a := range o.asideOf(last) {
		if a.Channel == channel {
			return a.Since, true
		}
	}
	return time.Time{}, false
}

func (o *Origin) publishes(channel, id string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.published[channel] = id
}
