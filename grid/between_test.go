package grid

import (
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

// TestBetween: each position of a box is in one of its cells, no cell is there
// twice, and each has a row and a column that the box reaches.
func TestBetween(t *testing.T) {
	g, err := New(DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		const most = 400_000 // about 22 cells
		sw := coord.E7{
			Lat: rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7-most).Draw(t, "south"),
			Lng: rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7-most-1).Draw(t, "west"),
		}
		ne := coord.E7{Lat: sw.Lat + rapid.Int32Range(0, most).Draw(t, "height"), Lng: sw.Lng + rapid.Int32Range(0, most).Draw(t, "width")}
		cells := map[Cell]bool{}
		for windows := range g.Between(sw, ne) {
			for _, w := range windows {
				for row := w.Rect.South(); row <= w.Rect.North(); row++ {
					for col := w.Rect.West(); col <= w.Rect.East(); col++ {
						c := Cell(g.size)<<sizeShift | Cell(w.Tile)<<tileShift | Cell(row*tileEdge+col)
						if cells[c] {
							t.Fatalf("cell %s twice", g.Text(c))
						}
						cells[c] = true
						checkReached(t, g, c, sw, ne)
					}
				}
			}
		}
		for range 20 {
			p := coord.E7{Lat: rapid.Int32Range(sw.Lat, ne.Lat).Draw(t, "lat"), Lng: rapid.Int32Range(sw.Lng, ne.Lng).Draw(t, "lng")}
			if !cells[g.Cell(p)] {
				t.Fatalf("no cell has %+v", p)
			}
		}
	})
}

func checkReached(t *rapid.T, g *Grid, c Cell, sw, ne coord.E7) {
	row, col, ok := g.RowCol(c)
	if !ok || row < g.row(sw.Lat) || row > g.row(ne.Lat) {
		t.Fatalf("row %d of cell %s, %v", row, g.Text(c), ok)
	}
	if b := &g.bands[row/bandRows]; col < b.col(sw.Lng) || col > b.col(ne.Lng) {
		t.Fatalf("column %d of cell %s", col, g.Text(c))
	}
}

// TestBetweenStops: who has seen enough is not called again.
func TestBetweenStops(t *testing.T) {
	g, err := New(DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range g.Between(coord.E7{}, coord.E7{Lat: 1_000_000, Lng: 1_000_000}) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d rows of tiles", n)
	}
}
