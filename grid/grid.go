// Package grid divides the Earth into square cells of a fixed edge and answers,
// by arithmetic alone, which cell a position is in and which cells surround it.
// It also turns polygons into H3 coverings for exact containment tests. It knows
// nothing of what lies in a cell.
//
// # Rows, bands, columns
//
// A row is Size metres high: Size/111319.49 degrees of latitude, counted from
// the equator. Rows are grouped in bands of 64. Inside a band the number of
// columns is constant: the largest multiple of 8 that leaves a cell at least
// Size metres wide on the band's middle parallel (and never below 8). Column 0
// begins at longitude -180; columns wrap.
//
// Every machine draws the same grid. Rows and columns are found by integer
// arithmetic on coord.E7. The number of columns comes of a cosine, but in no
// grid is that nearer to a multiple of 8 than 1.7e-11 of itself: a cosine would
// have to be off by 4.8e-12 to change one number, and is off by 1e-16.
//
//	band b+1   ┌──────────┬──────────┬──────────┬ …   fewer, equally wide columns
//	           ├─────────┬┴────────┬─┴───────┬──┴ …
//	band b     │ 64 rows │         │         │        one block = 64×64 cells
//	           └─────────┴─────────┴─────────┴─── …
//
// # Nesting
//
// A block is 64×64 cells of one band (the last block of a band may be cut), a
// tile 8×8 cells of one block. Both fit a 64-bit occupancy map: tiles of a
// block in Morton order, cells of a tile row by row, from the south-west.
//
//	 63      54 53      44 43                       12 11     6 5      0
//	┌──────────┬──────────┬───────────────────────────┬────────┬────────┐
//	│ size (m) │ 0        │ block, Morton order       │ tile   │ slot   │   Cell
//	└──────────┴──────────┴───────────────────────────┴────────┴────────┘
//
// The block number interleaves the band with the block's longitude, scaled to
// the same power of two in every band, so that a run of consecutive cells is a
// compact region of the map whatever the latitude. Sorting cells sorts the
// index, and what is near on the map is near in memory.
//
// # Guarantee
//
// With 200 m cells and radius 2, up to 85° of latitude and across the
// antimeridian, every point within 395 m of a position is in its window and
// none farther than 860 m is. Nearer the poles the window is exactly the cells
// that Window documents.
package grid

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"geodrop/grid/coord"
)

// CentimetresPerDegree is the length of one degree of the WGS-84 equator
// (π · 6378137 m / 180).
const CentimetresPerDegree = 11131949

// Size is the edge of a cell in metres.
type Size uint16

// The cell sizes a grid can have, and the one geodrop uses unless told.
const (
	MinSize     Size = 10
	MaxSize     Size = 1000
	DefaultSize Size = 200
)

// DefaultRadius is the radius of the 5×5 window, in cells.
const DefaultRadius = 2

// MaxRadius bounds the windows that may be asked for, in cells.
const MaxRadius = 64

const (
	bandRows  = 64 // rows of a band, and of a block
	blockCols = 64
	tileEdge  = 8
)

// ErrSize marks a cell size outside MinSize…MaxSize.
var ErrSize = errors.New("cell size out of range")

// Grid is the grid of one cell size. It is immutable; make it with New.
type Grid struct {
	size      Size
	southEdge int64  // rowHeight units from the equator to the south end of band 0
	perRow    uint64 // 2^rowScale / height of a row, rounded up
	bands     []band
	levels    uint // bits of the scaled longitude of a block

	firstRow, lastRow int // those that hold the poles
}

// A band is the column geometry shared by 64 rows.
type band struct {
	cols     uint32 // a multiple of 8
	perBlock uint64 // 2^blockScale / blocks side by side, rounded up
}

// Division by a number that does not change is a multiplication by its rounded
// inverse (Granlund and Montgomery 1994). It is exact here: a dividend of row
// is below 2^55 and its divisor below 2^40, so the inverse is scaled by 2^95;
// in block the dividend is below 2^32, the divisor at most 2^16, the scale 2^48.
const (
	rowScale   = 95
	blockScale = 48
)

// New returns the grid with cells of the given size.
func New(size Size) (*Grid, error) {
	if size < MinSize || size > MaxSize {
		return nil, fmt.Errorf("%w: %d m is not within %d…%d m", ErrSize, size, MinSize, MaxSize)
	}
	rowDegrees := size.degrees()
	halfBands := int(math.Ceil(90 / rowDegrees / bandRows))
	g := &Grid{
		size:      size,
		southEdge: int64(halfBands) * bandRows * size.rowHeight(),
		perRow:    inverse(rowScale, uint64(size.rowHeight())),
		bands:     make([]band, 2*halfBands),
	}
	for i := range g.bands {
		g.bands[i] = newBand(fullCols(rowDegrees, i-halfBands))
	}
	for 1<<g.levels < max(g.bands[halfBands].blocks(), len(g.bands)) {
		g.levels++
	}
	g.firstRow, g.lastRow = g.row(-coord.MaxLatE7), g.row(coord.MaxLatE7)
	return g, nil
}

