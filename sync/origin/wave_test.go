package origin

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/manifest"
)

// TestWaves: a good release goes through all waves, also when the origin is
// started again in the middle of one; what is published meanwhile waits.
func TestWaves(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		options, registry := waves(dir), prometheus.NewRegistry()
		options.Registry = registry
		o, stop := watched(t, options)
		f := newFleet(t, o, 100)
		first, _ := publish(t, o, 1, "a")
		f.goOn(time.Minute)
		f.want(first.ID, 100) // there is nothing to go back to
		second, _ := publish(t, o, 2, "b")
		f.goOn(time.Minute)
		f.want(second.ID, 5)
		third, _ := publish(t, o, 3, "c")
		republish(t, o, 2, "b")
		f.goOn(time.Minute)
		f.want(second.ID, 5)
		if got, want := figure(t, registry, "geodrop_origin_wave_share"), waves(dir).Plans["main"].Shares[0]; got != want {
			t.Errorf("the share of the wave is %v, want %v", got, want)
		}
		if s := o.State().Channels[0]; s.Next != third.ID || s.Under == nil || s.Under.Serving != 5 || s.Under.Nodes != 5 || s.Under.Number != 1 || s.Under.Of != 3 {
			t.Errorf("state %+v, %+v", s, s.Under)
		}
		f.goOn(9 * time.Minute)
		f.want(second.ID, 25)
		stop()

		o, stop = watched(t, waves(dir))
		f.origin = o
		f.goOn(9 * time.Minute)
		f.want(second.ID, 25) // it bakes anew
		f.goOn(2 * time.Minute)
		f.want(second.ID, 95)
		f.want(third.ID, 5) // its turn
		f.goOn(25 * time.Minute)
		f.want(third.ID, 100)
		if p, _ := o.Pointer("main"); p.Release != third.ID || p.Wave.Release != "" || p.Returned {
			t.Errorf("pointer %+v", p)
		}
		stop()
	})
}

// TestWaveOfABadRelease: nobody but the nodes of the wave is ever led to it, they
// go back, and it is bad; the next release comes.
func TestWaveOfABadRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o, stop := watched(t, waves(dir))
		defer stop()
		f := newFleet(t, o, 100)
		first, _ := publish(t, o, 1, "a")
		f.goOn(time.Minute)
		second, _ := publish(t, o, 2, "b")
		f.refuses[second.ID] = true
		f.goOn(10 * time.Second)
		f.want(first.ID, 100)
		led := 0
		for _, seen := range f.seen {
			if slices.Contains(seen, second.ID) {
				led++
			}
		}
		p, _ := o.Pointer("main")
		if bad := o.State().Releases[1].Bad; led != 5 || bad == nil || p.Wave.Release != "" || !p.Returned {
			t.Errorf("%d nodes were led to the bad release, it is %+v, pointer %+v", led, bad, p)
		}
		republish(t, o, 2, "b")
		f.goOn(time.Minute)
		if got, _ := o.Pointer("main"); got != p {
			t.Errorf("the bad release came again: %+v", got)
		}
		third, _ := publish(t, o, 3, "c")
		if p, _ := o.Pointer("main"); !p.Returned || p.Wave.Returned {
			t.Errorf("a node that was away since the bad release cannot follow %+v", p)
		}
		f.goOn(30 * time.Minute)
		f.want(third.ID, 100)
	})
}

// TestWaveOfOneNode: where no node is in the share that is meant, the next one is.
func TestWaveOfOneNode(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o, stop := watched(t, Options{Dir: dir, Plans: map[string]Plan{"main": {Shares: []float64{0.0001}, Bake: time.Hour}}})
		defer stop()
		f := newFleet(t, o, 3)
		publish(t, o, 1, "a")
		f.goOn(time.Minute)
		second, _ := publish(t, o, 2, "b")
		f.goOn(time.Minute)
		f.want(second.ID, 1)
	})
}

