package grid

import "geodrop/grid/coord"

// TileWindow is the part of a window that lies in one tile: a rectangle of its
// cells, edges included, rows and columns counted 0…7 from the south-west.
type TileWindow struct {
	Tile         Tile
	South, North uint8
	West, East   uint8
}

// Window appends the window of a position to dst: the rows at most radius rows
// from the position's row and, in each of them, the columns at most radius
// columns from the position's own column in that row's band. Longitude wraps;
// rows end at the poles. Where a row has no more than 2·radius+1 columns each
// is in the window once: no cell repeats. The position must be valid and radius within
// 0…MaxRadius.
//
// A radius of 2 touches at most 4 tiles, so a dst of capacity 4 never grows.
func (g *Grid) Window(p coord.E7, radius int, dst []TileWindow) []TileWindow {
	row := g.row(p.Lat)
	first, last := max(row-radius, g.firstRow()), min(row+radius, g.lastRow())
	for r := first; r <= last; {
		end := min(r|(tileEdge-1), last) // last row of the window in this row of tiles
		dst = g.windowRows(p.Lng, radius, r, end, dst)
		r = end + 1
	}
	return dst
}

// windowRows appends the window's part in rows first…last of one row of tiles.
func (g *Grid) windowRows(lng int32, radius, first, last int, dst []TileWindow) []TileWindow {
	b := &g.bands[first/bandRows]
	cols := int(b.cols)
	if 2*radius+1 >= cols {
		return g.windowCols(first, last, 0, cols-1, dst)
	}
	col := b.col(lng)
	west, east := col-radius, col+radius
	switch {
	case west < 0:
		dst = g.windowCols(first, last, west+cols, cols-1, dst)
		return g.windowCols(first, last, 0, east, dst)
	case east >= cols:
		dst = g.windowCols(first, last, west, cols-1, dst)
		return g.windowCols(first, last, 0, east-cols, dst)
	}
	return g.windowCols(first, last, west, east, dst)
}

// windowCols appends columns west…east, without wrap, of rows first…last of
// one row of tiles.
func (g *Grid) windowCols(first, last, west, east int, dst []TileWindow) []TileWindow {
	tileRow := first % bandRows / tileEdge
	for col := west; col <= east; {
		block := g.block(first/bandRows, col/blockCols)
		blockEast := min(col|(blockCols-1), east)
		for col <= blockEast {
			end := min(col|(tileEdge-1), blockEast)
			dst = append(dst, TileWindow{
				Tile:  TileOf(block, inBlock(tileRow, col%blockCols/tileEdge)),
				South: uint8(first % tileEdge), North: uint8(last % tileEdge),
				West: uint8(col % tileEdge), East: uint8(end % tileEdge),
			})
			col = end + 1
		}
	}
	return dst
}

// Cells appends the cells of the window to dst, in the order of the tiles and
// of the slots within them.
func (g *Grid) Cells(p coord.E7, radius int, dst []Cell) []Cell {
	var buf [16]TileWindow
	for _, w := range g.Window(p, radius, buf[:0]) {
		for row := w.South; row <= w.North; row++ {
			for col := w.West; col <= w.East; col++ {
				dst = append(dst, Cell(g.size)<<sizeShift|Cell(w.Tile)<<tileShift|Cell(row*tileEdge+col))
			}
		}
	}
	return dst
}
