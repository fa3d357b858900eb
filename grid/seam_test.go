package grid

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"geodrop/grid/coord"
)

func parseShapes(t testing.TB, text string) (shapes []Shape) {
	for part := range strings.SplitSeq(text, "|") {
		shapes = append(shapes, mustShape(t, part))
	}
	return shapes
}

func findSeams(t testing.TB, shapes []Shape, o SeamOptions) []Seam {
	t.Helper()
	found, err := FindSeams(t.Context(), shapes, o)
	if err != nil {
		t.Fatal(err)
	}
	return found.List
}

// near reports whether a figure is what was planned, as finely as lines see it.
func near(got, want float64) bool { return math.Abs(got-want) <= 0.02*want }

const (
	degree = CentimetresPerDegree / 100. // metres
	strip  = degree / 1000               // 0.001 degrees
)

func TestFindSeams(t *testing.T) {
	parallel70 := 2 * math.Pi * math.Cos(70*math.Pi/180) * 180 / math.Pi * degree
	for _, tc := range []struct {
		name   string
		shapes string
		want   []Seam // without At
	}{
		{"neighbours", "0,0 0,1 1,1 1,0 | 0,1 0,2 1,2 1,1", nil},
		{"a vertex on the neighbour's edge", "0,0 0,1 1,1 1,0 | 0,1 0,2 1,2 1,1 0.3333333,1", nil},
		{"neighbours at an oblique edge", "0,0 0,0.3 1,0.7 1,0 | 0,0.3 0,2 1,2 1,0.7", nil},
		{"overlap along a meridian", "0,0 0,1.001 1,1.001 1,0 | 0,1 0,2 1,2 1,1",
			[]Seam{{Overlap, 0, 1, strip, coord.E7{}, degree, degree * strip}}},
		{"overlap along a parallel", "0,0 1.001,0 1.001,1 0,1 | 1,0 2,0 2,1 1,1",
			[]Seam{{Overlap, 0, 1, strip, coord.E7{}, degree, degree * strip}}},
		{"overlap of less than a step", "0,0 1.0001,0 1.0001,1 0,1 | 1,0 2,0 2,1 1,1",
			[]Seam{{Overlap, 0, 1, strip / 10, coord.E7{}, degree, degree * strip / 10}}},
		{"gap along a meridian", "0,0 0,0.999 1,0.999 1,0 | 0,1 0,2 1,2 1,1",
			[]Seam{{Gap, 0, 1, strip, coord.E7{}, degree, degree * strip}}},
		{"gap along a parallel", "0,0 0.999,0 0.999,1 0,1 | 1,0 2,0 2,1 1,1",
			[]Seam{{Gap, 0, 1, strip, coord.E7{}, degree, degree * strip}}},
		{"gap along a diagonal", "0,0 1,1 0,1 | 0.001,0 1.001,1 1,0",
			[]Seam{{Gap, 0, 1, strip / math.Sqrt2, coord.E7{}, degree * math.Sqrt2, degree * strip}}},
		{"gap round an enclave", "0,0 0,1 1,1 1,0 / 0.4,0.4 0.4,0.6 0.6,0.6 0.6,0.4 | 0.401,0.401 0.401,0.599 0.599,0.599 0.599,0.401",
			[]Seam{{Gap, 0, 1, strip, coord.E7{}, 2 * 0.2 * degree * math.Sqrt2, 4 * 0.199 * degree * strip}}},
		{"an enclave that fits", "0,0 0,1 1,1 1,0 / 0.4,0.4 0.4,0.6 0.6,0.6 0.6,0.4 | 0.4,0.4 0.4,0.6 0.6,0.6 0.6,0.4", nil},
		{"a strait", "0,0 0,0.99 1,0.99 1,0 | 0,1 0,2 1,2 1,1", nil},
		{"an overlap that turns", "0,0 0,0.1 0.1,0.1 0.1,0 | 0.099,0 0.2,0 0.2,0.2 0,0.2 0,0.099 0.099,0.099",
			[]Seam{{Overlap, 0, 1, strip, coord.E7{}, 0.1 * degree * math.Sqrt2, 0.199 * degree * strip}}},
		{"one shape twice", "0,0 0,0.1 0.1,0.1 0.1,0 | 0,0 0,0.1 0.1,0.1 0.1,0",
			[]Seam{{Overlap, 0, 1, degree / 10, coord.E7{}, 0.1 * degree * math.Sqrt2, degree * degree / 100}}},
		{"across the antimeridian", "0,179 0,-179.999 1,-179.999 1,179 | 0,-180 0,-179 1,-179 1,-180",
			[]Seam{{Overlap, 0, 1, strip, coord.E7{}, degree, degree * strip}}},
		{"both across the antimeridian", "0,179 0,-179 1.001,-179 1.001,179 | 1,179 1,-179 2,-179 2,179",
			[]Seam{{Overlap, 0, 1, strip, coord.E7{}, 2 * degree, 2 * degree * strip}}},
		{"round a pole", "70.001,-180 70.001,-60 70.001,60 | 60,-180 60,-60 60,60 / 70,-180 70,-60 70,60",
			[]Seam{{Gap, 0, 1, strip, coord.E7{}, coord.Metres(parallel70), parallel70 * strip}}},
		{"a hole elsewhere", "0,0 0,0.1 0.1,0.1 0.1,0 / 0.2,0.2 0.2,0.21 0.21,0.21 0.21,0.2",
			[]Seam{{StrayHole, 0, 0, degree / 100, coord.E7{}, 0.01 * degree * math.Sqrt2, degree * degree / 10_000}}},
		{"polygons of one shape", "0,0 0,0.1 0.1,0.1 0.1,0 ; 0,0.099 0,0.2 0.1,0.2 0.1,0.099",
			[]Seam{{Overlap, 0, 0, strip, coord.E7{}, 0.1 * degree, 0.1 * degree * strip}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := findSeams(t, parseShapes(t, tc.shapes), SeamOptions{Step: 5, MaxCrossings: 150_000})
			if len(got) != len(tc.want) {
				t.Fatalf("found %+v, want %+v", got, tc.want)
			}
			for i, s := range got {
				w := tc.want[i]
				if s.Kind != w.Kind || s.A != w.A || s.B != w.B || !near(float64(s.Width), float64(w.Width)) ||
					!near(float64(s.Length), float64(w.Length)) || !near(s.Area, w.Area) {
					t.Errorf("found %v %+v\n want %+v", s.Kind, s, w)
				}
			}
		})
	}
}

