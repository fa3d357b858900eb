package grid

import (
	"iter"

	"geodrop/grid/coord"
)

// Between yields the cells that a box touches, edges included, one row of tiles
// after another from the south; a tile is in one of them. The box does not cross
// the antimeridian: longitude 180 is -180 to the grid, so that a box which goes
// east as far as it can ends a unit before. Both corners must be valid. What is
// yielded is valid until the next.
func (g *Grid) Between(southWest, northEast coord.E7) iter.Seq[[]TileWindow] {
	return func(yield func([]TileWindow) bool) {
		var dst []TileWindow
		last := g.row(northEast.Lat)
		for row := g.row(southWest.Lat); row <= last; {
			end := min(row|(tileEdge-1), last)
			b := &g.bands[row/bandRows]
			dst = g.windowCols(row, end, b.col(southWest.Lng), b.col(northEast.Lng), dst[:0])
			if !yield(dst) {
				return
			}
			row = end + 1
		}
	}
}
