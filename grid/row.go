package grid

import "geodrop/grid/coord"

// Row is one row of cells, from the west to the east. It is for those who go
// through a map row by row.
type Row struct {
	Cols   int   // cells, as many in all rows of a band
	Middle int32 // latitude of the middle of its cells, in 1e-7 degrees
	band   *band
}

// Rows are the numbers of the southernmost and the northernmost row.
func (g *Grid) Rows() (first, last int) { return g.firstRow, g.lastRow }

// Row is the row with a number within Rows.
func (g *Grid) Row(no int) Row {
	b := &g.bands[no/bandRows]
	r := Row{Cols: int(b.cols), band: b}
	// The cell is one of the grid, so Bounds knows it.
	southWest, northEast, _ := g.Bounds(g.cell(no, 0))
	r.Middle = coord.WGS84{Lat: (southWest.Lat + northEast.Lat) / 2}.E7().Lat
	return r
}

// Column is the column of a longitude in 1e-7 degrees.
func (r *Row) Column(lng int32) int { return r.band.col(lng) }

// MiddleOf is the longitude of the middle of a column, in 1e-7 degrees.
func (r *Row) MiddleOf(col int) int32 {
	width := 360 / float64(r.Cols)
	west, east := float64(float64(col)*width)-180, float64(float64(col+1)*width)-180
	return coord.WGS84{Lng: coord.Lng((west + east) / 2)}.E7().Lng
}

// FirstFrom is the first column whose middle is not west of a longitude; Cols
// where there is none.
func (r *Row) FirstFrom(lng int32) int {
	c := r.Column(lng)
	if r.MiddleOf(c) < lng {
		c++
	}
	return c
}