// The place that is told lies in both shapes, or in none.
func TestSeamIsWhereItSays(t *testing.T) {
	shapes := parseShapes(t, "0,0 0,1.001 1,1 1,0 | 0,1 0,2 1,2 1,1.002")
	seams := findSeams(t, shapes, SeamOptions{})
	if len(seams) != 2 || seams[0].Kind != Overlap || seams[1].Kind != Gap {
		t.Fatalf("found %+v, want an overlap and a gap", seams)
	}
	for i, holds := range []bool{true, false} {
		at := seams[i].At
		if shapes[0].Contains(at) != holds || shapes[1].Contains(at) != holds {
			t.Errorf("%v at %v: the shapes hold it: %v, %v", seams[i].Kind, at.WGS84(), shapes[0].Contains(at), shapes[1].Contains(at))
		}
	}
	if seams[0].At.Lat > 10_000_000/20 || seams[1].At.Lat < 9_000_000 {
		t.Errorf("the widest places are %v and %v, want the ends of the border", seams[0].At.WGS84(), seams[1].At.WGS84())
	}
}

// The area that two shapes share is that of the points of a lattice that both
// contain.
func TestOverlapAgreesWithContains(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, centre := range []coord.E7{{}, {Lat: 515_000_000, Lng: -1_000_000}, {Lat: -300_000_000, Lng: -coord.MaxLngE7 + 100_000}} {
		const radius, apart, spacing = 500_000, 400_000, 8_000
		other := coord.E7{Lat: centre.Lat, Lng: int32(eastward(-centre.Lng, apart))}
		shapes := []Shape{{{randomRing(rng, centre, radius, 40)}}, {{randomRing(rng, other, radius, 40)}}}
		both := 0
		for lat := -radius; lat < radius; lat += spacing {
			for lng := -radius; lng < radius+apart; lng += spacing {
				p := coord.E7{Lat: centre.Lat + int32(lat), Lng: int32(eastward(-centre.Lng, int32(lng)))}
				if shapes[0].Contains(p) && shapes[1].Contains(p) {
					both++
				}
			}
		}
		want := float64(both) * math.Pow(spacing*metresPerUnit, 2) * newPlane(centre).shrink
		got := 0.0
		for _, s := range findSeams(t, shapes, SeamOptions{Step: 50}) {
			if s.Kind == Overlap {
				got = s.Area
			}
		}
		if math.Abs(got-want) > 0.04*want || both < 500 {
			t.Errorf("at %v the shapes share %.0f m², %d points of the lattice say %.0f", centre.WGS84(), got, both, want)
		}
	}
}

// Any shapes, valid or not, are looked at to the end, with the same outcome each
// time.
func TestFindSeamsOfAnything(t *testing.T) {
	shapes := fixtures(t)
	for range 40 { // more than are told apart at one place
		shapes = append(shapes, mustShape(t, square))
	}
	o := SeamOptions{MaxCrossings: 100_000}
	first := findSeams(t, shapes, o)
	if again := findSeams(t, shapes, o); !reflect.DeepEqual(again, first) || len(first) == 0 {
		t.Errorf("found %d seams, then %d others", len(first), len(again))
	}
	for _, s := range first {
		if s.A > s.B || !s.At.Valid() || !(s.Width >= 0) || !(s.Area > 0) {
			t.Errorf("an impossible seam: %+v", s)
		}
	}
}

func TestFindSeamsStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := FindSeams(ctx, parseShapes(t, square+"|"+square), SeamOptions{}); err == nil || found.List != nil {
		t.Errorf("found %v, error %v", found, err)
	}
}

// Two neighbours of 10^5 vertices each, which would take minutes if every edge
// were held against every other.
func BenchmarkFindSeams(b *testing.B) {
	rng := rand.New(rand.NewPCG(23, 24))
	var shapes []Shape
	for i := range 2 {
		shapes = append(shapes, Shape{{starRing(rng, coord.E7{Lng: int32(i) * 9_900_000}, 5_000_000, 0.01, 100_000)}})
	}
	for b.Loop() {
		findSeams(b, shapes, SeamOptions{})
	}
}
