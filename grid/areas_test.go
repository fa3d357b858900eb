package grid

import (
	"math/rand/v2"
	"testing"

	h3 "github.com/uber/h3-go/v4"

	"geodrop/grid/coord"
)

func newAreas(t testing.TB, shapes []Shape, o AreasOptions) *Areas {
	t.Helper()
	a, err := NewAreas(shapes, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAreasAgreeWithBruteForce(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	shapes := fixtures(t)
	points := probes(shapes, 60_000)
	x := newIndex(t, shapes) // held against brute force by its own test
	for _, resolution := range []int{1, 4, 9} {
		a := newAreas(t, shapes, AreasOptions{Resolution: resolution})
		if a.Resolution() != resolution {
			t.Errorf("Resolution() = %d, want %d", a.Resolution(), resolution)
		}
		compare(t, a, x, points)
	}
	compare(t, newAreas(t, shapes, AreasOptions{}), bruteForce(shapes), points[:4_000])
}

// Cells of any finer resolution, and their parents, lead to the same answers.
func TestAreasFindInCell(t *testing.T) {
	shapes := fixtures(t)
	a, want := newAreas(t, shapes, AreasOptions{Resolution: 5}), newIndex(t, shapes)
	for _, p := range probes(shapes, 1_000) {
		cell := h3Cell(t, canonical(p), maxH3)
		for _, resolution := range []int{5, 8, 15} {
			compare(t, inCell{a, h3Parent(t, cell, resolution)}, want, []coord.E7{p})
		}
	}
	if got := a.FindInCell(0xffffffffffffffff>>1, coord.E7{}, nil); got != nil {
		t.Errorf("no H3 cell is in %v", got)
	}
}

type inCell struct {
	*Areas
	cell h3.Cell
}

func (c inCell) Find(p coord.E7, dst []uint32) []uint32 { return c.FindInCell(c.cell, p, dst) }

func TestAreasOptions(t *testing.T) {
	for _, resolution := range []int{-1, 16} {
		if _, err := NewAreas(nil, AreasOptions{Resolution: resolution}); err == nil {
			t.Errorf("resolution %d is accepted", resolution)
		}
	}
	if got := newAreas(t, nil, AreasOptions{}); got.Resolution() != 9 || got.Find(coord.E7{}, nil) != nil {
		t.Errorf("no shapes: %+v", got)
	}
}

// benchmarkShapes are 2,500 districts of 400 vertices each, which overlap a little, and the points to be
// assigned to them.
func benchmarkShapes() ([]Shape, []coord.E7) {
	rng := rand.New(rand.NewPCG(15, 16))
	const edge = 5_000_000
	var shapes []Shape
	for i := range int32(2_500) {
		centre := coord.E7{Lat: 200_000_000 + i/50*edge, Lng: 800_000_000 + i%50*edge}
		shapes = append(shapes, Shape{{starRing(rng, centre, 0.6*edge, 0.04, 400)}})
	}
	points := make([]coord.E7, 1<<20)
	for i := range points {
		points[i] = coord.E7{Lat: 200_000_000 + rng.Int32N(50*edge), Lng: 800_000_000 + rng.Int32N(50*edge)}
	}
	return shapes, points
}

func BenchmarkFind(b *testing.B) {
	shapes, points := benchmarkShapes()
	for _, tc := range []struct {
		name string
		make func() finder
	}{
		{"raster", func() finder { return newIndex(b, shapes) }},
		{"h3", func() finder { return newAreas(b, shapes, AreasOptions{}) }},
		{"boxes", func() finder { return newBoxed(shapes) }},
	} {
		b.Run(tc.name, func(b *testing.B) {
			f := tc.make()
			var dst []uint32
			for i := 0; b.Loop(); i++ {
				dst = f.Find(points[i%len(points)], dst[:0])
			}
		})
	}
}

func BenchmarkNewAreaIndex(b *testing.B) {
	shapes, _ := benchmarkShapes()
	for b.Loop() {
		newIndex(b, shapes)
	}
}

// boxed is brute force behind bounding boxes.
type boxed struct {
	shapes []Shape
	boxes  [][4]uint32
}

func newBoxed(shapes []Shape) *boxed {
	b := &boxed{shapes: shapes}
	for i := range shapes {
		vertices, patches := flatten(shapes[i : i+1])
		west, south, east, north := rasterBounds(vertices, patches)
		b.boxes = append(b.boxes, [4]uint32{west, south, east, north})
	}
	return b
}

func (b *boxed) Find(p coord.E7, dst []uint32) []uint32 {
	p = canonical(p)
	x, y := rasterPosition(p)
	for i, box := range b.boxes {
		if x >= box[0] && y >= box[1] && x <= box[2] && y <= box[3] && b.shapes[i].Contains(p) {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}
