package index

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"geodrop/grid"
)

// blockRuns are n rows of blocks as towns make them: runs of consecutive Morton
// numbers of up to length blocks, with gaps of up to gap between them.
func blockRuns(r *rand.Rand, n, length, gap int) []blockRow {
	rows := make([]blockRow, 0, n)
	next := grid.Block(r.Uint32N(1 << 8))
	for len(rows) < n {
		for range min(1+r.IntN(length), n-len(rows)) {
			rows = append(rows, blockRow{Block: next, FirstTile: uint32(len(rows)), Tiles: 1})
			next++
		}
		next += grid.Block(r.IntN(gap))
	}
	return rows
}

// meanProbes is the mean number of slots that finding each row looks at.
func meanProbes(t *testing.T, table []stage, slots []blockRow, rows []blockRow) float64 {
	t.Helper()
	total := 0
	for _, row := range rows {
		rest := slots
		for _, st := range table {
			total++
			if rest[st.slot(row.Block)] == row {
				break
			}
			rest = rest[st.Slots:]
		}
		if got := hashFind(table, slots, row.Block); got != row {
			t.Fatalf("block %#x: found %v, want %v", row.Block, got, row)
		}
	}
	return float64(total) / float64(len(rows))
}

func TestHashIsBoundedAndEven(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	r := rand.New(rand.NewPCG(31, 32))
	for _, n := range []int{1, 2, 3, 10, 100, 1_000, 10_000, 300_000} {
		for _, kind := range []struct{ length, gap int }{{1, 2}, {1, 100}, {64, 1_000}, {1 << 20, 1}} {
			name := fmt.Sprintf("%d blocks, runs %d, gaps %d", n, kind.length, kind.gap)
			rows := blockRuns(r, n, kind.length, kind.gap)
			table, slots, ok := buildHash(rows, maxStages)
			if !ok || len(table) > maxStages {
				t.Errorf("%s: built %v, %d stages", name, ok, len(table))
				continue
			}
			if len(slots) > 5*n/2+16 {
				t.Errorf("%s: %d slots", name, len(slots))
			}
			// 1.34 on average for random slots; a few blocks may have bad luck.
			if mean := meanProbes(t, table, slots, rows); mean > 1.38+2/float64(n) {
				t.Errorf("%s: %.3f slots a block", name, mean)
			}
			have := map[grid.Block]bool{}
			for _, row := range rows {
				have[row.Block] = true
			}
			for range 1_000 {
				b := grid.Block(r.Uint32())
				if got := hashFind(table, slots, b); !have[b] && got != (blockRow{}) {
					t.Fatalf("%s: found block %#x, which it does not have: %v", name, b, got)
				}
			}
		}
	}
}

func TestHashGivesUp(t *testing.T) {
	rows := blockRuns(rand.New(rand.NewPCG(33, 34)), 1_000, 64, 100)
	for _, stages := range []int{0, 1, 2} {
		if table, slots, ok := buildHash(rows, stages); ok || table != nil || slots != nil {
			t.Errorf("%d blocks in %d stages: built %v", len(rows), stages, ok)
		}
	}
}

func TestBisect(t *testing.T) {
	rows := blockRuns(rand.New(rand.NewPCG(35, 36)), 1_000, 8, 8)
	for i, row := range rows {
		if got := bisect(rows, row.Block); got != row {
			t.Errorf("row %d: found %v, want %v", i, got, row)
		}
		if next := row.Block + 1; i == len(rows)-1 || rows[i+1].Block != next {
			if got := bisect(rows, next); got != (blockRow{}) {
				t.Errorf("block %#x: found %v, which is not there", next, got)
			}
		}
	}
	if got := bisect(nil, 1); got != (blockRow{}) {
		t.Errorf("found %v in nothing", got)
	}
}
