package origin

import (
	"testing"
	"time"

	"geodrop/api"
	"geodrop/cmd/internal/board"
	"geodrop/sync/manifest"
)

// TestChannelCheck: a release that is withheld makes the check fail, unless it
// tells of something else already.
func TestChannelCheck(t *testing.T) {
	began := time.Unix(1000, 0).UTC()
	back, withheld := began.Add(time.Minute), false
	part := board.NewPart("channel", began)
	var at manifest.Pointer
	check := channelCheck{part, func() (manifest.Pointer, bool) { return at, at.Release != "" }, func() (time.Time, bool) { return back, withheld }}
	for _, step := range []struct {
		ok, withheld bool
		state, class string
		since        time.Time
	}{
		{false, true, api.CheckWorking, "", began},
		{true, false, api.CheckOK, "", began},
		{true, true, api.CheckFailing, "withheld", back},
		{true, false, api.CheckOK, "", began},
	} {
		if withheld = step.withheld; step.ok {
			part.OK("at r1-01234567", began)
		}
		if got := check.Check(); got.State != step.state || got.Class != step.class || got.Since != step.since || got.Name != "channel" {
			t.Errorf("%+v: %+v", step, got)
		}
	}
	at = manifest.Pointer{Release: "r0-89abcdef", Since: back} // rolled back since
	if got := check.Check(); got.State != api.CheckOK || got.Detail != "at r0-89abcdef" || !got.Last.Equal(back) {
		t.Errorf("after a rollback: %+v", got)
	}
}
