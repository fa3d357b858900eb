package origin

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/vitals"
)

// looked are lookups of which a share, in parts of 1,000, found nothing, and of which
// all took so many milliseconds.
func looked(n, empty uint64, took int) vitals.Lookups {
	l := vitals.Lookups{Answers: n, Empty: n * empty / 1000}
	for bucket := -64; ; bucket++ {
		var t vitals.Times
		if t.Add(bucket, n); t.Quantile(1) >= time.Duration(took)*time.Millisecond {
			l.Took = t
			return l
		}
	}
}

// TestJudgeLookups: a wave is taken back where its lookups are worse than both of
// what tells what is usual, as far as that tells anything.
func TestJudgeLookups(t *testing.T) {
	const wave, other, back = "r3-01234567", "r1-01234567", "r2-01234567" // the last was taken back
	plan := Plan{Bake: 5 * time.Minute}.withDefaults()
	few, many := plan.MinLookups-1, plan.MinLookups
	none := vitals.Lookups{}
	for name, tt := range map[string]struct {
		wave, before, outside vitals.Lookups
		young, baked          cause // why it is taken back a minute after it began, and later
	}{
		"as usual":             {looked(many, 20, 1), looked(many, 20, 1), looked(many, 20, 1), "", ""},
		"emptier":              {looked(many, 71, 1), looked(many, 20, 1), looked(many, 20, 1), empty, empty},
		"a little emptier":     {looked(many, 70, 1), looked(many, 20, 1), looked(many, 20, 1), "", ""},
		"it is evening":        {looked(many, 300, 1), looked(many, 20, 1), looked(many, 280, 1), "", ""},
		"the nodes are such":   {looked(many, 300, 1), looked(many, 280, 1), looked(many, 20, 1), "", ""},
		"few in the wave":      {looked(few, 500, 50), looked(many, 20, 1), looked(many, 20, 1), "", ""},
		"few before":           {looked(many, 500, 1), looked(few, 500, 1), looked(many, 20, 1), empty, empty},
		"none before":          {looked(many, 500, 1), none, looked(many, 20, 1), empty, empty},
		"few others":           {looked(many, 500, 1), looked(many, 20, 1), looked(few, 500, 1), empty, empty},
		"nothing to tell":      {looked(many, 999, 99), none, none, "", ""},
		"slower":               {looked(many, 20, 12), looked(many, 20, 4), looked(many, 20, 4), "", slow},
		"less than twice":      {looked(many, 20, 12), looked(many, 20, 7), looked(many, 20, 7), "", ""},
		"the load is higher":   {looked(many, 20, 12), looked(many, 20, 4), looked(many, 20, 12), "", ""},
		"the machines are old": {looked(many, 20, 12), looked(many, 20, 12), looked(many, 20, 4), "", ""},
		"nobody notices":       {looked(many, 20, 1), looked(many, 20, 0), looked(many, 20, 0), "", ""},
		"both":                 {looked(many, 200, 12), looked(many, 20, 1), looked(many, 20, 1), empty, empty},
	} {
		names := named(10)
		w := &waveMark{Release: wave, From: other, Share: manifest.PlaceOf(names[1]) + 1, Began: time.Unix(1e9, 0)}
		for age, want := range map[time.Duration]cause{time.Minute: tt.young, 5 * time.Minute: tt.baked} {
			now := w.Began.Add(age)
			got := plan.judge(w, w.Began, now, []NodeState{
				{Node: names[0], Release: wave, Reported: now, Recent: tt.wave, Previous: other, Before: tt.before},
				{Node: names[1], Release: wave, Reported: now, Previous: back, Before: looked(many, 1000, 99)},
				{Node: names[5], Release: other, Reported: now, Recent: tt.outside},
				{Node: names[6], Release: back, Reported: now, Recent: looked(many, 1000, 1)},
				{Node: names[7], Release: other, Reported: now.Add(-silence - 1), Recent: looked(many, 1000, 1)},
			})
			if got.cause != want || (want != "") != (got.verdict == putAside) || (want != "") != (got.reason != "") {
				t.Errorf("%s, after %v: %+v, want %q", name, age, got, want)
			}
		}
	}
}

// TestComparedInWords: what a wave is taken back for is said with its figures.
func TestComparedInWords(t *testing.T) {
	c := compared(lookups{wave: looked(4000, 250, 12), outside: looked(9000, 20, 1)})
	const want = "empty answers: 25 % of 4000 in the wave, unknown there before, 2 % of 9000 on other nodes; " +
		"p99: 13.1 ms of 4000 in the wave, unknown there before, 1.16 ms of 9000 on other nodes"
	if got := c.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestWaveThatLosesDrops: a release that answers, but with less, reaches nobody but
// the first wave; it is put aside, and the log says by which figures waves go.
func TestWaveThatLosesDrops(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		options := waves(dir)
		options.Log = slog.New(slog.NewTextHandler(&log, nil))
		o, stop := watched(t, options)
		f := newFleet(t, o, 100)
		f.lookups = func(release string) vitals.Lookups { return looked(500, 20, 1) }
		publish(t, o, 1, "a")
		f.goOn(time.Minute)
		second, _ := publish(t, o, 2, "b")
		f.goOn(5 * time.Minute)
		got := o.State().Channels[0].Under.Lookups
		if got.Wave.Lookups != 5*500 || got.Outside.Lookups != 95*500 || got.Wave.Empty != 0.02 || got.Wave.P99 < 0.001 {
			t.Errorf("the wave is told with %+v", got)
		}
		f.goOn(6 * time.Minute)
		f.want(second.ID, 25)
		_, err := o.Promote("main", second.ID)
		must(t, err)
		f.goOn(10 * time.Second)
		third, _ := publish(t, o, 3, "c")
		f.lookups = func(release string) vitals.Lookups {
			if release == third.ID {
				return looked(500, 400, 1)
			}
			return looked(500, 20, 1)
		}
		f.goOn(10 * time.Second)
		f.want(second.ID, 100)
		s := o.State().Releases[2]
		const says = "fewer drops are found: empty answers: 40 % of "
		if s.Bad != nil || len(s.Aside) != 1 || !strings.HasPrefix(s.Aside[0].Reason, says) {
			t.Errorf("state %+v", s)
		}
		stop()
		for _, want := range []string{says, `msg="a wave widens"`, `lookups="empty answers: 2 % of 2500 in the wave, unknown there before, 2 % of 47500 on other nodes; p99: `} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not say %s:\n%s", want, &log)
			}
		}
	})
}
