package index

import (
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// Index is the segments of one release as one. It is immutable and safe for
// concurrent use until Close.
type Index struct {
	grid     *grid.Grid
	segments []*Segment
	lasts    []grid.Tile // last tile of each segment

	// directory narrows a block, by its leading bits, to a run of segments.
	directory []uint32
	shift     uint
}

// New joins segments whose ranges of tiles follow each other without overlap.
// The Index owns them from then on.
func New(g *grid.Grid, segments []*Segment) (*Index, error) {
	x := &Index{grid: g, segments: segments, lasts: make([]grid.Tile, len(segments))}
	for i, s := range segments {
		if s.size != g.Size() {
			return nil, fmt.Errorf("%w: segment %s has cells of %d m, the grid of %d m", ErrCorrupt, s.path, s.size, g.Size())
		}
		if i > 0 && s.first <= segments[i-1].last {
			return nil, fmt.Errorf("%w: segments %s and %s overlap", ErrCorrupt, segments[i-1].path, s.path)
		}
		x.lasts[i] = s.last
	}
	x.direct()
	return x, nil
}

// Close closes the segments. No look-up may be under way.
func (x *Index) Close() error {
	var errs []error
	for _, s := range x.segments {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Grid is the grid that the postings are sorted by.
func (x *Index) Grid() *grid.Grid { return x.grid }

// Segments are the segments in order of their tiles; Range.Segment counts in
// them.
func (x *Index) Segments() []*Segment { return x.segments }

// Window appends the postings in the window of a position to dst as runs.
// Runs may hold postings of combinations that visible does not show: it only
// spares reading tiles without any that it does. visible has one entry a
// segment; nil shows everything. The position must be valid, radius within
// 0…grid.MaxRadius.
//
// Run it, and the reading of the postings, inside Protect. It allocates only
// to grow dst and for a radius above grid.DefaultRadius.
func (x *Index) Window(p coord.E7, radius int, visible []Visible, dst []Range) []Range {
	var buf [8]grid.TileWindow
	return x.ranges(x.grid.Window(p, radius, buf[:0]), visible, dst)
}

// Cell appends the postings of one cell to dst; see Window.
func (x *Index) Cell(c grid.Cell, visible []Visible, dst []Range) []Range {
	row, col := int(c.Slot()/8), int(c.Slot()%8)
	w := [1]grid.TileWindow{{Tile: c.Tile(), Rect: grid.NewRect(row, row, col, col)}}
	return x.ranges(w[:], visible, dst)
}

// Between yields the postings of the cells that a box touches as runs; see
// Window and grid.Grid.Between.
func (x *Index) Between(southWest, northEast coord.E7, visible []Visible) iter.Seq[Range] {
	return func(yield func(Range) bool) {
		var runs []Range
		for windows := range x.grid.Between(southWest, northEast) {
			runs = x.ranges(windows, visible, runs[:0])
			for _, run := range runs {
				if !yield(run) {
					return
				}
			}
		}
	}
}

// A foundTile is a tile whose row is known but has not been looked at.
type foundTile struct {
	row     *tileRow
	segment uint32
	window  grid.Rect
}

// ranges goes level by level, not tile by tile: it finds the rows of all tiles
// before it looks at one, and then takes no branch on the counts in it. So the
// memory is read in parallel where it would else be waited for tile by tile.
func (x *Index) ranges(windows []grid.TileWindow, visible []Visible, dst []Range) []Range {
	var tiles [8]foundTile
	for len(windows) > 0 {
		some := windows[:min(len(windows), len(tiles))]
		windows = windows[len(some):]
		found := x.locate(some, tiles[:0])
		for i := range found {
			t := &found[i]
			if visible != nil && visible[t.segment].summary&t.row.Combos == 0 {
				continue
			}
			if t.row.Starts != notCrowded {
				dst = t.appendCrowded(x.segments[t.segment].starts, dst)
			} else {
				dst = t.appendRanges(dst)
			}
		}
	}
	return dst
}

// locate appends the tiles that have postings.
func (x *Index) locate(windows []grid.TileWindow, dst []foundTile) []foundTile {
	var (
		seg  *Segment
		no   int
		row  blockRow // of the block before
		last grid.Block
	)
	for _, w := range windows {
		if seg == nil || w.Tile < seg.first || w.Tile > seg.last {
			if no = x.segment(w.Tile); no < 0 {
				seg = nil
				continue
			}
			seg, last = x.segments[no], w.Tile.Block()
			row = seg.find(last)
		} else if b := w.Tile.Block(); b != last {
			row, last = seg.find(b), b
		}
		bit := uint64(1) << w.Tile.InBlock()
		if row.Tiles&bit != 0 {
			at := row.FirstTile + uint32(bits.OnesCount64(row.Tiles&(bit-1)))
			dst = append(dst, foundTile{row: &seg.tiles[at], segment: uint32(no), window: w.Rect})
		}
	}
	return dst
}

// appendRanges appends the tile's postings in the window to dst, a range for
// each row of cells that has any.
func (t *foundTile) appendRanges(dst []Range) []Range {
	dst = slices.Grow(dst, 8)
	n := len(dst)
	out := dst[:n+8]
	west := 4 * t.window.West()
	before, within := uint32(1)<<west-1, t.within()
	for row := t.window.South(); row <= t.window.North(); row++ {
		counts := t.row.Counts[row]
		first := t.row.First + uint32(t.row.Rows[row]) + sum(counts&before)
		count := sum(counts & within)
		out[n] = Range{Segment: t.segment, First: first, End: first + count}
		n += int(min(count, 1))
	}
	return out[:n]
}

// within has the bits of the counts of the window's columns.
func (t *foundTile) within() uint32 {
	west, east := t.window.West(), t.window.East()
	return uint32(uint64(1)<<(4*east+4) - uint64(1)<<(4*west))
}

// appendCrowded is appendRanges for a crowded tile.
func (t *foundTile) appendCrowded(starts []uint32, dst []Range) []Range {
	for row := t.window.South(); row <= t.window.North(); row++ {
		first, end := t.row.crowdedCells(starts, row, t.window.West(), t.window.East())
		if first < end {
			dst = append(dst, Range{Segment: t.segment, First: t.row.First + first, End: t.row.First + end})
		}
	}
	return dst
}

// segment is the number of the segment that answers for a tile, or -1.
func (x *Index) segment(t grid.Tile) int {
	bucket := min(t.Block()>>x.shift, grid.Block(len(x.directory)-2))
	low, high := int(x.directory[bucket]), int(x.directory[bucket+1])
	for low < high {
		middle := int(uint(low+high) >> 1)
		if x.lasts[middle] < t {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(x.lasts) || t < x.segments[low].first {
		return -1
	}
	return low
}

// direct fills the directory: entry b is the first segment that ends at or
// after the first block of bucket b.
func (x *Index) direct() {
	const buckets = 1 << 12
	top := grid.Block(0)
	if n := len(x.lasts); n > 0 {
		top = x.lasts[n-1].Block()
	}
	for top>>x.shift >= buckets {
		x.shift++
	}
	x.directory = make([]uint32, int(top>>x.shift)+2)
	for b := range x.directory {
		first := grid.TileOf(grid.Block(b)<<x.shift, 0)
		no, _ := slices.BinarySearch(x.lasts, first)
		x.directory[b] = uint32(no)
	}
	x.directory[len(x.directory)-1] = uint32(len(x.lasts))
}
