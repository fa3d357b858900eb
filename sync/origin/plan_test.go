package origin

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"geodrop/sync/manifest"
)

// named are names of nodes, by their place: the first ones are in every wave.
func named(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("node-%d", i))
	}
	slices.SortFunc(names, func(a, b string) int { return manifest.PlaceOf(a) - manifest.PlaceOf(b) })
	return names
}

func TestJudge(t *testing.T) {
	began := time.Unix(1e9, 0)
	const old, fresh = "r1-01234567", "r2-01234567"
	plan := Plan{Bake: 5 * time.Minute, Patience: 10 * time.Minute}.withDefaults()
	names := named(100)
	w := &waveMark{Release: fresh, Share: manifest.PlaceOf(names[9]) + 1} // ten nodes
	serves := func(n *NodeState) { n.Release = fresh }
	refuses := func(n *NodeState) { n.Refused = fresh }
	for name, tt := range map[string]struct {
		share   int // of the wave, if another
		nodes   int // that report
		members func(i int, n *NodeState)
		age     time.Duration
		want    verdict
	}{
		"fresh":                {nodes: 100, age: time.Second, want: wait},
		"all serve, not baked": {nodes: 100, members: func(_ int, n *NodeState) { serves(n) }, age: 5*time.Minute - 1, want: wait},
		"all serve":            {nodes: 100, members: func(_ int, n *NodeState) { serves(n) }, age: 5 * time.Minute, want: widen},
		"one is late":          {nodes: 100, members: func(i int, n *NodeState) { n.Release = []string{old, fresh}[min(i, 1)] }, age: 5 * time.Minute, want: widen},
		"two are late":         {nodes: 100, members: func(i int, n *NodeState) { n.Release = []string{old, fresh}[min(i/2, 1)] }, age: 5 * time.Minute, want: wait},
		"two never come":       {nodes: 100, members: func(i int, n *NodeState) { n.Release = []string{old, fresh}[min(i/2, 1)] }, age: 15 * time.Minute, want: giveUp},
		"one refuses": {nodes: 100, members: func(i int, n *NodeState) {
			serves(n)
			(map[bool]func(*NodeState){true: refuses, false: serves})[i == 0](n)
		}, age: time.Second, want: giveUp},
		"one refuses another release":   {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Refused = old }, age: 5 * time.Minute, want: widen},
		"reports of before the wave":    {nodes: 100, members: func(_ int, n *NodeState) { refuses(n); n.Reported = began.Add(-1) }, age: time.Minute, want: wait},
		"errors":                        {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Requests, n.Errors = 1000, 11 }, age: time.Minute, want: giveUp},
		"few errors":                    {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Requests, n.Errors = 1000, 10 }, age: 5 * time.Minute, want: widen},
		"few requests":                  {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Requests, n.Errors = 9, 9 }, age: 5 * time.Minute, want: widen},
		"no node of those is in":        {nodes: 100, share: 1, age: time.Second, want: reach},
		"nobody reports, not for long":  {age: silence - 1, want: wait},
		"nobody reports, though baked":  {age: 5*time.Minute - 1, want: wait},
		"nobody reports, and none will": {age: 5 * time.Minute, want: widen},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			if tt.share != 0 {
				w.Share = tt.share
			}
			var nodes []NodeState
			for i, node := range names[:tt.nodes] {
				n := NodeState{Node: node, Release: old, Reported: began.Add(time.Second)}
				if i < 10 && tt.members != nil {
					tt.members(i, &n)
				}
				nodes = append(nodes, n)
			}
			if got, reason := plan.judge(&w, began, began.Add(tt.age), nodes); got != tt.want || (reason == "") != (tt.want != giveUp) {
				t.Errorf("judge = %d %q, want %d", got, reason, tt.want)
			}
		})
	}
}

func TestSharesOf(t *testing.T) {
	if got, err := sharesOf([]float64{0.001, 0.05, 0.25}); err != nil || !slices.Equal(got, []int{10, 500, 2500}) {
		t.Errorf("sharesOf = %v, %v", got, err)
	}
	for _, wrong := range [][]float64{{0}, {1}, {-0.1}, {0.5, 0.25}, {0.25, 0.25}, slices.Repeat([]float64{0.5}, maxWaves+1)} {
		if _, err := Open(Options{Dir: t.TempDir(), Plans: map[string]Plan{"main": {Shares: wrong}}}); !errors.Is(err, errShares) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
