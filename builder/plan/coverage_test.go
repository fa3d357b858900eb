package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"geodrop/builder/extsort"
	"geodrop/grid"
	"geodrop/grid/coord"

	"pgregory.net/rapid"
)

// TestSeenFrom holds the cells that see a drop against the window of each, for a
// few drops where windows are not plain: over the antimeridian, where bands meet,
// and around a pole, where rows are short.
func TestSeenFrom(t *testing.T) {
	g, err := grid.New(1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, land := range []struct {
		name       string
		south, lng float64 // of the land, which is some cells wide
		size       float64
	}{
		{"antimeridian", 10.02, 179.95, 0.2}, {"bands", 59.7, -0.4, 0.7}, {"bands over the antimeridian", 68.6, 179.2, 1.6}, {"pole", 89.6, 20, 340},
	} {
		t.Run(land.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				radius := rapid.IntRange(1, 3).Draw(rt, "radius")
				place := rapid.Custom(func(rt *rapid.T) coord.E7 {
					lat := land.south + rapid.Float64Range(0, min(land.size, 0.4)).Draw(rt, "lat")
					lng := land.lng + rapid.Float64Range(0, land.size).Draw(rt, "lng")
					if lng >= 180 {
						lng -= 360
					}
					return at(lat, lng)
				})
				checkSeen(rt, g, radius, rapid.SliceOfN(place, 1, 4).Draw(rt, "drops"))
			})
		})
	}
}

// checkSeen compares the rows around some drops.
func checkSeen(t *rapid.T, g *grid.Grid, radius int, drops []coord.E7) {
	dropped := map[grid.Cell]bool{}
	cells := extsort.New(extsort.Options{Memory: 1 << 16})
	first, last := 1<<30, 0
	for _, p := range drops {
		cell := g.Cell(p)
		row, col, _ := g.RowCol(cell)
		first, last = min(first, row-radius-1), max(last, row+radius+1)
		if dropped[cell] {
			continue
		}
		dropped[cell] = true
		if err := cells.Add(uint64(row)<<32|uint64(col), []byte{cellDrops}); err != nil {
			t.Fatal(err)
		}
	}
	it, err := cells.Sort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	noted := &notedRows{it: it, more: it.Next()}
	south, north := g.Rows()
	var window []grid.Cell
	for no := max(first, south); no <= min(last, north); no++ {
		row := g.Row(no)
		noted.turnTo(no, radius)
		var got, want []int
		for _, s := range noted.seenFrom(g, &row, radius) {
			for col := s.first; col <= s.last; col++ {
				got = append(got, col)
			}
		}
		for _, col := range near(&row, drops, radius+4) {
			window = g.Cells(coord.E7{Lat: row.Middle, Lng: row.MiddleOf(col)}, radius, window[:0])
			if slices.ContainsFunc(window, func(c grid.Cell) bool { return dropped[c] }) {
				want = append(want, col)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("row %d: a drop is seen from %s, want %s", no, short(got), short(want))
		}
	}
}

// near are the columns of a row that are near some positions; all where there are
// few.
func near(row *grid.Row, positions []coord.E7, reach int) []int {
	cols := map[int]bool{}
	for _, p := range positions {
		middle := row.Column(p.Lng)
		for i := -reach; i <= reach; i++ {
			cols[(middle+i+row.Cols)%row.Cols] = true
		}
	}
	if row.Cols <= 1000 {
		for col := range row.Cols {
			cols[col] = true
		}
	}
	return slices.Sorted(maps.Keys(cols))
}

func short(cols []int) string { return fmt.Sprint(cols[:min(len(cols), 20)]) }
