package grid

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

// The sweep finds a conflict exactly when comparing every pair of edges does.
func TestValidateAgreesWithAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		polygon := drawPolygon(t)
		for _, ring := range polygon {
			if ring.validate() != nil {
				return
			}
		}
		err := polygon.crossing()
		if want := conflictInAllPairs(polygon); (err != nil) != want {
			t.Fatalf("%v: crossing() = %v, all pairs say %v", polygon, err, want)
		}
	})
}

// drawPolygon draws vertices from a small lattice near a drawn origin, so that
// edges often touch, cross or coincide.
func drawPolygon(t *rapid.T) Polygon {
	origin := coord.E7{
		Lat: rapid.SampledFrom([]int32{0, coord.MaxLatE7 - 40, -coord.MaxLatE7}).Draw(t, "lat"),
		Lng: rapid.SampledFrom([]int32{0, coord.MaxLngE7 - 20, -coord.MaxLngE7}).Draw(t, "lng"),
	}
	extent := rapid.SampledFrom([]int32{3, 6, 40}).Draw(t, "extent")
	vertex := rapid.Custom(func(t *rapid.T) coord.E7 {
		return coord.E7{
			Lat: origin.Lat + rapid.Int32Range(0, extent).Draw(t, "dlat"),
			Lng: int32(eastward(-origin.Lng, rapid.Int32Range(0, extent).Draw(t, "dlng"))),
		}
	})
	ring := rapid.SliceOfN(vertex, 3, 12)
	var polygon Polygon
	for range rapid.IntRange(1, 3).Draw(t, "rings") {
		polygon = append(polygon, ring.Draw(t, "ring"))
	}
	return polygon
}

func conflictInAllPairs(p Polygon) bool {
	var s sweep
	for i, ring := range p {
		for j := range ring {
			s.addEdge(ring, i, j)
		}
	}
	for i := range s.edges {
		for j := range i {
			if properConflict(&s.edges[i], &s.edges[j]) {
				return true
			}
		}
	}
	return false
}

// The error says where: at the crossing, or where edges begin to run along each
// other.
func TestCrossingIsLocated(t *testing.T) {
	for _, tc := range []struct{ shape, at string }{
		{"0,0 10,10 10,0 0,10", "at (lat 5.0000000, lng 5.0000000);"},
		{"0,0 10,10 10,0 0,2", "at (lat 1.6666667, lng 1.6666667);"},
		{"0,179 1,-179 1,179 0,-179", "at (lat 0.5000000, lng -180.0000000);"},
		{"0,0 0,5 0,3 5,3", "at (lat 0.0000000, lng 3.0000000);"},
	} {
		if _, err := NewShape(parseShape(t, tc.shape)); err == nil || !strings.Contains(err.Error(), tc.at) {
			t.Errorf("%s: %v, want it %s", tc.shape, err, tc.at)
		}
	}
}

// properConflict restates conflicts for any two edges, also those that never
// lie on one meridian.
func properConflict(a, b *sweepEdge) bool {
	side := func(e *sweepEdge, x, y int64) int64 { return (e.x2-e.x1)*(y-e.y1) - (x-e.x1)*(e.y2-e.y1) }
	if max(a.x1, b.x1) > min(a.x2, b.x2) || max(min(a.y1, a.y2), min(b.y1, b.y2)) > min(max(a.y1, a.y2), max(b.y1, b.y2)) {
		return false
	}
	a1, a2, b1, b2 := side(b, a.x1, a.y1), side(b, a.x2, a.y2), side(a, b.x1, b.y1), side(a, b.x2, b.y2)
	if a1 == 0 && a2 == 0 && b1 == 0 && b2 == 0 {
		seam := a.x1 == -turn/2 && a.x2 == -turn/2
		length := min(a.x2, b.x2) - max(a.x1, b.x1) + min(max(a.y1, a.y2), max(b.y1, b.y2)) - max(min(a.y1, a.y2), min(b.y1, b.y2))
		return length > 0 && !seam
	}
	opposite := func(x, y int64) bool { return x < 0 && y > 0 || x > 0 && y < 0 }
	return opposite(a1, a2) && opposite(b1, b2)
}

// A valid shape of 10^5 vertices that all lie on two meridians, and its
// neighbour with one bow-tie, are told apart in a fraction of a second.
func TestValidateLargeRing(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	const teeth = 50_000
	comb := make(Ring, 0, 2*teeth+2)
	for i := range int32(teeth) {
		comb = append(comb, coord.E7{Lat: 10 * i, Lng: 0}, coord.E7{Lat: 10*i + 5, Lng: 900_000_000})
	}
	comb = append(comb, coord.E7{Lat: 10 * teeth, Lng: -10}, coord.E7{Lat: -10, Lng: -10})
	if err := (Shape{{comb}}).Validate(); err != nil {
		t.Fatal(err)
	}
	comb[teeth], comb[teeth+2] = comb[teeth+2], comb[teeth]
	if err := (Shape{{comb}}).Validate(); !errors.Is(err, ErrShape) {
		t.Fatalf("bow-tie among %d vertices: %v", len(comb), err)
	}
}

func BenchmarkValidate(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	s := Shape{{randomRing(rng, coord.E7{Lat: 300_000_000, Lng: 1_100_000_000}, 10_000_000, 100_000)}}
	for b.Loop() {
		if err := s.Validate(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(s.Vertices()), "ns/vertex")
}
