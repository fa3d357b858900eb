package origin

import (
	"time"

	"geodrop/api"
	"geodrop/cmd/internal/board"
	"geodrop/sync/manifest"
)

// channelCheck is the channel's part. Where the channel is, it asks for: operators
// move it, and waves do, after a release was announced. It fails as well while nodes
// do not get the release that was built last.
type channelCheck struct {
	*board.Part
	pointer  func() (manifest.Pointer, bool)
	withheld func() (since time.Time, withheld bool)
}

// Check is the part as /readyz tells of it.
func (c channelCheck) Check() api.Check {
	k := c.Part.Check()
	if at, moved := c.pointer(); moved && k.State == api.CheckOK {
		k.Detail, k.Last = "at "+at.Release, at.Since
	}
	since, withheld := c.withheld()
	if k.State == api.CheckOK && withheld {
		k.State, k.Class, k.Since = api.CheckFailing, "withheld", since.UTC()
		k.Detail = "the release built last was taken back, or is bad, and nodes have the one before; release list says why"
	}
	return k
}
