package goldens

import (
	"errors"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
	"geodrop/sync/releasetest"
)

// places is a map of two towns; some places of the first are edited.
func places(t *testing.T, radius int, shapes []grid.Shape, edited ...int) Map {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	must(t, err)
	var segments []*index.Segment
	for _, b := range [][]byte{releasetest.Town(t, 50, 500, edited...), releasetest.Town(t, 51, 3)} {
		s, err := index.Parse(b, index.Options{})
		must(t, err)
		segments = append(segments, s)
	}
	x, err := index.New(g, segments)
	must(t, err)
	areas, err := grid.NewAreaIndex(shapes)
	must(t, err)
	return Map{Index: x, Areas: areas, Radius: radius}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestPick: the positions are few, the same each time, and of every kind.
func TestPick(t *testing.T) {
	m := places(t, 2, nil)
	positions, err := m.Pick(nil)
	must(t, err)
	again, err := places(t, 2, nil).Pick(nil)
	must(t, err)
	if !slices.Equal(positions, again) {
		t.Errorf("%v, then %v", positions, again)
	}
	if n := len(positions); n < 10 || n > manifest.MaxGolden {
		t.Errorf("%d positions", n)
	}
	answers, err := m.Ask(positions)
	must(t, err)
	for _, s := range m.Index.Segments() {
		p := s.Postings()
		for _, border := range []coord.E7{p[0].Pos, p[len(p)-1].Pos} {
			if !slices.Contains(positions, border) {
				t.Errorf("nobody asks at the border %v", border)
			}
		}
	}
	nothing, most := 0, int64(0)
	for _, a := range answers {
		most = max(most, a.Postings)
		if a.Postings == 0 {
			nothing++
		}
	}
	if nothing != empty || most < 5 {
		t.Errorf("%d of the windows are empty, the fullest has %d postings", nothing, most)
	}
	crowded := m.Index.Grid().Cell(coord.E7{Lat: 10, Lng: 10})
	with, err := m.Pick([]grid.Cell{crowded})
	must(t, err)
	if !slices.ContainsFunc(with, func(p coord.E7) bool { return m.Index.Grid().Cell(p) == crowded }) {
		t.Errorf("nobody asks in the cell that is named: %v", with)
	}
}

// TestCheck: any difference in what a window shows is found.
func TestCheck(t *testing.T) {
	m := places(t, 2, nil)
	positions, err := m.Pick(nil)
	must(t, err)
	want, err := m.Ask(positions)
	must(t, err)
	must(t, m.Check(want))
	for name, other := range map[string]Map{
		"texts":     places(t, 2, nil, slices.Collect(evenly(500, 500))...),
		"window":    places(t, 1, nil),
		"districts": places(t, 2, []grid.Shape{square(t, m.Index.Segments()[0].Postings()[0].Pos)}),
	} {
		if err := other.Check(want); !errors.Is(err, manifest.ErrGolden) {
			t.Errorf("other %s: %v, want ErrGolden", name, err)
		}
	}
	for name, damage := range map[string]func(*Map, *manifest.Golden){
		"no position": func(_ *Map, g *manifest.Golden) { g.Lat = 1 << 30 },
		"radius":      func(m *Map, _ *manifest.Golden) { m.Radius = grid.MaxRadius + 1 },
	} {
		m, list := m, slices.Clone(want)
		damage(&m, &list[0])
		if err := m.Check(list); !errors.Is(err, manifest.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

// square is a district of some metres around a position.
func square(t *testing.T, p coord.E7) grid.Shape {
	t.Helper()
	const half = 1000
	corner := func(lat, lng int32) coord.E7 { return coord.E7{Lat: p.Lat + lat, Lng: p.Lng + lng} }
	ring := []coord.E7{corner(-half, -half), corner(-half, half), corner(half, half), corner(half, -half), corner(-half, -half)}
	s, err := grid.NewShape([]grid.Polygon{{ring}})
	must(t, err)
	return s
}
