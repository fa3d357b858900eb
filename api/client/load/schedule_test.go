package load

import (
	"math"
	"slices"
	"testing"
	"time"

	"geodrop/grid/coord"
)

func jobsOf(o Options) []job {
	var all []job
	s := newSchedule(&o)
	for j, ok := s.next(); ok; j, ok = s.next() {
		all = append(all, j)
	}
	return all
}

func TestScheduleEqualGaps(t *testing.T) {
	all := jobsOf(Options{
		Positions: make([]coord.WGS84, 3),
		Phases:    []Phase{{Rate: 3, Duration: time.Second}, {Rate: 0.1, Duration: 5 * time.Second}, {Rate: 1000, Duration: time.Minute}},
	})
	if len(all) != 3+1+60_000 {
		t.Fatalf("%d jobs, want 3, 1 and 60000", len(all))
	}
	for i, want := range []time.Duration{0, time.Second / 3, 2 * time.Second / 3, time.Second, 6 * time.Second} {
		if got := all[i].due; got < want-1 || got > want+1 {
			t.Errorf("job %d is due at %v, want %v", i, got, want)
		}
	}
	if last := all[len(all)-1]; last.phase != 2 || last.due != 66*time.Second-time.Millisecond {
		t.Errorf("the last job is of phase %d, due at %v", last.phase, last.due)
	}
	seen := [3]int{}
	for _, j := range all {
		seen[j.at]++
	}
	if slices.Min(seen[:]) < 19_000 {
		t.Errorf("positions were picked %v times", seen)
	}
}

func TestSchedulePoisson(t *testing.T) {
	o := Options{Positions: make([]coord.WGS84, 1), Poisson: true, Phases: []Phase{{Rate: 1000, Duration: 100 * time.Second}}}
	all := jobsOf(o)
	if n := float64(len(all)); math.Abs(n-100_000) > 5*math.Sqrt(100_000) {
		t.Errorf("%v jobs in 100 s at 1000 a second", n)
	}
	short := 0 // gaps below the mean: 1-1/e of them
	for i := range all[1:] {
		gap := all[i+1].due - all[i].due
		if gap < 0 {
			t.Fatalf("job %d is due before the one before", i+1)
		}
		if gap < time.Millisecond {
			short++
		}
	}
	if got, want := float64(short)/float64(len(all)), 1-1/math.E; math.Abs(got-want) > 0.01 {
		t.Errorf("%.3f of the gaps are below the mean, want %.3f", got, want)
	}
	if again := jobsOf(o); !slices.Equal(all, again) {
		t.Error("the same seed gave another schedule")
	}
	if o.Seed++; slices.Equal(all, jobsOf(o)) {
		t.Error("another seed gave the same schedule")
	}
}
