package origin

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/sync/manifest"
)

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
	must(t, o.note("main", func(c *channelMark) { c.Wave = nil }))
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

// TestUnsettledOrigin: an origin whose wave cannot be settled answers nonetheless,
// and settles it when that can be done, as it does other channels.
func TestUnsettledOrigin(t *testing.T) {
	dir := t.TempDir()
	o, err := Open(waves(dir))
	must(t, err)
	first, _ := publish(t, o, 1, "a")
	second, _ := publish(t, o, 2, "b")
	share := o.marks.Channels["main"].Wave.Share
	spoil := func(share int) {
		must(t, o.note("main", func(c *channelMark) {
			w := *c.Wave
			w.Share = share
			c.Wave = &w
		}))
	}
	spoil(2 * manifest.WholeFleet) // no pointer can say that
	must(t, o.Close())
	o = open(t, waves(dir))
	if got := ask(o, "GET", "/v1/channels/main"); got.Code != 200 || !strings.Contains(got.Body.String(), first.ID) {
		t.Errorf("it answers %d %s", got.Code, got.Body)
	}
	o.tendWaves()
	spoil(share / 2)
	o.tendWaves()
	if p, _ := o.Pointer("main"); p.Wave.Release != second.ID || p.Wave.Share != share/2 {
		t.Errorf("pointer %+v", p)
	}
}

// TestWhatWaitsSurvivesTheDisk: whichever write fails, what waited for a wave, or
// for a pin, is not lost.
func TestWhatWaitsSurvivesTheDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	for name, tt := range map[string]struct {
		options Options
		act     func(o *Origin) error
		hold    func(o *Origin) error
	}{
		"wave": {waves(""), func(o *Origin) error { _, err := o.Rollback("main"); return err }, func(*Origin) error { return nil }},
		"pin": {Options{}, func(o *Origin) error { _, err := o.Pin("main", false); return err },
			func(o *Origin) error { _, err := o.Pin("main", true); return err }},
		"pin of waves": {waves(""), func(o *Origin) error { _, err := o.Pin("main", false); return err },
			func(o *Origin) error { _, err := o.Pin("main", true); return err }},
	} {
		for nth := 1; nth <= 4; nth++ {
			t.Run(fmt.Sprint(name, " ", nth), func(t *testing.T) {
				o := open(t, tt.options)
				publish(t, o, 1, "a")
				publish(t, o, 2, "b")
				must(t, tt.hold(o))
				third, _ := publish(t, o, 3, "c")
				dir, steps := o.store.dir, 0
				o.step = func(string) {
					if steps++; steps == nth-1 {
						o.store.dir = filepath.Join(dir, "gone")
					}
				}
				if nth == 1 {
					o.store.dir = filepath.Join(dir, "gone")
				}
				err := tt.act(o)
				o.store.dir, o.step = dir, func(string) {}
				if err != nil && steps >= nth+1 {
					t.Errorf("%d steps after %v", steps, err)
				}
				o.tendWaves()
				if o.marks.Channels["main"].Pinned || err != nil && nth == 1 {
					must(t, tt.act(o))
				}
				if p, _ := o.Pointer("main"); p.Release != third.ID && p.Wave.Release != third.ID {
					t.Errorf("after %v: pointer %+v, marks %+v", err, p, o.marks.Channels["main"])
				}
			})
		}
	}
}
