package grid

import (
	"reflect"
	"slices"
	"testing"

	h3 "github.com/uber/h3-go/v4"

	"geodrop/grid/coord"
)

// lookUp is what Covering documents.
func (c Covering) lookUp(t testing.TB, s Shape, p coord.E7, resolution int) bool {
	t.Helper()
	finest := h3Cell(t, p, resolution)
	in := func(cells []h3.Cell) int {
		n := 0
		for r := range resolution + 1 {
			if _, found := slices.BinarySearch(cells, h3Parent(t, finest, r)); found {
				n++
			}
		}
		return n
	}
	interior, boundary := in(c.Interior), in(c.Boundary)
	if interior+boundary > 1 {
		t.Fatalf("%v has %d parents in the covering", finest, interior+boundary)
	}
	return interior == 1 || boundary == 1 && s.Contains(p)
}

func TestCoverAgreesWithBruteForce(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	for i, s := range fixtures(t) {
		c, err := s.Cover(CoverOptions{MaxCells: 150})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(c.Interior) + len(c.Boundary); n > 150 || n == 0 && s.Vertices() > 3 {
			t.Errorf("shape %d is covered by %d cells", i, n)
		}
		for _, p := range probes([]Shape{s, fixtures(t)[0]}, 200) {
			for _, resolution := range []int{c.Resolution, 15} {
				if got, want := c.lookUp(t, s, p, resolution), s.Contains(p); got != want {
					t.Fatalf("shape %d: %s by resolution %d: %v, want %v", i, degrees(p), resolution, got, want)
				}
			}
		}
	}
}

// H3's own polygon fill agrees on the cells that are well inside, and on those
// that overlap: a second opinion on a polygon without antimeridian or pole.
func TestCoverAgreesWithH3(t *testing.T) {
	s := mustShape(t, "51,7 51,8 51.7,8.2 51.5,7 / 51.2,7.3 51.3,7.5 51.2,7.6")
	c, err := s.Cover(CoverOptions{MaxCells: 20_000, MaxResolution: 7})
	if err != nil {
		t.Fatal(err)
	}
	fill := func(mode h3.ContainmentMode) map[h3.Cell]bool {
		polygon := h3.GeoPolygon{GeoLoop: h3Loop(s[0][0]), Holes: []h3.GeoLoop{h3Loop(s[0][1])}}
		cells, err := h3.PolygonToCellsExperimental(polygon, 7, mode)
		if err != nil {
			t.Fatal(err)
		}
		set := map[h3.Cell]bool{}
		for _, cell := range cells {
			set[cell] = true
		}
		return set
	}
	full, overlapping := fill(h3.ContainmentFull), fill(h3.ContainmentOverlapping)
	interior, err := h3.UncompactCells(c.Interior, 7)
	if err != nil {
		t.Fatal(err)
	}
	covered := map[h3.Cell]bool{}
	for _, cell := range interior {
		covered[cell] = true
		if !full[cell] {
			t.Errorf("%v is interior here but not full for H3", cell)
		}
	}
	for _, cell := range c.Boundary {
		covered[cell] = true
	}
	for cell := range overlapping {
		if !covered[cell] {
			t.Errorf("%v overlaps for H3 but is not covered here", cell)
		}
	}
	if len(full) < 200 || len(interior) < len(full)/2 {
		t.Errorf("%d interior cells, %d full for H3", len(interior), len(full))
	}
}

func h3Loop(r Ring) h3.GeoLoop {
	var loop h3.GeoLoop
	for _, v := range r {
		w := v.WGS84()
		loop = append(loop, h3.LatLng{Lat: float64(w.Lat), Lng: float64(w.Lng)})
	}
	return loop
}

func TestCoverOptions(t *testing.T) {
	s := mustShape(t, square)
	for _, o := range []CoverOptions{{MaxCells: -1}, {MaxResolution: -1}, {MaxResolution: 16}} {
		if c, err := s.Cover(o); err == nil {
			t.Errorf("Cover(%+v) = %v", o, c)
		}
	}
	a, err := s.Cover(CoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Cover(CoverOptions{MaxCells: 1000, MaxResolution: 10})
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("the zero options are not the documented ones: %v", err)
	}
	tiny, err := mustShape(t, "1,1 1,1.0000001 1.0000001,1").Cover(CoverOptions{})
	if n := len(tiny.Interior) + len(tiny.Boundary); err != nil || n == 0 || n > 4 || tiny.Resolution != 10 {
		t.Errorf("a triangle of 1 cm is covered by %+v, %v", tiny, err)
	}
}
