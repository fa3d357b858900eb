package builder

import (
	"context"
	"errors"
	"fmt"
	"math"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/poi/phrase"
	"geodrop/sync/manifest"
)

// rewriter goes through the segments of a base. Where nothing was edited and the
// cut before is the base's, a segment is taken over as it is. Elsewhere its
// entries are written anew, with the edits, until a cut is the base's again:
//
//	base      ├─── a ───┼─── b ───┼─── c ───┼─── d ───┤
//	edits                   ×
//	release   ├─── a ───┼──── b' ────┼─ c' ─┼─── d ───┤
type rewriter struct {
	b      *build
	base   *base
	edits  []edit // that are left
	out    *segmentWriter
	cell   cellWriter
	key    uint64          // of the cell being gathered; noCell: none was
	going  map[string]bool // POIs that are still to be left out of it
	tally  *tally
	reused []manifest.Segment
}

// noCell is the sort key of no cell.
const noCell = math.MaxUint64

func newRewriter(b *build, base *base, combos *index.Combinations, edits []edit) *rewriter {
	out := newSegmentWriter(b, combos)
	return &rewriter{
		b: b, base: base, edits: edits, out: out, cell: cellWriter{b: b, out: out},
		key: noCell, going: map[string]bool{}, tally: &tally{combos: combos},
	}
}

func (r *rewriter) run(ctx context.Context) ([]manifest.Segment, error) {
	err := r.all(ctx)
	r.cell.tell()
	if err != nil {
		return nil, errors.Join(err, r.out.wait())
	}
	segments, err := r.out.close()
	r.b.summary.Reused, r.b.summary.Rebuilt = len(r.reused), len(segments)-len(r.reused)
	return segments, err
}

func (r *rewriter) all(ctx context.Context) error {
	for i := range r.base.m.Segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		reusable, err := r.reusable(i)
		if err != nil {
			return err
		}
		if err := r.segment(i, reusable); err != nil {
			return err
		}
	}
	return nil
}

// reusable reports whether a segment is the same in the release: the one before
// ends where it did, no edit falls in it, nor in the tile behind it, on which its
// end depends as well.
func (r *rewriter) reusable(i int) (bool, error) {
	segments := r.base.m.Segments
	next := uint64(math.MaxUint64)
	if i+1 < len(segments) {
		next = segments[i+1].FirstTile
	}
	if len(r.edits) > 0 {
		edited, err := r.edits[0].tile(r.b.grid)
		if err != nil || uint64(edited) <= next {
			return false, err
		}
	}
	if err := r.out.turnTo(grid.Tile(segments[i].FirstTile)); err != nil {
		return false, err
	}
	return r.out.atCut(), nil
}

func (r *rewriter) segment(i int, reuse bool) (err error) {
	s, err := r.base.openSegment(i)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if reuse {
		return r.reuse(s, r.base.m.Segments[i])
	}
	return index.Protect(func() error { return r.rewrite(s, i) })
}

func (r *rewriter) reuse(s *index.Segment, object manifest.Segment) error {
	if err := index.Protect(func() error { return r.tally.segment(s) }); err != nil {
		return err
	}
	summary := r.b.summary
	err := s.Crowds(r.b.grid, summary.leastCell(), func(c grid.Cell, postings int) int {
		summary.cell(r.b.grid, c, postings)
		return summary.leastCell()
	})
	if err != nil {
		return err
	}
	r.reused = append(r.reused, object)
	return r.out.keep(object)
}

// rewrite writes a segment's entries and the edits before the next segment.
func (r *rewriter) rewrite(s *index.Segment, i int) error {
	numbers, err := r.tally.numbers(s)
	if err != nil {
		return err
	}
	for _, p := range s.Postings() {
		if err := r.turnTo(r.b.grid.Cell(p.Pos).SortKey()); err != nil {
			return err
		}
		text := s.Text(p)
		if goes, err := r.goes(text); goes || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		r.tally.add(numbers[p.Combo], 1)
		r.cell.add(p.Pos, numbers[p.Combo], text)
	}
	return r.finish(i)
}

// goes reports whether an entry of the cell is to be left out.
func (r *rewriter) goes(text []byte) (bool, error) {
	if len(r.going) == 0 {
		return false, nil
	}
	t, err := catalog.ParseText(text)
	if err != nil || !r.going[string(t.ID)] {
		return false, err
	}
	delete(r.going, string(t.ID))
	return true, nil
}

// turnTo ends the cell being gathered where another begins, and writes the cells
// in between, which the base does not have.
func (r *rewriter) turnTo(key uint64) error {
	for r.key != key {
		if err := r.endCell(); err != nil {
			return err
		}
		r.key = key
		if len(r.edits) > 0 && r.edits[0].cell < key {
			r.key = r.edits[0].cell
		}
		r.beginCell()
	}
	return nil
}

// finish writes what is left before the next segment of the base.
func (r *rewriter) finish(i int) error {
	for len(r.edits) > 0 {
		if i+1 < len(r.base.m.Segments) {
			tile, err := r.edits[0].tile(r.b.grid)
			if err != nil {
				return err
			}
			if uint64(tile) >= r.base.m.Segments[i+1].FirstTile {
				break
			}
		}
		if err := r.turnTo(r.edits[0].cell); err != nil {
			return err
		}
	}
	return r.endCell()
}

// beginCell takes the edits of the cell.
func (r *rewriter) beginCell() {
	for len(r.edits) > 0 && r.edits[0].cell == r.key {
		e := &r.edits[0]
		if e.text == nil {
			r.going[e.goes] = true
		} else {
			r.tally.add(e.combo, 1)
			r.cell.add(e.pos, e.combo, e.text)
		}
		r.edits = r.edits[1:]
	}
}

func (r *rewriter) endCell() error {
	if len(r.going) > 0 {
		return fmt.Errorf("%w: %s not where %s changed", errBase, phrase.Count(len(r.going), "POI")+phrase.Agree(len(r.going), " is", " are"), phrase.Agree(len(r.going), "it was", "they were"))
	}
	return r.cell.flush(r.key)
}