// TestWhatWaitedComesOnce: what waited for a wave comes when operators take that back,
// and once: it never comes over what was published later.
func TestWhatWaitedComesOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	for name, back := range map[string]func(o *Origin, wave string) error{
		"roll back": func(o *Origin, _ string) error { _, err := o.Rollback("main"); return err },
		"mark bad":  func(o *Origin, wave string) error { _, err := o.MarkBad(wave, "x"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				o, stop := watched(t, waves(dir))
				defer stop()
				f := newFleet(t, o, 100)
				publish(t, o, 1, "a")
				f.goOn(time.Minute)
				second, _ := publish(t, o, 2, "b")
				third, _ := publish(t, o, 3, "c")
				must(t, back(o, second.ID))
				if p, _ := o.Pointer("main"); p.Wave.Release != third.ID {
					t.Errorf("what waited does not come: %+v", p)
				}
				must(t, back(o, third.ID))
				if s := o.State().Channels[0]; s.Wave.Release != "" || s.Next != "" {
					t.Errorf("what was taken back comes again: %+v", s)
				}
				fourth, _ := publish(t, o, 4, "d")
				f.goOn(time.Hour)
				f.want(fourth.ID, 100)
				if p, _ := o.Pointer("main"); p.Release != fourth.ID || p.Wave.Release != "" {
					t.Errorf("pointer %+v, want %s", p, fourth.ID)
				}
			})
		})
	}
}

// TestConfigAsItWas: what all nodes have, published again, ends a wave and what
// waits for it; the wave of operators goes on.
func TestConfigAsItWas(t *testing.T) {
	o := open(t, waves(""))
	first, _ := publish(t, o, 1, "a")
	publish(t, o, 2, "b")
	publish(t, o, 3, "c")
	republish(t, o, 1, "a")
	if s := o.State().Channels[0]; s.Release != first.ID || s.Wave.Release != "" || s.Next != "" {
		t.Errorf("state %+v", s)
	}
	_, err := o.Pin("main", true)
	must(t, err)
	publish(t, o, 4, "d")
	republish(t, o, 1, "a")
	if s := o.State().Channels[0]; s.Next != "" {
		t.Errorf("%s waits for a pin, after the config is as it was", s.Next)
	}
}

// TestWaveOfOperators: it outlives the origin, which publishes what it built last
// when it starts, and what the nodes were at does not come back by itself.
func TestWaveOfOperators(t *testing.T) {
	o := open(t, waves(""))
	first, _ := publish(t, o, 1, "a")
	second, _ := publish(t, o, 2, "b")
	_, err := o.Promote("main", second.ID)
	must(t, err)
	_, err = o.PromoteInWaves("main", first.ID, []float64{0.1})
	must(t, err)
	republish(t, o, 2, "b")
	if p, _ := o.Pointer("main"); p.Wave.Release != first.ID {
		t.Fatalf("pointer %+v: the wave of operators is over", p)
	}
	must(t, o.complete("main", o.marks.Channels["main"].Wave))
	republish(t, o, 2, "b")
	at(t, o, first.ID)
	if p, _ := o.Pointer("main"); p.Wave.Release != "" {
		t.Errorf("pointer %+v: what operators left comes back", p)
	}
}

