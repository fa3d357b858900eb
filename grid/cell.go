package grid

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"geodrop/grid/coord"
)

// Cell names one cell of a grid of one size; the package comment draws its
// bits. Cells of one size sort in index order.
type Cell uint64

// Tile is the number of an 8×8 group of cells: the cell without its slot.
type Tile uint64

// Block is the Morton number of a 64×64 group of cells of one band.
type Block uint32

const (
	sizeShift  = 54
	blockShift = 12
	tileShift  = 6
	slotMask   = 1<<tileShift - 1
	tileMask   = 1<<(blockShift-tileShift) - 1
)

// ErrCell marks a cell that the grid does not have, or text that names none.
var ErrCell = errors.New("no such cell")

// Size is the edge of the cell.
func (c Cell) Size() Size { return Size(c >> sizeShift) }

// Block is the block that the cell is in.
func (c Cell) Block() Block { return Block(c >> blockShift) }

// Tile is the tile that the cell is in.
func (c Cell) Tile() Tile { return TileOf(c.Block(), uint8(c>>tileShift&tileMask)) }

// Slot numbers the cell in its tile: 8·row + column, from the south-west.
func (c Cell) Slot() uint8 { return uint8(c & slotMask) }

// SortKey is the cell without its size: 44 bits that sort as the index does.
func (c Cell) SortKey() uint64 { return uint64(c) & (1<<sizeShift - 1) }

// TileOf is the tile with the given number (0…63) in a block.
func TileOf(b Block, n uint8) Tile { return Tile(b)<<(blockShift-tileShift) | Tile(n) }

// Block is the block that the tile is in.
func (t Tile) Block() Block { return Block(t >> (blockShift - tileShift)) }

// InBlock numbers the tile in its block, 0…63 in Morton order from the
// south-west.
func (t Tile) InBlock() uint8 { return uint8(t & tileMask) }

// CellFromKey is the cell with a sort key (see Cell.SortKey). The error is
// ErrCell where this grid has no such cell.
func (g *Grid) CellFromKey(key uint64) (Cell, error) {
	c := Cell(key) | Cell(g.size)<<sizeShift
	if _, _, ok := g.RowCol(c); !ok || key>>sizeShift != 0 {
		return 0, fmt.Errorf("%w: key %#x on a grid of %d m", ErrCell, key, g.size)
	}
	return c, nil
}

// RowCol is the row of the cell, counted from the southernmost row of the
// grid's band 0, and its column, counted east from longitude -180. ok is false
// where the grid has no such cell.
func (g *Grid) RowCol(c Cell) (row, col int, ok bool) {
	bandNo, blockCol, ok := g.position(c.Block())
	if !ok || c.Size() != g.size || c.SortKey()>>(blockShift+32) != 0 {
		return 0, 0, false
	}
	tile, slot := uint32(c.Tile().InBlock()), int(c.Slot())
	row = bandNo*bandRows + int(deinterleave(tile>>1))*tileEdge + slot/tileEdge
	col = blockCol*blockCols + int(deinterleave(tile))*tileEdge + slot%tileEdge
	if row < g.firstRow || row > g.lastRow || col >= int(g.bands[bandNo].cols) {
		return 0, 0, false
	}
	return row, col, true
}

// Text is the stable text form of a cell, `size-row-column` in decimal, for
// example `200-78788-100120`: the neighbour to the east has the next column
// (modulo the columns of the row), the one to the north the next row.
func (g *Grid) Text(c Cell) string {
	return string(g.AppendText(make([]byte, 0, 24), c))
}

// AppendText appends the text form of a cell to b.
func (g *Grid) AppendText(b []byte, c Cell) []byte {
	row, col, ok := g.RowCol(c)
	if !ok {
		return append(b, "invalid"...)
	}
	b = strconv.AppendUint(b, uint64(g.size), 10)
	b = append(b, '-')
	b = strconv.AppendUint(b, uint64(row), 10)
	b = append(b, '-')
	return strconv.AppendUint(b, uint64(col), 10)
}

// ParseCell reads the text form. The error is ErrCell and says what is wrong.
func (g *Grid) ParseCell(s string) (Cell, error) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 {
		return 0, fmt.Errorf("%w: %.40q is not of the form size-row-column", ErrCell, s)
	}
	var n [3]int
	for i, part := range parts {
		v, err := strconv.ParseUint(part, 10, 31)
		if err != nil || part != strconv.FormatUint(v, 10) {
			return 0, fmt.Errorf("%w: %.20q in %.40q is not a plain decimal number", ErrCell, part, s)
		}
		n[i] = int(v)
	}
	size, row, col := n[0], n[1], n[2]
	if size != int(g.size) {
		return 0, fmt.Errorf("%w: %.40q has cells of %d m, the grid has cells of %d m", ErrCell, s, size, g.size)
	}
	if row < g.firstRow || row > g.lastRow {
		return 0, fmt.Errorf("%w: row %d is not within %d…%d", ErrCell, row, g.firstRow, g.lastRow)
	}
	if cols := g.bands[row/bandRows].cols; col >= int(cols) {
		return 0, fmt.Errorf("%w: column %d is not within 0…%d of row %d", ErrCell, col, cols-1, row)
	}
	return g.cell(row, col), nil
}

// Bounds are the south-west and north-east corners of the cell in degrees, the
// polar rows cut at the pole. A cell holds its south and west edges.
func (g *Grid) Bounds(c Cell) (southWest, northEast coord.WGS84, err error) {
	row, col, ok := g.RowCol(c)
	if !ok {
		return coord.WGS84{}, coord.WGS84{}, fmt.Errorf("%w: %#x", ErrCell, uint64(c))
	}
	rowDegrees := g.size.degrees()
	colDegrees := 360 / float64(g.bands[row/bandRows].cols)
	southWest = coord.WGS84{
		Lat: coord.Lat(math.Max(float64(row-g.equator())*rowDegrees, -90)),
		Lng: coord.Lng(float64(float64(col)*colDegrees) - 180),
	}
	northEast = coord.WGS84{
		Lat: coord.Lat(math.Min(float64(row+1-g.equator())*rowDegrees, 90)),
		Lng: coord.Lng(float64(float64(col+1)*colDegrees) - 180),
	}
	return southWest, northEast, nil
}
