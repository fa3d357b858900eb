package grid

import (
	"testing"

	"geodrop/grid/coord"

	"pgregory.net/rapid"
)

// TestRow: rows say of cells what the cells say of themselves.
func TestRow(t *testing.T) {
	for _, size := range []Size{MinSize, DefaultSize, MaxSize} {
		g, err := New(size)
		if err != nil {
			t.Fatal(err)
		}
		first, last := g.Rows()
		if south, north := g.Row(first).Middle, g.Row(last).Middle; south < -coord.MaxLatE7 || north > coord.MaxLatE7 {
			t.Errorf("rows of %d m have their middles at %d…%d", size, south, north)
		}
		rapid.Check(t, func(rt *rapid.T) {
			p := coord.E7{Lat: rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7).Draw(rt, "lat"), Lng: rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7-1).Draw(rt, "lng")}
			no, col, _ := g.RowCol(g.Cell(p))
			row := g.Row(no)
			if got := row.Column(p.Lng); got != col {
				rt.Fatalf("the column is %d, that of the cell %d", got, col)
			}
			middle := coord.E7{Lat: row.Middle, Lng: row.MiddleOf(col)}
			if g.Cell(middle) != g.Cell(p) {
				rt.Fatalf("the middle %v of cell %s is in %s", middle, g.Text(g.Cell(p)), g.Text(g.Cell(middle)))
			}
			from := row.FirstFrom(p.Lng)
			if from < row.Cols && row.MiddleOf(from) < p.Lng || from > 0 && row.MiddleOf(from-1) >= p.Lng {
				rt.Fatalf("column %d is not the first from %d", from, p.Lng)
			}
		})
	}
}