// fullCols is how many columns of a row's height, and a fraction of one, the
// middle parallel of a band has room for. Bands count from the equator.
func fullCols(rowDegrees float64, bandNo int) float64 {
	middle := (float64(bandNo) + 0.5) * bandRows * rowDegrees * (math.Pi / 180)
	return 360 / rowDegrees * math.Cos(middle)
}

// newBand takes whole columns in eights. No machine's rounding changes how many
// (TestColumnsDoNotDependOnRounding).
func newBand(fullCols float64) band {
	b := band{cols: uint32(max(int(fullCols)/tileEdge*tileEdge, tileEdge))}
	b.perBlock = inverse(blockScale, uint64(b.blocks()))
	return b
}

// blocks is the number of blocks side by side, the last possibly cut.
func (b *band) blocks() int { return int(b.cols+blockCols-1) / blockCols }

// inverse is 2^scale/d rounded up, for a scale of at least 48 and a result
// below 2^64.
func inverse(scale uint, d uint64) uint64 {
	high, low := uint64(0), uint64(1)<<(scale%64)
	if scale >= 64 {
		high, low = low, 0
	}
	q, r := bits.Div64(high, low, d)
	if r > 0 {
		q++
	}
	return q
}

// divide is n·inv / 2^scale, for a product below 2^(64+scale%64).
func divide(scale uint, n, inv uint64) uint64 {
	high, low := bits.Mul64(n, inv)
	if scale >= 64 {
		return high >> (scale - 64)
	}
	return high<<(64-scale) | low>>scale
}

// Size is the edge of the grid's cells.
func (g *Grid) Size() Size { return g.size }

// degrees is the height of a row.
func (s Size) degrees() float64 { return float64(s) * 100 / CentimetresPerDegree }

// rowHeight is the height of a row in units of 1e-7 degree · centimetre/degree:
// those in which the product of an E7 coordinate and CentimetresPerDegree is.
func (s Size) rowHeight() int64 { return int64(s) * 100 * 1e7 }

// row is the row of a latitude, counted from the south end of band 0.
func (g *Grid) row(lat int32) int {
	return int(divide(rowScale, uint64(int64(lat)*CentimetresPerDegree+g.southEdge), g.perRow))
}

// col is the column of a longitude in a band.
func (b *band) col(lng int32) int {
	const turn = 2 * uint64(coord.MaxLngE7)
	c := int(uint64(int64(lng)+int64(coord.MaxLngE7)) * uint64(b.cols) / turn)
	if c == int(b.cols) {
		return 0 // longitude +180 is -180
	}
	return c
}

// equator is the first row north of the equator.
func (g *Grid) equator() int { return len(g.bands) / 2 * bandRows }

// Cell is the cell of a position. The position must be valid.
func (g *Grid) Cell(p coord.E7) Cell {
	row := g.row(p.Lat)
	return g.cell(row, g.bands[row/bandRows].col(p.Lng))
}

func (g *Grid) cell(row, col int) Cell {
	tile := inBlock(row%bandRows/tileEdge, col%blockCols/tileEdge)
	slot := row%tileEdge*tileEdge + col%tileEdge
	block := g.block(row/bandRows, col/blockCols)
	return Cell(g.size)<<sizeShift | Cell(block)<<blockShift | Cell(tile)<<tileShift | Cell(slot)
}

// block numbers a block by the Morton code of its band and its longitude
// scaled to 2^levels.
func (g *Grid) block(bandNo, blockCol int) Block {
	x := uint32(divide(blockScale, uint64(blockCol)<<g.levels, g.bands[bandNo].perBlock))
	return Block(interleave(x) | interleave(uint32(bandNo))<<1)
}

// position inverts block; ok is false where the number names no block.
func (g *Grid) position(b Block) (bandNo, blockCol int, ok bool) {
	x, y := deinterleave(uint32(b)), deinterleave(uint32(b)>>1)
	if int(y) >= len(g.bands) || x >= 1<<g.levels {
		return 0, 0, false
	}
	blocks := uint64(g.bands[y].blocks())
	col := (uint64(x)*blocks + 1<<g.levels - 1) >> g.levels
	if col >= blocks || g.block(int(y), int(col)) != b {
		return 0, 0, false
	}
	return int(y), int(col), true
}

// inBlock numbers the tile in a row and column (0…7) of a block.
func inBlock(row, col int) uint8 {
	return mortonOf[row]<<1 | mortonOf[col]
}

// mortonOf spreads three bits over the even bits.
var mortonOf = [tileEdge]uint8{0, 1, 4, 5, 16, 17, 20, 21}

// interleave spreads the low 16 bits of x over the even bits.
func interleave(x uint32) uint32 {
	x &= 0xffff
	x = (x | x<<8) & 0x00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f
	x = (x | x<<2) & 0x33333333
	return (x | x<<1) & 0x55555555
}

// deinterleave gathers the even bits of x.
func deinterleave(x uint32) uint32 {
	x &= 0x55555555
	x = (x | x>>1) & 0x33333333
	x = (x | x>>2) & 0x0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff
	return (x | x>>8) & 0xffff
}