// TestDeadNodesOfAWave: nodes that a release kills do not let it go on, however
// long they are silent, also in the second wave; it is put aside, not bad, what
// waited comes, and operators can promote it.
func TestDeadNodesOfAWave(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		options, registry := waves(dir), prometheus.NewRegistry()
		options.Registry = registry
		o, stop := watched(t, options)
		defer stop()
		f := newFleet(t, o, 100)
		first, _ := publish(t, o, 1, "a")
		f.goOn(time.Minute)
		second, _ := publish(t, o, 2, "b")
		f.goOn(11 * time.Minute)
		f.want(second.ID, 25)
		f.kills[second.ID] = true
		f.goOn(25 * time.Minute)
		if p, _ := o.Pointer("main"); p.Release != first.ID || p.Wave.Release != "" {
			t.Errorf("pointer %+v", p)
		}
		s := o.State().Releases[1]
		if s.Bad != nil || len(s.Aside) != 1 || s.Aside[0].Reason != "only 0 of 25 nodes of the wave serve it" {
			t.Errorf("state %+v", s)
		}
		if _, withheld := o.Withheld("main"); !withheld {
			t.Error("the release published last is not told to be withheld")
		}
		if n := figure(t, registry, "geodrop_origin_waves_taken_back_total"); n != 1 {
			t.Errorf("%v waves were taken back", n)
		}
		republish(t, o, 2, "b")
		at(t, o, first.ID)
		_, err := o.Promote("main", second.ID)
		must(t, err)
		if _, withheld := o.Withheld("main"); withheld || len(o.State().Releases[1].Aside) != 0 {
			t.Error("what operators promoted is withheld")
		}
	})
}

// TestDeadNodesAndAnotherProcess: nodes that a release killed count as well where the
// origin was started again since, though it never heard of them.
func TestDeadNodesAndAnotherProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o, stop := watched(t, waves(dir))
		first, _ := publish(t, o, 1, "a")
		second, _ := publish(t, o, 2, "b") // before any node has reported
		f := newFleet(t, o, 100)
		f.goOn(time.Minute)
		f.want(second.ID, 5)
		f.kills[second.ID] = true
		stop()

		time.Sleep(time.Hour)
		o, stop = watched(t, waves(dir))
		defer stop()
		f.origin = o
		f.goOn(25 * time.Minute)
		if p, _ := o.Pointer("main"); p.Release != first.ID || p.Wave.Release != "" {
			t.Errorf("pointer %+v", p)
		}
		if s := o.State().Releases[1]; len(s.Aside) != 1 || s.Aside[0].Reason != "only 0 of 5 nodes of the wave serve it" {
			t.Errorf("state %+v", s)
		}
		led := 0
		for _, seen := range f.seen {
			if slices.Contains(seen, second.ID) {
				led++
			}
		}
		if led != 5 {
			t.Errorf("%d nodes were led to it", led)
		}
	})
}

// TestWaveWithoutReports: where nobody reports, a wave neither widens nor ends.
func TestWaveWithoutReports(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		options := waves(dir)
		options.Log = slog.New(slog.NewTextHandler(&log, nil))
		o, stop := watched(t, options)
		first, _ := publish(t, o, 1, "a")
		second, _ := publish(t, o, 2, "b")
		before, _ := o.Pointer("main")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if p, _ := o.Pointer("main"); p != before || p.Release != first.ID || p.Wave.Release != second.ID {
			t.Errorf("pointer %+v, was %+v", p, before)
		}
		stop()
		if n := strings.Count(log.String(), "no node of the channel reports"); n != 1 {
			t.Errorf("the log says so %d times:\n%s", n, &log)
		}
	})
}

// TestLeavingAWave: a node that is no longer in a wave which goes on can follow the
// pointer back, and no stage is narrower than what the wave reached.
func TestLeavingAWave(t *testing.T) {
	o := open(t, waves(""))
	publish(t, o, 1, "a")
	publish(t, o, 2, "b")
	if p, _ := o.Pointer("main"); !p.Returned || p.Wave.Returned {
		t.Errorf("pointer %+v", p)
	}
	w := *o.marks.Channels["main"].Wave
	w.Share = manifest.WholeFleet / 2
	if next := o.atStage("main", &w, 1); next.Share != w.Share {
		t.Errorf("a wave of %d becomes one of %d", w.Share, next.Share)
	}
	must(t, o.complete("main", &w))
	if p, _ := o.Pointer("main"); p.Returned {
		t.Errorf("pointer %+v", p)
	}
}
