package index

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"geodrop/grid"
)

// Verify checks every invariant of the file beyond what Open does: that rows
// are sorted, refer to each other without gaps, that each posting lies in its
// cell, and that combinations, labels and texts are whole and in use. What it
// accepts is, but for the prefix hash, byte for byte what a Writer makes of the
// same entries, and look-ups in it need Protect for faults only. The error
// wraps ErrCorrupt and names the file and the section.
func (s *Segment) Verify() error {
	err := Protect(func() error {
		g, err := grid.New(s.size)
		if err != nil {
			return corrupt("header", "%v", err)
		}
		for _, check := range []func() error{
			s.verifyBlocks, s.verifyTiles, s.verifyLabels, s.verifyCombos,
			func() error { return s.verifyPostings(g) },
		} {
			if err := check(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("verify segment %s: %w", s.path, err)
	}
	return nil
}

func (s *Segment) verifyBlocks() error {
	next := uint64(0)
	for i, row := range s.blocks {
		if i > 0 && row.Block <= s.blocks[i-1].Block {
			return corrupt("blocks", "row %d: block %#x does not come after block %#x", i, row.Block, s.blocks[i-1].Block)
		}
		if row.Tiles == 0 || uint64(row.FirstTile) != next {
			return corrupt("blocks", "row %d: tiles %#x from row %d, want row %d", i, row.Tiles, row.FirstTile, next)
		}
		next += uint64(bits.OnesCount64(row.Tiles))
	}
	if next != uint64(len(s.tiles)) {
		return corrupt("tiles", "%d rows, the blocks refer to %d", len(s.tiles), next)
	}
	first, last := s.blocks[0], s.blocks[len(s.blocks)-1]
	if s.first != grid.TileOf(first.Block, lowest(first.Tiles)) ||
		s.last != grid.TileOf(last.Block, uint8(bits.Len64(last.Tiles)-1)) {
		return corrupt("header", "tiles %#x…%#x are not those of the blocks", uint64(s.first), uint64(s.last))
	}
	if len(s.stages) > 0 && !s.hashVerifies() {
		return corrupt("slots", "the prefix hash does not find exactly the blocks")
	}
	return nil
}

// verifyTiles checks that the postings of the tiles follow each other, and that
// their counts add up.
func (s *Segment) verifyTiles() error {
	next, starts := uint32(0), 0
	for i := range s.tiles {
		row := &s.tiles[i]
		if row.First != next || row.Len == 0 || uint64(row.First)+uint64(row.Len) > uint64(len(s.postings)) {
			return corrupt("tiles", "row %d: %d postings from %d, want from %d", i, row.Len, row.First, next)
		}
		next += row.Len
		if row.Starts == notCrowded {
			if err := row.verifyCounts(); err != nil {
				return corrupt("tiles", "row %d: %v", i, err)
			}
			continue
		}
		if int(row.Starts) != starts || starts+crowdedRows > len(s.starts) {
			return corrupt("starts", "tile %d begins at row %d, want %d", i, row.Starts, starts)
		}
		if err := row.verifyStarts(s.starts[starts : starts+crowdedRows]); err != nil {
			return corrupt("starts", "tile %d: %v", i, err)
		}
		starts += crowdedRows
	}
	switch {
	case int(next) != len(s.postings):
		return corrupt("postings", "%d rows, the tiles refer to %d", len(s.postings), next)
	case starts != len(s.starts):
		return corrupt("starts", "%d rows, the tiles refer to %d", len(s.starts), starts)
	}
	return nil
}

func (t *tileRow) verifyCounts() error {
	total := uint32(0)
	for row, counts := range t.Counts {
		if uint32(t.Rows[row]) != total {
			return fmt.Errorf("%d postings before row %d of cells, want %d", t.Rows[row], row, total)
		}
		total += sum(counts)
	}
	if total != t.Len {
		return fmt.Errorf("its cells have %d postings of %d", total, t.Len)
	}
	return nil
}

func (t *tileRow) verifyStarts(starts []uint32) error {
	if t.Rows != [8]uint16{} || t.Counts != [8]uint32{} {
		return errors.New("a crowded tile has counts in its row")
	}
	if starts[0] != 0 || starts[64] != t.Len || !slices.IsSorted(starts) {
		return fmt.Errorf("its cells span postings %d…%d of %d", starts[0], starts[64], t.Len)
	}
	for slot := range starts[1:] {
		if starts[slot+1]-starts[slot] > maxCount {
			return nil
		}
	}
	return fmt.Errorf("none of its cells has more than %d postings", maxCount)
}

func (s *Segment) verifyLabels() error {
	if err := verifyBounds(secLabels, s.labels, len(s.names)); err != nil {
		return err
	}
	for i := 1; i < len(s.labels)-1; i++ {
		if string(s.names[s.labels[i-1]:s.labels[i]]) >= string(s.names[s.labels[i]:s.labels[i+1]]) {
			return corrupt("names", "label %d is out of order", i)
		}
	}
	return nil
}

func (s *Segment) verifyCombos() error {
	if err := verifyBounds(secCombos, s.combos, len(s.members)); err != nil {
		return err
	}
	used := make([]bool, len(s.labels)-1)
	var before []uint32
	for i := range s.Combos() {
		members := s.members[s.combos[i]:s.combos[i+1]]
		for j, label := range members {
			if uint64(label) >= uint64(len(used)) || j > 0 && label <= members[j-1] {
				return corrupt("members", "combination %d: label %d is out of order or range", i, label)
			}
			used[label] = true
		}
		if i > 0 && slices.Compare(before, members) >= 0 {
			return corrupt("combos", "row %d is out of order", i)
		}
		before = members
	}
	if i := slices.Index(used, false); i >= 0 {
		return corrupt("labels", "label %d is in no combination", i)
	}
	return nil
}

// verifyBounds checks that rows, each the end of the one before, span n things.
func verifyBounds(id sectionID, rows []uint32, n int) error {
	if last := rows[len(rows)-1]; rows[0] != 0 || uint64(last) != uint64(n) {
		return corrupt(id.String(), "the rows span %d…%d, want 0…%d", rows[0], last, n)
	}
	for i := range rows[1:] {
		if rows[i] > rows[i+1] {
			return corrupt(id.String(), "row %d ends before it begins", i)
		}
	}
	return nil
}

// A walk is how far verifyPostings has come.
type walk struct {
	grid *grid.Grid
	text int    // where the next text begins
	used []bool // combinations met
}

// verifyPostings walks the tiles of every block, and with them the postings
// and their texts, in file order.
func (s *Segment) verifyPostings(g *grid.Grid) error {
	w := walk{grid: g, used: make([]bool, s.Combos())}
	for _, block := range s.blocks {
		no := block.FirstTile
		for tiles := block.Tiles; tiles != 0; tiles &= tiles - 1 {
			if err := s.verifyTile(&w, grid.TileOf(block.Block, lowest(tiles)), &s.tiles[no]); err != nil {
				return err
			}
			no++
		}
	}
	if w.text != len(s.texts) {
		return corrupt("texts", "%d bytes, the postings refer to %d", len(s.texts), w.text)
	}
	if i := slices.Index(w.used, false); i >= 0 {
		return corrupt("combos", "no posting has combination %d", i)
	}
	return nil
}

// verifyTile checks the postings of a tile.
func (s *Segment) verifyTile(w *walk, tile grid.Tile, row *tileRow) error {
	var summary uint32
	for slot := range uint8(64) {
		first, end := row.cell(s.starts, slot)
		if first == end {
			continue
		}
		c, err := w.grid.CellFromKey(uint64(tile)<<6 | uint64(slot))
		if err != nil {
			return corrupt("tiles", "%v", err)
		}
		postings := s.postings[row.First+first : row.First+end]
		if err := s.verifyCell(w, c, postings); err != nil {
			return err
		}
		for _, p := range postings {
			summary |= 1 << (p.Combo % 32)
		}
	}
	if summary != row.Combos {
		return corrupt("tiles", "a tile has combination summary %#x, want %#x", row.Combos, summary)
	}
	return nil
}

func (s *Segment) verifyCell(w *walk, c grid.Cell, postings []Posting) error {
	var before []byte
	for i, p := range postings {
		text := s.Text(p)
		switch {
		case !p.Pos.Valid() || w.grid.Cell(p.Pos) != c:
			return corrupt("postings", "a posting of cell %s is not in it", w.grid.Text(c))
		case uint64(p.Combo) >= uint64(len(w.used)):
			return corrupt("postings", "a posting of cell %s has combination %d of %d", w.grid.Text(c), p.Combo, len(w.used))
		case uint64(p.text) != uint64(w.text) || text == nil || i > 0 && string(text) <= string(before):
			return corrupt("texts", "a text of cell %s is not at byte %d, or out of order", w.grid.Text(c), w.text)
		}
		w.used[p.Combo] = true
		w.text += uvarintLen(len(text)) + len(text)
		before = text
	}
	return nil
}

func uvarintLen(n int) int { return (bits.Len64(uint64(n)|1) + 6) / 7 }
