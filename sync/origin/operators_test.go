package origin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestRollback: a channel goes back step by step; what it left comes back by
// being promoted alone, also in another process.
func TestRollback(t *testing.T) {
	dir := t.TempDir()
	o, err := Open(Options{Dir: dir})
	must(t, err)
	var ids []string
	for n := range 3 {
		m, _ := publish(t, o, uint64(n+1), fmt.Sprint("segment ", n))
		ids = append(ids, m.ID)
	}
	before, _ := o.Pointer("main")
	p, err := o.Rollback("main")
	if err != nil || p.Release != ids[1] || !p.Returned || p.Version <= before.Version {
		t.Errorf("Rollback = %+v, %v", p, err)
	}
	republish(t, o, 3, "segment 2")
	at(t, o, ids[1])
	must(t, o.Close())

	o = open(t, Options{Dir: dir})
	republish(t, o, 3, "segment 2")
	at(t, o, ids[1])
	_, err = o.Rollback("main")
	must(t, err)
	at(t, o, ids[0])
	if _, err := o.Rollback("main"); !errors.Is(err, ErrNoneBefore) {
		t.Errorf("Rollback = %v, want ErrNoneBefore", err)
	}
	m, _ := publish(t, o, 4, "new")
	at(t, o, m.ID) // the next release is served
	_, err = o.Promote("main", ids[2])
	must(t, err)
	at(t, o, ids[2])
	_, err = o.Promote("main", m.ID)
	must(t, err)
	republish(t, o, 4, "new")
	at(t, o, m.ID)
	if _, err := o.Promote("main", "r9-00000000"); !errors.Is(err, ErrUnknown) {
		t.Errorf("Promote = %v, want ErrUnknown", err)
	}
	if _, err := o.Rollback("other"); !errors.Is(err, ErrNoChannel) {
		t.Errorf("Rollback of no channel = %v, want ErrNoChannel", err)
	}
}

// TestPin: a channel that is pinned stays; afterwards it goes to what was
// published last.
func TestPin(t *testing.T) {
	o, ids := history(t, Options{})
	_, err := o.Pin("main", true)
	must(t, err)
	publish(t, o, 4, "d")
	m, p := publish(t, o, 5, "e")
	if p.Release != ids[2] {
		t.Errorf("Publish tells of %s, want %s", p.Release, ids[2])
	}
	at(t, o, ids[2])
	if s := o.State().Channels[0]; !s.Pinned || s.Next != m.ID || s.Before != ids[1] {
		t.Errorf("state %+v", s)
	}
	p, err = o.Pin("main", false)
	if err != nil || p.Release != m.ID {
		t.Errorf("Pin = %+v, %v", p, err)
	}
	if _, err := o.Pin("other", true); !errors.Is(err, ErrNoChannel) {
		t.Errorf("Pin of no channel = %v, want ErrNoChannel", err)
	}
}

// TestMarkBad: channels leave a bad release at once, and never come back.
func TestMarkBad(t *testing.T) {
	o, ids := history(t, Options{})
	_, err := o.Promote("canary", ids[2])
	must(t, err)
	_, err = o.Promote("canary", ids[0])
	must(t, err)
	moved, err := o.MarkBad(ids[2], strings.Repeat("x", 2*maxReason))
	if err != nil || len(moved) != 1 || moved[0].Channel != "main" || moved[0].Release != ids[1] {
		t.Errorf("MarkBad = %+v, %v", moved, err)
	}
	if bad := o.State().Releases[2].Bad; bad == nil || len(bad.Reason) != maxReason {
		t.Errorf("state of the bad release %+v", bad)
	}
	republish(t, o, 3, "segment 2")
	at(t, o, ids[1])
	if _, err := o.Promote("main", ids[2]); !errors.Is(err, ErrBad) {
		t.Errorf("Promote = %v, want ErrBad", err)
	}
	if _, err := o.MarkBad("r9-00000000", ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("MarkBad = %v, want ErrUnknown", err)
	}
	moved, err = o.MarkBad(ids[0], "")
	if !errors.Is(err, ErrNoneBefore) || len(moved) != 0 || !strings.Contains(err.Error(), ids[0]+" is marked bad, but channel canary is still at it: ") {
		t.Errorf("MarkBad with nothing to go back to = %+v, %v", moved, err)
	}
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

// TestPinAgain: saying it again changes nothing.
func TestPinAgain(t *testing.T) {
	o := open(t, waves(""))
	first, _ := publish(t, o, 1, "a")
	for _, pinned := range []bool{true, false} {
		_, err := o.Pin("main", pinned)
		must(t, err)
		second, _ := publish(t, o, 2, "b")
		third, _ := publish(t, o, 3, "c")
		before, _ := o.Pointer("main")
		_, err = o.Pin("main", pinned)
		must(t, err)
		p, _ := o.Pointer("main")
		if s := o.State().Channels[0]; p != before || s.Next != third.ID || p.Release != first.ID || !pinned && p.Wave.Release != second.ID {
			t.Errorf("state %+v", s)
		}
		must(t, o.note("main", func(c *channelMark) { c.Next = "" }))
	}
}

// TestMarkBadOfManyChannels: one that cannot go back does not keep others at a bad
// release, nor is that marked again.
func TestMarkBadOfManyChannels(t *testing.T) {
	o := open(t, waves(""))
	publish(t, o, 1, "a")
	second, _ := publish(t, o, 2, "b")
	_, err := o.Promote("canary", second.ID) // its first, which comes before main
	must(t, err)
	moved, err := o.MarkBad(second.ID, "x")
	if !errors.Is(err, ErrNoneBefore) || len(moved) != 1 || moved[0].Channel != "main" {
		t.Errorf("MarkBad = %+v, %v", moved, err)
	}
	if p, _ := o.Pointer("main"); p.Wave.Release != "" {
		t.Errorf("the bad wave goes on: %+v", p)
	}
	_, _ = o.MarkBad(second.ID, "y") // canary cannot go back now either
	if bad := o.State().Releases[1].Bad; bad.Reason != "x" {
		t.Errorf("it is bad again: %+v", bad)
	}
}
