package origin

import (
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
	w := &waveMark{Release: fresh, Began: began, Share: manifest.PlaceOf(names[9]) + 1} // ten nodes
	serves := func(n *NodeState) { n.Release = fresh }
	refuses := func(n *NodeState) { n.Refused = fresh }
	dies := func(n *NodeState, ago time.Duration) { n.Reported = began.Add(15*time.Minute - ago) }
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
		"two never come":       {nodes: 100, members: func(i int, n *NodeState) { n.Release = []string{old, fresh}[min(i/2, 1)] }, age: 15 * time.Minute, want: putAside},
		"one refuses": {nodes: 100, members: func(i int, n *NodeState) {
			serves(n)
			(map[bool]func(*NodeState){true: refuses, false: serves})[i == 0](n)
		}, age: time.Second, want: condemn},
		"one refuses another release":    {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Refused = old }, age: 5 * time.Minute, want: widen},
		"reports of before the wave":     {nodes: 100, members: func(_ int, n *NodeState) { refuses(n); n.Reported = began.Add(-1) }, age: time.Minute, want: wait},
		"errors":                         {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Requests, n.Errors = 1000, 11 }, age: time.Minute, want: condemn},
		"few errors":                     {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Requests, n.Errors = 1000, 10 }, age: 5 * time.Minute, want: widen},
		"few requests":                   {nodes: 100, members: func(_ int, n *NodeState) { serves(n); n.Requests, n.Errors = 9, 9 }, age: 5 * time.Minute, want: widen},
		"no node of those is in":         {nodes: 100, share: 1, age: silence, want: reach},
		"not all nodes may be heard yet": {nodes: 100, share: 1, age: silence - 1, want: wait},
		"nobody reports":                 {age: time.Hour, want: hold},
		"nobody reports yet":             {age: time.Second, want: hold},
		"their program is too old":       {nodes: 100, members: func(_ int, n *NodeState) { refuses(n); n.Class = "format" }, age: time.Minute, want: putAside},
		"one is too old, another refuses": {nodes: 100, members: func(i int, n *NodeState) {
			refuses(n)
			n.Class = []string{"format", "golden"}[min(i, 1)]
		}, age: time.Minute, want: condemn},
		"two died of it": {nodes: 100, members: func(i int, n *NodeState) {
			if serves(n); i < 2 {
				dies(n, silence+1)
			}
		}, age: 15 * time.Minute, want: putAside},
		"two are quiet for a while": {nodes: 100, members: func(i int, n *NodeState) {
			if serves(n); i < 2 {
				dies(n, silence)
			}
		}, age: 15 * time.Minute, want: widen},
		"two died before the wave": {nodes: 100, members: func(i int, n *NodeState) {
			if serves(n); i < 2 {
				dies(n, 15*time.Minute+silence+1)
			}
		}, age: 15 * time.Minute, want: widen},
		"one met errors and died": {nodes: 100, members: func(i int, n *NodeState) {
			if serves(n); i == 0 {
				dies(n, silence+1)
				n.Requests, n.Errors = 1000, 500
			}
		}, age: 15 * time.Minute, want: condemn},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			if tt.share != 0 {
				w.Share = tt.share
			}
			var nodes []NodeState
			for i, node := range names[:tt.nodes] {
				n := NodeState{Node: node, Release: old, Reported: began.Add(tt.age)}
				if i < 10 && tt.members != nil {
					tt.members(i, &n)
				}
				nodes = append(nodes, n)
			}
			got := plan.judge(&w, began, began.Add(tt.age), nodes)
			back := tt.want == condemn || tt.want == putAside
			if got.verdict != tt.want || (got.reason != "") != back || slices.Contains(causes(), got.cause) != back {
				t.Errorf("judge = %+v, want %d", got, tt.want)
			}
		})
	}
}
