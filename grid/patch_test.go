package grid

import (
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

// drawBox draws a box near the polygons that drawPolygon draws, or a large one.
func drawBox(t *rapid.T) box {
	corner := drawPolygon(t)[0][0]
	size := rapid.SampledFrom([]int32{0, 4, 60, 1_000_000_000}).Draw(t, "size")
	b := box{west: int32(eastward(0, corner.Lng)), south: corner.Lat}
	b.north = int32(min(int64(corner.Lat)+rapid.Int64Range(0, int64(size)).Draw(t, "height"), int64(coord.MaxLatE7)))
	b.width = rapid.Int64Range(0, 3*int64(size)).Draw(t, "width")
	return b
}

func drawIn(t *rapid.T, b *box) coord.E7 {
	east := rapid.Int64Range(0, b.width).Draw(t, "east")
	return canonical(coord.E7{
		Lat: rapid.Int32Range(b.south, b.north).Draw(t, "lat"),
		Lng: wrap(int64(b.west) + east),
	})
}

// A patch answers for the points of its box as the polygon does, however often
// it has been narrowed.
func TestPatchAgreesWithPolygon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		polygon := drawPolygon(t)
		vertices, patches := flatten([]Shape{{polygon}})
		b, pt := earth(), patches[0]
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			to := drawBox(t).within(&b)
			if to.south > to.north {
				return
			}
			pt, _ = pt.narrow(vertices, &b, &to, nil)
			b = to
			p := drawIn(t, &b)
			if p.Lat < b.south {
				return // the box is a pole
			}
			if got, want := pt.holds(vertices, &b, p), polygon.Contains(p); got != want {
				t.Fatalf("%v in %v by its patch %+v of %+v: %v, want %v", p, polygon, pt, b, got, want)
			}
		}
	})
}

// An edge that holds a point of the box meets the box.
func TestBoxMeets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBox(t)
		p, by := drawIn(t, &b), drawPolygon(t)[0][0]
		q := coord.E7{Lat: by.Lat, Lng: int32(eastward(0, by.Lng))}
		if p.Lat < b.south {
			return // the box is a pole
		}
		if !b.meets(p, q) || !b.meets(q, p) {
			t.Fatalf("%v–%v does not meet %+v", p, q, b)
		}
	})
}

func TestBoxDoesNotMeet(t *testing.T) {
	b := box{west: coord.MaxLngE7 - 10, south: 0, north: 20, width: 20}
	for _, tc := range []struct {
		name string
		p, q coord.E7
		want bool
	}{
		{"inside, across the antimeridian", coord.E7{Lat: 5, Lng: coord.MaxLngE7 - 5}, coord.E7{Lat: 5, Lng: 5 - coord.MaxLngE7}, true},
		{"through", coord.E7{Lat: -50, Lng: coord.MaxLngE7 - 40}, coord.E7{Lat: 50, Lng: 40 - coord.MaxLngE7}, true},
		{"north", coord.E7{Lat: 21, Lng: coord.MaxLngE7 - 5}, coord.E7{Lat: 30, Lng: coord.MaxLngE7 - 5}, false},
		{"west", coord.E7{Lat: 5, Lng: coord.MaxLngE7 - 11}, coord.E7{Lat: 5, Lng: coord.MaxLngE7 - 30}, false},
		{"past a corner", coord.E7{Lat: 15, Lng: coord.MaxLngE7 - 20}, coord.E7{Lat: 40, Lng: coord.MaxLngE7 - 1}, false},
		{"the other side of the Earth", coord.E7{Lat: 5, Lng: 5}, coord.E7{Lat: 5, Lng: -5}, false},
	} {
		if got := b.meets(tc.p, tc.q); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
