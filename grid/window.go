package grid

import "geodrop/grid/coord"

// TileWindow is the part of a window that lies in one tile.
type TileWindow struct {
	Tile  Tile
	Slots uint64 // bit n: the cell with slot n is in the window
}

// Window appends the window of a position to dst: the rows at most radius rows
// from the position's row and, in each of them, the columns at most radius
// columns from the position's own column in that row's band. Longitude wraps;
// rows end at the poles. Where a row has no more than 2·radius+1 columns each
// is in the window once: no slot repeats. The position must be valid and radius within
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
	if 2*radius+1 >= b.cols {
		return g.windowCols(first, last, 0, b.cols-1, dst)
	}
	col := b.col(lng)
	west, east := col-radius, col+radius
	switch {
	case west < 0:
		dst = g.windowCols(first, last, west+b.cols, b.cols-1, dst)
		return g.windowCols(first, last, 0, east, dst)
	case east >= b.cols:
		dst = g.windowCols(first, last, west, b.cols-1, dst)
		return g.windowCols(first, last, 0, east-b.cols, dst)
	}
	return g.windowCols(first, last, west, east, dst)
}

// windowCols appends columns west…east, without wrap, of rows first…last of
// one row of tiles.
func (g *Grid) windowCols(first, last, west, east int, dst []TileWindow) []TileWindow {
	rows := rowsMask(first%tileEdge, last%tileEdge)
	inBlock := uint8(first % bandRows / tileEdge * tileEdge)
	for col := west; col <= east; {
		block := g.block(first/bandRows, col/blockCols)
		blockEast := min(col|(blockCols-1), east)
		for col <= blockEast {
			end := min(col|(tileEdge-1), blockEast)
			dst = append(dst, TileWindow{
				Tile:  TileOf(block, inBlock+uint8(col%blockCols/tileEdge)),
				Slots: rows * colsMask(col%tileEdge, end%tileEdge),
			})
			col = end + 1
		}
	}
	return dst
}

// rowsMask has the lowest bit of each of the rows first…last of a tile set, so
// that multiplying it by a row's columns gives the rectangle.
func rowsMask(first, last int) uint64 {
	const column uint64 = 0x0101010101010101
	return column >> (8 * (tileEdge - 1 - last + first)) << (8 * first)
}

// colsMask is the columns west…east of one row of a tile.
func colsMask(west, east int) uint64 {
	return (uint64(2)<<(east-west) - 1) << west
}

// Cells appends the cells of the window to dst, in the order of the tiles and
// of the slots within them.
func (g *Grid) Cells(p coord.E7, radius int, dst []Cell) []Cell {
	var buf [16]TileWindow
	for _, w := range g.Window(p, radius, buf[:0]) {
		for slot := range 64 {
			if w.Slots>>slot&1 == 1 {
				dst = append(dst, Cell(g.size)<<sizeShift|Cell(w.Tile)<<tileShift|Cell(slot))
			}
		}
	}
	return dst
}
