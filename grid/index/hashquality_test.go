package index

import (
	"math"
	"math/rand/v2"
	"testing"

	"geodrop/grid"
)

// What is told of a hash is what finding each block costs.
func TestTryHash(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 38))
	for _, n := range []int{0, 1, 7, 5_000} {
		rows := blockRuns(r, n, 16, 50)
		blocks := make([]grid.Block, n)
		for i, row := range rows {
			blocks[i] = row.Block
		}
		q := TryHash(blocks)
		table, slots, _ := buildHash(rows, maxStages)
		if !q.Built || q.Blocks != n || q.Slots != len(slots) || q.Stages != len(table) {
			t.Errorf("%d blocks: %+v; the hash has %d slots in %d stages", n, q, len(slots), len(table))
		}
		if want := meanProbes(t, table, slots, rows); n > 0 && math.Abs(q.Probes-want) > 1e-9 {
			t.Errorf("%d blocks: %v slots in the mean, finding them looks at %v", n, q.Probes, want)
		}
	}
	if q := TryHash(make([]grid.Block, maxStages+1)); q.Built || q.Probes != 0 {
		t.Errorf("blocks that share their slot in every stage have no hash: %+v", q)
	}
}
