package outline

import (
	"math"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// TestDraw: a circle of very many vertices is drawn in few, all of them its own,
// and an area that is too small to see in none.
func TestDraw(t *testing.T) {
	circle := make(grid.Ring, 5000)
	for i := range circle {
		angle := 2 * math.Pi * float64(i) / float64(len(circle))
		circle[i] = coord.WGS84{Lat: coord.Lat(50 + math.Sin(angle)), Lng: coord.Lng(8 + math.Cos(angle))}.E7()
	}
	speck := grid.Ring{{Lat: 0, Lng: 0}, {Lat: 10, Lng: 0}, {Lat: 0, Lng: 10}}
	areas, err := grid.NewAreaIndex([]grid.Shape{{{circle}}, {{speck}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{100, 1000} {
		drawn := Draw(areas, most)
		if len(drawn) != 2 || len(drawn[0]) != 1 || len(drawn[1]) != 0 {
			t.Fatalf("%d areas are drawn, with %d and %d rings", len(drawn), len(drawn[0]), len(drawn[1]))
		}
		if n := len(drawn[0][0]); n > most || n < most/4 {
			t.Errorf("the circle has %d vertices of at most %d", n, most)
		}
		for _, v := range drawn[0][0] {
			if r := math.Hypot(v[0]-8, v[1]-50); math.Abs(r-1) > 1e-6 {
				t.Fatalf("vertex %v is %v degrees from the middle", v, r)
			}
		}
	}
}
