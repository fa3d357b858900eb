package grid

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

// finder is what an index of areas and brute force have in common.
type finder interface {
	Find(p coord.E7, dst []uint32) []uint32
}

type bruteForce []Shape

func (b bruteForce) Find(p coord.E7, dst []uint32) []uint32 {
	for i, s := range b {
		if s.Contains(p) {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

func newIndex(t testing.TB, shapes []Shape) *AreaIndex {
	t.Helper()
	x, err := NewAreaIndex(shapes)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// fixtures are shapes of all kinds, valid and not.
func fixtures(t testing.TB) []Shape {
	rng := rand.New(rand.NewPCG(5, 6))
	var shapes []Shape
	for _, text := range []string{square, holed, fiji, fijiCut, arctic, antarctic, cap60to80, world, touching,
		square + ";5,5 5,15 15,15 15,5", "1,1 1,1.0000001 1.0000001,1", "0,0 0,170 0.0000001,170"} {
		shapes = append(shapes, mustShape(t, text))
	}
	for _, centre := range []coord.E7{{}, {Lng: coord.MaxLngE7}, {Lat: 850_000_000, Lng: 12}, {Lat: -400_000_000, Lng: -coord.MaxLngE7 + 40}} {
		outer := randomRing(rng, centre, 45_000_000, 300)
		hole := randomRing(rng, centre, 13_000_000, 60)
		shapes = append(shapes, Shape{{outer, hole}}, Shape{{randomRing(rng, centre, 300, 12)}})
	}
	bowTie := parseShape(t, "0,0 10,10 10,0 0,10; 5,5; 2,2 3,3")
	return append(shapes, bowTie, Shape{}, Shape{{{}}})
}

// probes are points where answers are easily wrong: vertices, points on and
// beside edges, poles, the antimeridian; and points at random over the Earth
// and around the shapes.
func probes(shapes []Shape, random int) []coord.E7 {
	const m, pole = coord.MaxLngE7, coord.MaxLatE7
	points := []coord.E7{{}, {Lng: m}, {Lng: -m}, {Lat: pole}, {Lat: -pole}, {Lat: pole, Lng: m}, {Lat: -pole, Lng: 7}}
	rng := rand.New(rand.NewPCG(7, 8))
	add := func(lat, lng int64) {
		p := coord.E7{Lat: int32(min(max(lat, -int64(pole)), int64(pole))), Lng: int32(eastward(0, int32(lng)))}
		points = append(points, p)
	}
	var rings []Ring
	for _, s := range shapes {
		for _, polygon := range s {
			for _, r := range polygon {
				if len(r) > 0 {
					rings = append(rings, r)
				}
			}
		}
	}
	for _, r := range rings {
		for i := 0; i < len(r); i += 1 + len(r)/50 {
			a, b := r[i], r[(i+1)%len(r)]
			width := eastward(a.Lng, b.Lng)
			for _, d := range []int64{-1, 0, 1} {
				add(int64(a.Lat)+d, int64(a.Lng))
				add(int64(a.Lat), eastward(-a.Lng, int32(d)))
				add((int64(a.Lat)+int64(b.Lat))/2+d, eastward(-a.Lng, int32(width/2)))
			}
		}
	}
	for i := range random {
		if i%4 == 0 {
			points = append(points, randomPoint(rng))
			continue
		}
		r := rings[rng.IntN(len(rings))]
		a, b := r[rng.IntN(len(r))], r[rng.IntN(len(r))]
		add(int64(a.Lat)+rng.Int64N(200_001)-100_000, eastward(-b.Lng, int32(rng.Int64N(200_001)-100_000)))
	}
	return points
}

func compare(t testing.TB, got, want finder, points []coord.E7) {
	t.Helper()
	var a, b []uint32
	for _, p := range points {
		a, b = got.Find(p, a[:0]), want.Find(p, b[:0])
		if !slices.Equal(a, b) {
			t.Fatalf("%v %s is in %v, brute force says %v", p, degrees(p), a, b)
		}
	}
}

func TestAreaIndexAgreesWithBruteForce(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	shapes := fixtures(t)
	points := probes(shapes, 120_000)
	compare(t, newIndex(t, shapes), bruteForce(shapes), points)
}

// An index of one shape has small root cells, one of all large ones.
func TestAreaIndexOfEachShape(t *testing.T) {
	for i, s := range fixtures(t) {
		shapes := []Shape{s}
		x := newIndex(t, shapes)
		compare(t, x, bruteForce(shapes), probes(append(shapes, fixtures(t)[0]), 2_000))
		if t.Failed() {
			t.Fatalf("shape %d", i)
		}
	}
}

func TestAreaIndexFirst(t *testing.T) {
	x := newIndex(t, []Shape{mustShape(t, holed), mustShape(t, square), mustShape(t, fiji)})
	for _, tc := range []struct {
		at   string
		area uint32
		ok   bool
	}{
		{"1,1", 0, true},
		{"5,5", 1, true},
		{"-17,-179", 2, true},
		{"-17,0", 0, false},
		{"10,10", 0, false},
	} {
		if area, ok := x.First(parsePoint(t, tc.at)); area != tc.area || ok != tc.ok {
			t.Errorf("First(%s) = %d, %v; want %d, %v", tc.at, area, ok, tc.area, tc.ok)
		}
	}
}

func TestAreaIndexOfNothing(t *testing.T) {
	for _, shapes := range [][]Shape{nil, {}, {nil}, {{}}, {{{}}}} {
		x := newIndex(t, shapes)
		if got := x.Find(coord.E7{}, nil); got != nil {
			t.Errorf("Find() in %v = %v", shapes, got)
		}
	}
}

func TestAreaIndexIsDeterministic(t *testing.T) {
	a, b := newIndex(t, fixtures(t)), newIndex(t, fixtures(t))
	if !reflect.DeepEqual(a.Tables(), b.Tables()) {
		t.Error("equal shapes gave different tables")
	}
}

func TestAreaIndexDoesNotAllocate(t *testing.T) {
	shapes := fixtures(t)
	x, points := newIndex(t, shapes), probes(shapes, 100)
	dst := make([]uint32, 0, len(shapes))
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		dst = x.Find(points[i%len(points)], dst[:0])
		x.First(points[i%len(points)])
		i++
	}); n != 0 {
		t.Errorf("%v allocations per lookup", n)
	}
}

// Edges that are long against the cells they crowd must not multiply.
func TestAreaIndexSizeIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	const teeth = 2_000
	var comb Ring
	for i := range int32(teeth) {
		comb = append(comb, coord.E7{Lat: 40 * i}, coord.E7{Lat: 40*i + 20, Lng: 1_700_000_000})
	}
	shapes := []Shape{{{comb}}}
	x := newIndex(t, shapes)
	if words := len(x.t.Lists) + len(x.t.Cells); words > 200*len(comb) {
		t.Errorf("%d words for %d vertices", words, len(comb))
	}
	compare(t, x, bruteForce(shapes), probes(shapes, 2_000))
}

func TestAreaIndexProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shapes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Shape {
			return Shape{drawPolygon(t), drawPolygon(t)}
		}), 1, 3).Draw(t, "shapes")
		x, err := NewAreaIndex(shapes)
		if err != nil {
			t.Fatal(err)
		}
		for range 30 {
			p := drawPolygon(t)[0][0]
			got, want := x.Find(p, nil), bruteForce(shapes).Find(p, nil)
			if !slices.Equal(got, want) {
				t.Fatalf("%v is in %v, brute force says %v", p, got, want)
			}
		}
	})
}
