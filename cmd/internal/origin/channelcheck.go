package origin

import (
	"time"

	"geodrop/api"
	"geodrop/cmd/internal/board"
)

// channelCheck is the channel's part. It fails as well while nodes do not get the
// release that was built last, which is decided after it was announced.
type channelCheck struct {
	*board.Part
	withheld func() (since time.Time, withheld bool)
}

// Check is the part as /readyz tells of it.
func (c channelCheck) Check() api.Check {
	k := c.Part.Check()
	since, withheld := c.withheld()
	if k.State == api.CheckOK && withheld {
		k.State, k.Class, k.Since = api.CheckFailing, "withheld", since.UTC()
		k.Detail = "the release built last was taken back, or is bad, and nodes have the one before; release list says why"
	}
	return k
}
