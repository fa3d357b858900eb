package index

import (
	"errors"
	"fmt"
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
	w := [1]grid.TileWindow{{Tile: c.Tile(), Slots: 1 << c.Slot()}}
	return x.ranges(w[:], visible, dst)
}

func (x *Index) ranges(windows []grid.TileWindow, visible []Visible, dst []Range) []Range {
	var (
		no    = -1 // segment of the tile before
		seg   *Segment
		row   blockRow // of the block before
		found bool     // row is that of block
		block grid.Block
	)
	for _, w := range windows {
		if seg == nil || w.Tile < seg.first || w.Tile > seg.last {
			if no = x.segment(w.Tile); no < 0 {
				seg = nil
				continue
			}
			seg, found = x.segments[no], false
		}
		if b := w.Tile.Block(); !found || b != block {
			row, block, found = seg.find(b), b, true
		}
		summary := ^uint32(0)
		if visible != nil {
			summary = visible[no].summary
		}
		dst = seg.appendRanges(uint32(no), row, w, summary, dst)
	}
	return dst
}

// segment is the number of the segment that answers for a tile, or -1.
func (x *Index) segment(t grid.Tile) int {
	no, _ := slices.BinarySearch(x.lasts, t)
	if no == len(x.lasts) || t < x.segments[no].first {
		return -1
	}
	return no
}
