package origin

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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

// TestOperatorsAndWaves: what operators say goes before a wave.
func TestOperatorsAndWaves(t *testing.T) {
	for name, tt := range map[string]struct {
		act     func(o *Origin, ids []string) error
		at      int  // release that all nodes are given
		wave    int  // release of a wave, -1: none
		again   bool // the wave's release may be published again
		refused error
	}{
		"promote it":      {act: func(o *Origin, ids []string) error { _, err := o.Promote("main", ids[2]); return err }, at: 2, wave: -1, again: true},
		"promote another": {act: func(o *Origin, ids []string) error { _, err := o.Promote("main", ids[0]); return err }, at: 0, wave: -1},
		"roll back":       {act: func(o *Origin, _ []string) error { _, err := o.Rollback("main"); return err }, at: 1, wave: -1},
		"pin":             {act: func(o *Origin, _ []string) error { _, err := o.Pin("main", true); return err }, at: 1, wave: -1},
		"pin and unpin": {act: func(o *Origin, _ []string) error {
			_, err := o.Pin("main", true)
			_, unpinErr := o.Pin("main", false)
			return errors.Join(err, unpinErr)
		}, at: 1, wave: 2, again: true},
		"mark it bad":      {act: func(o *Origin, ids []string) error { _, err := o.MarkBad(ids[2], "x"); return err }, at: 1, wave: -1},
		"mark another bad": {act: func(o *Origin, ids []string) error { _, err := o.MarkBad(ids[0], "x"); return err }, at: 1, wave: 2, again: true},
		"another wave": {act: func(o *Origin, ids []string) error {
			_, err := o.PromoteInWaves("main", ids[0], []float64{0.1})
			return err
		}, at: 1, wave: 0},
		"a wave of what all have": {act: func(o *Origin, ids []string) error {
			_, err := o.PromoteInWaves("main", ids[1], []float64{0.1})
			return err
		}, at: 1, wave: -1, again: true},
		"point": {act: func(o *Origin, ids []string) error { _, err := o.Point("main", ids[0]); return err }, at: 0, wave: -1, again: true},
		"a wave of nothing": {act: func(o *Origin, ids []string) error {
			_, err := o.PromoteInWaves("main", "r9-01234567", []float64{0.1})
			return err
		}, at: 1, wave: 2, again: true, refused: ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o, err := Open(waves(dir))
			must(t, err)
			m, _ := publish(t, o, 1, "a")
			ids := []string{m.ID}
			for i, segment := range []string{"b", "c"} {
				m, _ := publish(t, o, uint64(i+2), segment)
				ids = append(ids, m.ID)
				if i == 0 {
					_, err := o.Promote("main", m.ID)
					must(t, err)
				}
			}
			before, _ := o.Pointer("main")
			if err := tt.act(o, ids); !errors.Is(err, tt.refused) {
				t.Fatal(err)
			}
			check := func(when string) {
				t.Helper()
				wave := ""
				if tt.wave >= 0 {
					wave = ids[tt.wave]
				}
				p, _ := o.Pointer("main")
				if p.Release != ids[tt.at] || p.Wave.Release != wave || p.Version < before.Version {
					t.Errorf("%s: pointer %+v, want %s and a wave of %q", when, p, ids[tt.at], wave)
				}
			}
			check("then")
			if !tt.again {
				republish(t, o, 3, "c")
				check("when it is published again")
			}
			must(t, o.Close())
			o, err = Open(waves(dir))
			must(t, err)
			check("in another process")
			must(t, o.Close())
		})
	}
}

// TestWaveIsSettled: where the disk failed between marks and pointer, the pointer
// follows the marks, before anything is judged.
func TestWaveIsSettled(t *testing.T) {
	o := open(t, waves(""))
	first, _ := publish(t, o, 1, "a")
	second, _ := publish(t, o, 2, "b")
	w := o.marks.Channels["main"].Wave
	_, err := o.hideWave("main")
	must(t, err)
	must(t, o.settleWaves())
	if p, _ := o.Pointer("main"); p.Release != first.ID || p.Wave.Release != second.ID || p.Wave.Share != w.Share {
		t.Errorf("pointer %+v", p)
	}
	must(t, o.change(func(m *marks) { m.channel("main", func(c *channelMark) { c.Wave = nil }) }))
	o.tendWaves()
	if p, _ := o.Pointer("main"); p.Release != first.ID || p.Wave.Release != "" || !p.Returned {
		t.Errorf("pointer %+v", p)
	}
}

// TestWaveSurvivesDeath: wherever the process dies between marks and pointer, the
// next one goes on with the one or the other.
func TestWaveSurvivesDeath(t *testing.T) {
	type died struct{}
	for at, times := range map[string]int{"marks": 3, "pointer": 2} { // to begin, to complete, to forget
		for nth := 1; nth <= times; nth++ {
			t.Run(fmt.Sprint(at, " ", nth), func(t *testing.T) {
				dir := t.TempDir()
				o, err := Open(waves(dir))
				must(t, err)
				first, _ := publish(t, o, 1, "a")
				hit := 0
				o.step = func(name string) {
					if name == at {
						if hit++; hit == nth {
							panic(died{})
						}
					}
				}
				func() {
					defer func() {
						if r := recover(); r != nil && r != (died{}) {
							panic(r)
						}
					}()
					publish(t, o, 2, "b")
					must(t, o.complete("main", o.marks.Channels["main"].Wave))
				}()
				if hit != nth {
					t.Fatalf("the step came %d times", hit)
				}
				must(t, o.Close())
				o = open(t, waves(dir))
				p, ok := o.Pointer("main")
				w := o.marks.Channels["main"].Wave
				switch {
				case !ok, w != nil && (p.Release != first.ID || p.Wave.Release != w.Release), w == nil && p.Wave.Release != "":
					t.Errorf("pointer %+v, marks %+v", p, w)
				}
			})
		}
	}
}
