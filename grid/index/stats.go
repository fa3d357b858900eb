package index

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"geodrop/grid"
)

// Stats are what a segment is made of.
type Stats struct {
	Sections []SectionSize // in file order, the header first
	Bytes    int           // the whole file, with the zeros between sections

	Blocks, Tiles, Crowded int // Crowded of the tiles are crowded
	Cells                  int // cells with postings
	Postings               int
	Combos, Labels         int

	Hashed bool
	Stages []StageLoad // of the prefix hash

	// PerCell counts cells by their postings: PerCell[n] are the cells with
	// 2^(n-1) up to, but not including, 2^n.
	PerCell [33]int
	Densest []CellCount // the most postings first
}

// SectionSize is the length of a section in bytes.
type SectionSize struct {
	Name  string
	Bytes int
}

// StageLoad says how full a stage of the prefix hash is.
type StageLoad struct {
	Slots, Used int
}

// CellCount is a cell and the number of its postings.
type CellCount struct {
	Cell     grid.Cell
	Text     string // of the cell
	Postings int
}

// Stats counts what the segment holds and names its top densest cells. It reads
// the whole of the index; the error wraps ErrCorrupt or ErrFault.
func (s *Segment) Stats(top int) (Stats, error) {
	var st Stats
	err := Protect(func() error {
		g, err := grid.New(s.size)
		if err != nil {
			return corrupt("header", "%v", err)
		}
		st = Stats{
			Bytes: len(s.file), Blocks: len(s.blocks), Tiles: len(s.tiles), Postings: len(s.postings),
			Combos: s.Combos(), Labels: len(s.labels) - 1, Hashed: s.hashed, Stages: s.stageLoads(),
		}
		if st.Sections, err = s.sectionSizes(); err != nil {
			return err
		}
		for _, b := range s.blocks {
			s.countBlock(&st, b, top)
		}
		st.keepDensest(top)
		return st.nameDensest(g)
	})
	if err != nil {
		return Stats{}, fmt.Errorf("stats of segment %s: %w", s.path, err)
	}
	return st, nil
}

func (s *Segment) sectionSizes() ([]SectionSize, error) {
	c, err := parseContainer(s.file, kindSegment, segmentSections)
	if err != nil {
		return nil, err
	}
	sizes := []SectionSize{{Name: "header", Bytes: headerSize(len(c.sections))}}
	for _, section := range c.sections {
		sizes = append(sizes, SectionSize{Name: section.id.String(), Bytes: len(section.data)})
	}
	return sizes, nil
}

func (s *Segment) stageLoads() []StageLoad {
	var loads []StageLoad
	slots := s.slots
	for _, stage := range s.stages {
		load := StageLoad{Slots: int(stage.Slots)}
		for _, row := range slots[:stage.Slots] {
			if row.Tiles != 0 {
				load.Used++
			}
		}
		loads, slots = append(loads, load), slots[stage.Slots:]
	}
	return loads
}

// countBlock adds the cells of a block, by their sort keys.
func (s *Segment) countBlock(st *Stats, b blockRow, top int) {
	no := b.FirstTile
	for tiles := b.Tiles; tiles != 0; tiles &= tiles - 1 {
		row := &s.tiles[no]
		no++
		if row.Starts != notCrowded {
			st.Crowded++
		}
		for slot := range uint8(64) {
			first, end := row.cell(s.starts, slot)
			if first >= end {
				continue
			}
			st.Cells++
			st.PerCell[bits.Len32(end-first)]++
			key := grid.Cell(grid.TileOf(b.Block, lowest(tiles)))<<6 | grid.Cell(slot)
			st.Densest = append(st.Densest, CellCount{Cell: key, Postings: int(end - first)})
		}
	}
	if len(st.Densest) > 4*top+1024 {
		st.keepDensest(top)
	}
}

// keepDensest drops all but the top densest cells.
func (st *Stats) keepDensest(top int) {
	slices.SortFunc(st.Densest, func(a, b CellCount) int {
		return cmp.Or(cmp.Compare(b.Postings, a.Postings), cmp.Compare(a.Cell, b.Cell))
	})
	st.Densest = st.Densest[:min(max(top, 0), len(st.Densest))]
}

// nameDensest turns sort keys into cells.
func (st *Stats) nameDensest(g *grid.Grid) (err error) {
	for i := range st.Densest {
		c := &st.Densest[i]
		if c.Cell, err = g.CellFromKey(uint64(c.Cell)); err != nil {
			return corrupt("blocks", "%v", err)
		}
		c.Text = g.Text(c.Cell)
	}
	return nil
}
