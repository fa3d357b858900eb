package builder

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"geodrop/sync/disktest"
)

// powerEnv names the folder in which a child builds, to be recorded.
const powerEnv = "GEODROP_TEST_BUILD_RECORDED_IN"

func buildRecorded(dir string) int {
	m, o := killed(&steps{}, false)
	o.Out, o.Progress = dir, sealMark{}
	if _, err := Build(context.Background(), m, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	disktest.Mark("built")
	return 0
}

// sealMark marks where sealing begins: the names of all objects become durable in
// it at once, and as many cuts are to be in it as in all before.
type sealMark struct{ silent }

func (sealMark) Stage(name string) {
	if name == "seal" {
		disktest.Mark(name)
	}
}

// Whenever the power goes, and whatever was not durable then, a build in place
// leaves the old release or the new one, whole; the new one, once it is done.
func TestPowerCutWhileBuildingInPlace(t *testing.T) {
	k := &killing{t: t, accepted: map[string]int{}}
	dir := t.TempDir()
	m, o := killed(t, false)
	o.Out = t.TempDir()
	k.newID = built(t, m, o).Release
	o.Out = dir
	k.oldID = built(t, town(t, 1000, 20), o).Release
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), powerEnv+"="+dir)
	r := disktest.Record(t, dir, c)
	n := r.Replay(t, disktest.Cuts{Most: full(48)}, func(c disktest.Cut) {
		m, err := Verify(context.Background(), c.Dir)
		if err != nil || m.ID != k.newID && (m.ID != k.oldID || c.Marked("built")) {
			t.Errorf("release %v, %v; want %s or %s", m, err, k.oldID, k.newID)
			return
		}
		k.accepted[m.ID]++
		if c.Number%12 > 0 {
			return
		}
		again, o := killed(t, false)
		o.Out = c.Dir
		if s := built(t, again, o); s.Release != k.newID {
			t.Errorf("the next run made release %s, want %s", s.Release, k.newID)
		}
	})
	t.Logf("%d events, %d folders; the old release (%s) or the new one (%s) was there: %v", r.Events(), n, k.oldID, k.newID, k.accepted)
	if k.accepted[k.oldID] == 0 || k.accepted[k.newID] == 0 {
		t.Errorf("a release was there %v times: cuts before and after the seal are expected", k.accepted)
	}
}
