package origin

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/vitals"
)

// fleet are nodes that go where the pointer of the channel leads each, and report
// it; seen are the releases that each was led to.
type fleet struct {
	t       *testing.T
	origin  *Origin
	names   []string
	refuses map[string]bool // releases
	kills   map[string]bool // releases: who serves one dies
	serving map[string]string
	seen    map[string][]string
	told    map[string]report

	lookups func(release string) vitals.Lookups // that a node reports; nil: none
}

// report is what a node said last.
type report struct {
	state NodeState
	at    time.Time
}

func newFleet(t *testing.T, o *Origin, n int) *fleet {
	return &fleet{t: t, origin: o, names: named(n), refuses: map[string]bool{}, kills: map[string]bool{}, serving: map[string]string{}, seen: map[string][]string{}, told: map[string]report{}}
}

// goOn has all nodes look at the channel from time to time, and report what is new
// at once and the same every half minute.
func (f *fleet) goOn(d time.Duration) {
	f.t.Helper()
	const pause = 5 * time.Second
	for range d / pause {
		f.round()
		time.Sleep(pause)
		synctest.Wait()
	}
}

func (f *fleet) round() {
	f.t.Helper()
	p, _ := f.origin.Pointer("main")
	for _, name := range f.names {
		if f.kills[f.serving[name]] {
			continue
		}
		at := p.For(name).Release
		if !slices.Contains(f.seen[name], at) {
			f.seen[name] = append(f.seen[name], at)
		}
		s := NodeState{Node: name, Channel: "main", Release: at}
		if f.refuses[at] {
			s.Release, s.Refused = f.serving[name], at
		}
		f.serving[name] = s.Release
		if f.lookups != nil {
			s.Recent = f.lookups(s.Release)
		}
		if last := f.told[name]; last.state.Release == s.Release && last.state.Refused == s.Refused && time.Since(last.at) < 30*time.Second {
			continue
		}
		f.told[name] = report{s, time.Now()}
		b, err := json.Marshal(s)
		must(f.t, err)
		if code := send(f.origin, "POST", "/v1/nodes", string(b)).Code; code != http.StatusNoContent {
			f.t.Fatalf("a report is answered by %d", code)
		}
	}
}

// at is how many nodes serve a release.
func (f *fleet) at(release string) (n int) {
	for _, s := range f.serving {
		if s == release {
			n++
		}
	}
	return n
}

func (f *fleet) want(release string, nodes int) {
	f.t.Helper()
	if got := f.at(release); got != nodes {
		f.t.Errorf("%d nodes serve %s, want %d", got, release, nodes)
	}
}

// waves are options of an origin with two waves, of five and of twenty-five of
// a hundred nodes.
func waves(dir string) Options {
	names := named(100)
	share := func(n int) float64 { return float64(manifest.PlaceOf(names[n-1])+1) / manifest.WholeFleet }
	return Options{Dir: dir, Plans: map[string]Plan{"main": {Shares: []float64{share(5), share(25)}, Bake: 10 * time.Minute}}}
}

// watched opens an origin whose waves are watched over until stop.
func watched(t *testing.T, o Options) (s *Origin, stop func()) {
	t.Helper()
	s, err := Open(o)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.RunWaves(ctx) }()
	return s, func() {
		cancel()
		<-done
		must(t, s.Close())
	}
}
