package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

// nodeNames are names in the order in which waves reach their nodes.
func nodeNames(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint("node-", i))
	}
	slices.SortFunc(names, func(a, b string) int { return manifest.PlaceOf(a) - manifest.PlaceOf(b) })
	return names
}

// TestWave: a node of a wave serves its release, others do not; one that was away
// while the wave went back follows; one that finds other answers than it should is
// heard, and the wave goes back.
func TestWave(t *testing.T) {
	names := nodeNames(3)
	o := upstreamtest.OpenOrigin(t, origin.Options{Plans: map[string]origin.Plan{"main": {
		Shares: []float64{float64(manifest.PlaceOf(names[0])+1) / manifest.WholeFleet}, Bake: time.Hour,
	}}})
	ctx, cancel := context.WithCancel(t.Context())
	watching := make(chan struct{})
	go func() { defer close(watching); o.RunWaves(ctx) }()
	t.Cleanup(func() { cancel(); <-watching })
	upstream := upstreamtest.Listen(t, o)
	canary, other := newNode(), newNode()
	options := quick(t, canary, upstream)
	options.Node = names[0]
	_, stop := start(t, options)
	others := quick(t, other, upstream)
	others.Node = names[1]
	start(t, others)

	first := publish(t, o, 1, "a")
	canary.await(t, first.ID)
	other.await(t, first.ID)
	second := publish(t, o, 2, "b")
	canary.await(t, second.ID)
	stop()
	_, err := o.MarkBad(second.ID, "no drops in Leeds")
	must(t, err)
	options.Node = names[2]
	moved, stop := start(t, options) // under a name that is in no wave
	canary.await(t, first.ID)
	until(t, moved, "settled", withClass(""))
	stop()
	options.Node = names[0]
	third, release := seal(t, 3, "c")
	canary.refuse(release.ID, func() error { return fmt.Errorf("query 3 of 9: %w", manifest.ErrGolden) })
	a, _ := start(t, options)
	canary.await(t, first.ID)
	_, err = o.Publish(t.Context(), third, origin.Publication{})
	must(t, err)
	var bad *origin.Bad
	until(t, a, "back", func(s Status) bool {
		bad = o.State().Releases[len(o.State().Releases)-1].Bad
		return bad != nil && s.Class == "" && s.Refused == "" && s.Release == first.ID
	})
	if !strings.Contains(bad.Reason, "1 of 1 nodes of the wave refuse it") {
		t.Errorf("the release is bad: %+v", bad)
	}
	if !slices.Equal(other.served, []string{first.ID}) {
		t.Errorf("a node that is in no wave served %q", other.served)
	}
	if _, err := o.Promote("main", release.ID); !errors.Is(err, origin.ErrBad) {
		t.Errorf("Promote = %v, want ErrBad", err)
	}
}
