package plan

import (
	"bytes"
	"encoding/binary"
	"errors"

	"geodrop/api/query"
	"geodrop/builder/extsort"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
)

// The two sides of a comparison.
const (
	was = iota
	is
)

// side is one of the releases, being read by cell, then by id.
type side struct {
	release *query.Release
	grid    *grid.Grid
	sites   []query.Site
	cells   *extsort.Sorter // cells with drops, and dense ones, by row
	dense   int

	segments []*index.Segment
	segment  int
	numbers  []uint32 // sites of its combinations
	postings []index.Posting

	here    bool   // there is a place
	cell    uint64 // sort key
	id      []byte // as it stands in the text, with its length
	text    []byte
	pos     coord.E7
	site    uint32
	places  int // of the cell, so far
	dropped bool
	last    grid.Cell
}

func newSide(r *query.Release, o Options) *side {
	return &side{
		release: r, grid: r.Index().Grid(), sites: r.Sites(), segments: r.Index().Segments(), segment: -1, dense: o.Dense,
		cells: extsort.New(extsort.Options{Memory: o.Memory / 4, TempDir: o.TempDir}),
	}
}

func (s *side) close() error {
	if s.cells == nil {
		return nil
	}
	return s.cells.Close()
}

// next goes to the next place; here is false at the end.
func (s *side) next() error {
	for len(s.postings) == 0 {
		if s.segment+1 >= len(s.segments) {
			s.here = false
			return s.endCell()
		}
		s.segment++
		s.postings, s.numbers = s.segments[s.segment].Postings(), s.release.SitesOf(s.segment)
	}
	p := s.postings[0]
	s.postings = s.postings[1:]
	cell := s.grid.Cell(p.Pos)
	if !s.here || cell != s.last {
		if err := s.endCell(); err != nil {
			return err
		}
		s.last = cell
	}
	s.here, s.cell, s.pos, s.site = true, cell.SortKey(), p.Pos, s.numbers[p.Combo]
	s.places++
	s.dropped = s.dropped || len(s.sites[s.site].Tasks) > 0
	s.text = s.segments[s.segment].Text(p)
	return s.cutID()
}

// cutID finds the id at the beginning of the text.
func (s *side) cutID() error {
	n, size := binary.Uvarint(s.text)
	if size <= 0 || n > uint64(len(s.text)-size) {
		return errors.Join(catalog.ErrCorrupt, errors.New(s.segments[s.segment].Path()))
	}
	s.id = s.text[:size+int(n)]
	return nil
}

// endCell notes the cell that is at its end.
func (s *side) endCell() error {
	places, dropped := s.places, s.dropped
	s.places, s.dropped = 0, false
	if !dropped && places < s.dense || places == 0 {
		return nil
	}
	row, col, _ := s.grid.RowCol(s.last)
	var flags byte
	if dropped {
		flags |= cellDrops
	}
	if places >= s.dense {
		flags |= cellDense
	}
	return s.cells.Add(uint64(row)<<32|uint64(col), []byte{flags})
}

// What a noted cell has.
const (
	cellDrops = 1 << iota
	cellDense
)

// compare orders the places of two sides, of which at least one has one.
func compare(a, b *side) int {
	switch {
	case !a.here:
		return 1
	case !b.here:
		return -1
	case a.cell != b.cell:
		if a.cell < b.cell {
			return -1
		}
		return 1
	}
	return bytes.Compare(a.id, b.id)
}
