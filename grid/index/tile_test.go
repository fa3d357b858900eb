package index_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// towers are places where a tile can be special.
var towers = []struct {
	name string
	pos  coord.E7
}{
	{"city", coord.E7{Lat: 515_145_000, Lng: -1_270_000}},
	{"north pole", coord.E7{Lat: coord.MaxLatE7}},
	{"south pole", coord.E7{Lat: -coord.MaxLatE7}},
	{"antimeridian", coord.E7{Lat: -170_000_000, Lng: coord.MaxLngE7}},
	{"west of the antimeridian", coord.E7{Lat: -170_000_000, Lng: coord.MaxLngE7 - 1}},
	{"null island", coord.E7{}},
}

// TestManyPostingsAtOnePoint crosses the limits of a tile's counts.
func TestManyPostingsAtOnePoint(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	g := newGrid(t)
	for _, n := range []int{1, 15, 16, 17, 255, 256, 65_535, 65_536, 70_000} {
		for _, tower := range towers {
			if n > 1_000 && tower.name != "city" && tower.name != "antimeridian" {
				continue
			}
			name := fmt.Sprintf("%d at %s", n, tower.name)
			at := make([]point, n)
			for i := range at {
				at[i] = point{pos: tower.pos, text: fmt.Sprintf("%06d", i)}
			}
			near := tower.pos
			if near.Lat > 0 {
				near.Lat -= 18_000 // the next row of cells, or the one after
			} else {
				near.Lat += 18_000
			}
			checkTower(t, g, name, append(at, point{pos: near, text: "near"}), n > 15)
		}
	}
}

// checkTower writes points of which all but the last are at one place.
func checkTower(t *testing.T, g *grid.Grid, name string, ps []point, crowded bool) {
	t.Helper()
	files := encode(t, g, ps, len(ps))
	if len(files) != 1 {
		t.Fatalf("%s: %d segments", name, len(files))
	}
	s := parse(t, files[0])
	if err := s.Verify(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if again := recode(t, g, s, 8); !bytes.Equal(again, files[0]) {
		t.Errorf("%s: writing its entries anew gives other bytes", name)
	}
	stats, err := s.Stats(1)
	if err != nil {
		t.Fatal(err)
	}
	if (stats.Crowded > 0) != crowded || stats.Postings != len(ps) {
		t.Errorf("%s: %d crowded tiles, %d postings", name, stats.Crowded, stats.Postings)
	}
	x := joined(t, g, s)
	if got := count(x.Cell(g.Cell(ps[0].pos), nil, nil)); got != len(ps)-1 {
		t.Errorf("%s: its cell has %d postings, want %d", name, got, len(ps)-1)
	}
	if got := count(x.Cell(g.Cell(ps[len(ps)-1].pos), nil, nil)); got != 1 {
		t.Errorf("%s: the cell beside it has %d postings, want 1", name, got)
	}
	want := make([]string, 0, len(ps))
	for _, p := range ps {
		want = append(want, p.text)
	}
	slices.Sort(want)
	for _, from := range []coord.E7{ps[0].pos, ps[len(ps)-1].pos} {
		if got := found(x, from, grid.DefaultRadius, nil); !slices.Equal(got, want) {
			t.Errorf("%s: window of %v has %d postings, want %d", name, from, len(got), len(want))
		}
	}
}

func count(ranges []index.Range) int {
	n := 0
	for _, r := range ranges {
		n += int(r.End - r.First)
	}
	return n
}

// TestFullTile has every cell of a tile hold 15, the most a tile's row can say,
// then one more in one cell.
func TestFullTile(t *testing.T) {
	g := newGrid(t)
	origin := g.Cell(coord.E7{Lat: 300_000_000, Lng: 1_000_000_000})
	var ps []point
	for slot := range uint64(64) {
		c, err := g.CellFromKey(origin.SortKey()&^63 | slot)
		if err != nil {
			t.Fatal(err)
		}
		south, north, err := g.Bounds(c)
		if err != nil {
			t.Fatal(err)
		}
		middle := coord.WGS84{Lat: (south.Lat + north.Lat) / 2, Lng: (south.Lng + north.Lng) / 2}.E7()
		for i := range 15 {
			ps = append(ps, point{pos: middle, text: fmt.Sprintf("%d %d", slot, i), labels: []string{fmt.Sprintf("%02d", slot)}})
		}
	}
	for _, crowded := range []int{0, 1} {
		file := encode(t, g, ps, len(ps))[0]
		s := parse(t, file)
		if err := s.Verify(); err != nil {
			t.Fatal(err)
		}
		stats, err := s.Stats(0)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Tiles != 1 || stats.Cells != 64 || stats.Crowded != crowded {
			t.Errorf("%d tiles, %d cells, %d crowded, want 1, 64, %d", stats.Tiles, stats.Cells, stats.Crowded, crowded)
		}
		checkAnswers(t, joined(t, g, s), ps)
		if !bytes.Equal(recode(t, g, s, 8), file) {
			t.Error("writing its entries anew gives other bytes")
		}
		ps = append(ps, point{pos: ps[500].pos, text: "one more"})
	}
}

func TestSegmentOfOnePosting(t *testing.T) {
	g := newGrid(t)
	for _, tower := range towers {
		p := point{pos: tower.pos, text: tower.name}
		file := encode(t, g, []point{p}, 1)[0]
		s := parse(t, file)
		if err := s.Verify(); err != nil {
			t.Errorf("%s: %v", tower.name, err)
		}
		first, last := s.Tiles()
		if want := g.Cell(p.pos).Tile(); first != want || last != want || s.Len() != 1 || !s.Hashed() {
			t.Errorf("%s: tiles %#x…%#x, %d postings, hashed %v", tower.name, first, last, s.Len(), s.Hashed())
		}
		x := joined(t, g, s)
		checkAnswers(t, x, []point{p})
		far := coord.E7{Lat: 100_000_000, Lng: 100_000_000}
		if got := x.Window(far, grid.MaxRadius, nil, nil); len(got) != 0 {
			t.Errorf("%s: %v is seen from far away", tower.name, got)
		}
	}
}
