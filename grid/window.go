package grid

import "geodrop/grid/coord"

// TileWindow is the part of a window that lies in one tile.
type TileWindow struct {
	Tile Tile
	Rect Rect
}

// Rect is a rectangle of the cells of a tile, edges included. Rows and columns
// count 0…7 from the south-west.
//
//	 31    24 23    16 15     8 7      0
//	┌────────┬────────┬────────┬────────┐
//	│ east   │ west   │ north  │ south  │
//	└────────┴────────┴────────┴────────┘
type Rect uint32

// NewRect is the rectangle of the rows south…north and the columns west…east.
func NewRect(south, north, west, east int) Rect {
	return Rect(south | north<<8 | west<<16 | east<<24)
}

// South is the first row.
func (r Rect) South() int { return int(r & 7) }

// North is the last row.
func (r Rect) North() int { return int(r >> 8 & 7) }

// West is the first column.
func (r Rect) West() int { return int(r >> 16 & 7) }

// East is the last column.
func (r Rect) East() int { return int(r >> 24 & 7) }

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
	first, last := max(row-radius, g.firstRow), min(row+radius, g.lastRow)
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
				Tile: TileOf(block, inBlock(tileRow, col%blockCols/tileEdge)),
				Rect: NewRect(first%tileEdge, last%tileEdge, col%tileEdge, end%tileEdge),
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
		for row := w.Rect.South(); row <= w.Rect.North(); row++ {
			for col := w.Rect.West(); col <= w.Rect.East(); col++ {
				dst = append(dst, Cell(g.size)<<sizeShift|Cell(w.Tile)<<tileShift|Cell(row*tileEdge+col))
			}
		}
	}
	return dst
}
