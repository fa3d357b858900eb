package grid

import (
	"slices"
	"testing"

	"geodrop/grid/coord"
)

// TestRings: an index gives back the rings that it was made of, also those that
// touch themselves.
func TestRings(t *testing.T) {
	ring := func(at ...int32) Ring {
		var r Ring
		for i := 0; i < len(at); i += 2 {
			r = append(r, coord.E7{Lat: at[i] * 1e6, Lng: at[i+1] * 1e6})
		}
		return r
	}
	square := ring(0, 0, 0, 50, 50, 50, 50, 0)
	hole := ring(10, 10, 10, 20, 20, 20, 20, 10)
	touching := ring(100, 100, 100, 150, 150, 150, 100, 100, 150, 50, 120, 50)
	shapes := []Shape{{{square, hole}}, {}, {{touching}, {ring(200, 0, 200, 9, 209, 9)}}}
	x, err := NewAreaIndex(shapes)
	if err != nil {
		t.Fatal(err)
	}
	type drawn struct {
		area uint32
		ring Ring
	}
	want := []drawn{{0, square}, {0, hole}, {2, touching}, {2, ring(200, 0, 200, 9, 209, 9)}}
	n := 0
	for area, vertices := range x.Rings {
		if n >= len(want) || want[n].area != area || !slices.Equal(want[n].ring, Ring(vertices)) {
			t.Fatalf("ring %d is %v of area %d", n, vertices, area)
		}
		n++
	}
	if n != len(want) {
		t.Errorf("%d rings, want %d", n, len(want))
	}
	for range x.Rings {
		break // stops
	}
}
