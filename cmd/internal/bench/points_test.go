package bench

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
)

func TestPointsRepeat(t *testing.T) {
	const n = 1000
	at := func(seed uint64) []coord.E7 { return inOrder(NewPoints(National(), n, seed)) }
	if !slices.Equal(at(1), at(1)) {
		t.Error("equal seeds give different points")
	}
	if slices.Equal(at(1), at(2)) {
		t.Error("different seeds give equal points")
	}
	p := NewPoints(National(), n, 1)
	if !slices.Equal(p.Positions(100), p.Positions(100)) {
		t.Error("positions differ from call to call")
	}
	r, all := p.Reader(), at(1)
	for _, i := range []int{n - 1, 0, n / 2} {
		if got, _ := r.At(i); got != all[i] {
			t.Errorf("point %d is %v out of order, %v in order", i, got, all[i])
		}
	}
}

func TestPointsAreValid(t *testing.T) {
	for _, r := range []Region{National(), Growing(1000), Growing(1e8)} {
		for _, p := range inOrder(NewPoints(r, 10000, 3)) {
			if !p.Valid() {
				t.Fatalf("%+v: %v", r, p)
			}
		}
	}
}

// windowMean is the mean number of points in the windows of positions, counted
// by cells.
func windowMean(t *testing.T, p *Points, positions int) float64 {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	perCell := map[uint64]int{} // by sort key
	for _, at := range inOrder(p) {
		perCell[g.Cell(at).SortKey()]++
	}
	total := 0
	for _, at := range p.Positions(positions) {
		for _, w := range g.Window(at, grid.DefaultRadius, nil) {
			for row := w.Rect.South(); row <= w.Rect.North(); row++ {
				for col := w.Rect.West(); col <= w.Rect.East(); col++ {
					total += perCell[uint64(w.Tile)<<6|uint64(row*8+col)]
				}
			}
		}
	}
	return float64(total) / float64(positions)
}

// 2,500 places in a normal town of 3 km give 22 a window near them.
func TestDensity(t *testing.T) {
	sparse := National()
	sparse.Towns = 20
	for _, tt := range []struct {
		region Region
		n      int
		want   float64
	}{
		{sparse, 20 * 2500, 23}, {sparse, 20 * 250, 3}, {Growing(50000), 50000, 23}, {Growing(200000), 200000, 23},
	} {
		t.Run(fmt.Sprint(tt.region.Towns, tt.n), func(t *testing.T) {
			if got := windowMean(t, NewPoints(tt.region, tt.n, 1), 5000); math.Abs(got-tt.want) > 0.15*tt.want {
				t.Errorf("%.2f points a window, want about %v", got, tt.want)
			}
		})
	}
}

func TestGrowingKeepsDensity(t *testing.T) {
	density := func(n int) float64 {
		r := Growing(n)
		return float64(r.Towns) / (float64(r.North-r.South) * float64(r.East-r.West))
	}
	base := density(1e8)
	for _, n := range []int{1e5, 1e6, 1e7} {
		if got := density(n); math.Abs(got/base-1) > 0.01 {
			t.Errorf("%d: %v towns a square degree, want %v", n, got, base)
		}
	}
}

func TestIDsAscend(t *testing.T) {
	before := ""
	for _, i := range []int{0, 1, 9, 10, 99, 12345, 999999, 1000000, 99999999, 100000000, 999999999} {
		id := string(appendID(nil, i))
		if len(id) != 10 || id <= before {
			t.Errorf("id of %d is %s, after %s", i, id, before)
		}
		before = id
	}
}

func TestAppendDegrees(t *testing.T) {
	for e7, want := range map[int32]string{
		0: "0.0000000", 1: "0.0000001", -1: "-0.0000001", 515145000: "51.5145000", -1_800_000_000: "-180.0000000", 10_000_000: "1.0000000",
	} {
		if got := string(appendDegrees(nil, e7)); got != want {
			t.Errorf("%d is %s, want %s", e7, got, want)
		}
	}
}
