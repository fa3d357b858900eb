package builder

import (
	"math/rand/v2"
	"testing"

	"geodrop/grid"
)

// cuts are the tiles before which segments end, where each tile has a size.
func cuts(e edges, sizes []int64) map[int]bool {
	at := map[int]bool{}
	total := int64(0)
	for i := 1; i < len(sizes); i++ {
		total += sizes[i-1]
		if e.cut(total, sizes[i-1], grid.Tile(i)) {
			at[i], total = true, 0
		}
	}
	return at
}

// TestEdges: segments have about their mean size, whatever the density of tiles.
func TestEdges(t *testing.T) {
	const mean, total = 1 << 20, 400 << 20
	for name, size := range map[string]func(*rand.Rand) int64{
		"sparse":        func(*rand.Rand) int64 { return 150 },
		"dense":         func(*rand.Rand) int64 { return 20_000 },
		"towns":         func(r *rand.Rand) int64 { return 100 + int64(r.ExpFloat64()*3000) },
		"one huge tile": func(*rand.Rand) int64 { return 5 << 20 },
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var sizes []int64
			for sum := int64(0); sum < total; sum += sizes[len(sizes)-1] {
				sizes = append(sizes, size(r))
			}
			n := len(cuts(edges{mean}, sizes)) + 1
			if name == "one huge tile" {
				if n != len(sizes) {
					t.Errorf("%d segments of %d tiles, each larger than a segment may be", n, len(sizes))
				}
				return
			}
			if got := total / n; got < mean*8/10 || got > mean*12/10 {
				t.Errorf("mean size %d, want about %d", got, mean)
			}
		})
	}
}

// TestEdgesStay: after edits all over the map, and an insertion of much at its
// beginning, nearly all cuts are where they were.
func TestEdgesStay(t *testing.T) {
	const mean = 1 << 20
	r := rand.New(rand.NewPCG(3, 4))
	sizes := make([]int64, 200_000)
	for i := range sizes {
		sizes[i] = 100 + int64(r.ExpFloat64()*3000)
	}
	before := cuts(edges{mean}, sizes)
	if len(before) < 400 {
		t.Fatalf("only %d cuts", len(before))
	}
	kept := func(sizes []int64) (n int) {
		for at := range cuts(edges{mean}, sizes) {
			if before[at] {
				n++
			}
		}
		return n
	}
	edited := make([]int64, len(sizes))
	for i, s := range sizes {
		edited[i] = s
		if r.IntN(5) == 0 { // a POI more, or less
			edited[i] = max(100, s+int64(r.IntN(121)-60))
		}
	}
	if n := kept(edited); n < len(before)*97/100 {
		t.Errorf("after edits all over, %d of %d cuts are where they were", n, len(before))
	}
	copy(edited, sizes)
	edited[10] += 3 * mean / 4
	if n := kept(edited); n < len(before)-12 {
		t.Errorf("after an edit at the beginning, %d of %d cuts are where they were", n, len(before))
	}
}

// However many POIs there are, a node has room for two releases of them.
func TestMeanSegment(t *testing.T) {
	const mappings, postingBytes = 65_530, 100 // of open files there is room for some more
	usual := scale{leastMean, smallConfig}
	for _, tt := range []struct{ told, pois, want int64 }{
		{0, 0, leastMean},
		{0, 1e7, leastMean},
		{0, smallConfig, leastMean},
		{0, smallConfig + 1, 2 * leastMean},
		{0, 1e8, 4 * leastMean},
		{0, 1 << 62, maxSegmentBytes},
		{5000, 1e8, 5000},
	} {
		b := &build{opts: Options{SegmentBytes: tt.told, scale: usual}}
		if got := b.meanSegment(tt.pois); got != tt.want {
			t.Errorf("told %d, segments of %d POIs have %d bytes, want %d", tt.told, tt.pois, got, tt.want)
		}
	}
	for pois := int64(1); pois < 1e10; pois = pois*5/4 + 1 {
		if n := 2 * pois * postingBytes / usual.mean(pois); n > mappings {
			t.Errorf("two releases of %d POIs take %d mappings", pois, n)
		}
	}
}
