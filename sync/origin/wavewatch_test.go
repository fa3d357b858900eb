package origin

import (
	"testing"
	"testing/synctest"
	"time"

	"geodrop/sync/manifest"
)

// TestWaveBeforeItsNodes: a wave that begins before any node reports waits for them,
// and is no wider for the order in which they come; it bakes from when they are there.
func TestWaveBeforeItsNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o, stop := watched(t, waves(dir))
		defer stop()
		publish(t, o, 1, "a")
		second, _ := publish(t, o, 2, "b")
		share := o.options.Plans["main"].Shares[0]
		under := func() WaveState { return *o.State().Channels[0].Under }
		time.Sleep(time.Hour)
		if s := under(); s.Heard != 0 || s.Nodes != 0 || s.Share != share {
			t.Errorf("without nodes: %+v", s)
		}
		f := newFleet(t, o, 100)
		all := f.names
		f.names = all[90:]
		f.goOn(time.Minute)
		if s := under(); s.Heard != 10 || s.Nodes != 0 || s.Share != share {
			t.Errorf("with others: %+v", s)
		}
		f.names = all
		f.goOn(9 * time.Minute)
		f.want(second.ID, 5)
		if s := under(); s.Heard != 100 || s.Serving != 5 || s.Number != 1 || time.Since(s.Since) > 10*time.Minute {
			t.Errorf("with its own: %+v", s)
		}
		f.goOn(2 * time.Minute)
		f.want(second.ID, 25)
	})
}

// TestWaveAfterARestart: an origin that was started again has not heard of all nodes
// yet: what it publishes then takes none in that the share does not.
func TestWaveAfterARestart(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o, stop := watched(t, waves(dir))
		first, _ := publish(t, o, 1, "a")
		stop()
		o, stop = watched(t, waves(dir))
		defer stop()
		f := newFleet(t, o, 100)
		f.names = f.names[99:]
		f.goOn(time.Second * 5)
		second, _ := publish(t, o, 2, "b")
		f.goOn(time.Minute)
		f.want(first.ID, 1)
		f.goOn(2 * time.Minute) // there is no other
		f.want(second.ID, 1)
		if p, _ := o.Pointer("main"); p.Wave.Share != manifest.PlaceOf(f.names[0])+1 {
			t.Errorf("pointer %+v", p)
		}
	})
}
