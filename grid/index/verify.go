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
// cell, and that combinations, labels and texts are whole. The error wraps
// ErrCorrupt and names the file and the section.
func (s *Segment) Verify() error {
	err := Protect(func() error {
		g, err := grid.New(s.size)
		if err != nil {
			return corrupt("header", "%v", err)
		}
		for _, check := range []func() error{
			s.verifyBlocks, s.verifyTiles, s.verifyCombos, s.verifyLabels,
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
	next := uint32(0)
	for i, row := range s.blocks {
		if i > 0 && row.Block <= s.blocks[i-1].Block {
			return corrupt("blocks", "row %d: block %#x does not come after block %#x", i, row.Block, s.blocks[i-1].Block)
		}
		if row.Tiles == 0 || row.FirstTile != next {
			return corrupt("blocks", "row %d: tiles %#x from row %d, want row %d", i, row.Tiles, row.FirstTile, next)
		}
		next += uint32(bits.OnesCount64(row.Tiles))
	}
	if int(next) != len(s.tiles) {
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
	return nil
}

func (s *Segment) verifyCombos() error {
	combos := len(s.combos) - 1
	if s.combos[0] != 0 || int(s.combos[combos]) != len(s.members) {
		return corrupt("combos", "they span members %d…%d of %d", s.combos[0], s.combos[combos], len(s.members))
	}
	for i := range combos {
		if s.combos[i] > s.combos[i+1] {
			return corrupt("combos", "row %d ends before it begins", i)
		}
		members := s.members[s.combos[i]:s.combos[i+1]]
		for j, label := range members {
			if int(label) >= len(s.labels)-1 || j > 0 && label <= members[j-1] {
				return corrupt("members", "combination %d: label %d is out of order or range", i, label)
			}
		}
		if i > 0 && slices.Compare(s.members[s.combos[i-1]:s.combos[i]], members) >= 0 {
			return corrupt("combos", "row %d is out of order", i)
		}
	}
	return nil
}

func (s *Segment) verifyLabels() error {
	labels := len(s.labels) - 1
	if s.labels[0] != 0 || int(s.labels[labels]) != len(s.names) {
		return corrupt("labels", "they span bytes %d…%d of %d", s.labels[0], s.labels[labels], len(s.names))
	}
	for i := range labels {
		if s.labels[i] > s.labels[i+1] {
			return corrupt("labels", "row %d ends before it begins", i)
		}
		if i > 0 && string(s.names[s.labels[i-1]:s.labels[i]]) >= string(s.names[s.labels[i]:s.labels[i+1]]) {
			return corrupt("names", "label %d is out of order", i)
		}
	}
	return nil
}

// verifyPostings walks the tiles of every block, and with them the postings
// and their texts, in file order.
func (s *Segment) verifyPostings(g *grid.Grid) error {
	text := 0
	for _, block := range s.blocks {
		no := block.FirstTile
		for tiles := block.Tiles; tiles != 0; tiles &= tiles - 1 {
			var err error
			if text, err = s.verifyTile(g, grid.TileOf(block.Block, lowest(tiles)), &s.tiles[no], text); err != nil {
				return err
			}
			no++
		}
	}
	if text != len(s.texts) {
		return corrupt("texts", "%d bytes, the postings refer to %d", len(s.texts), text)
	}
	return nil
}

// verifyTile checks the postings of a tile, whose texts begin at a byte of
// texts, and returns where they end.
func (s *Segment) verifyTile(g *grid.Grid, tile grid.Tile, row *tileRow, text int) (int, error) {
	var summary uint32
	for slot := range uint8(64) {
		first, end := row.cell(s.starts, slot)
		if first == end {
			continue
		}
		c, err := g.CellFromKey(uint64(tile)<<6 | uint64(slot))
		if err != nil {
			return 0, corrupt("tiles", "%v", err)
		}
		var before []byte
		for _, p := range s.postings[row.First+first : row.First+end] {
			if !p.Pos.Valid() || g.Cell(p.Pos) != c {
				return 0, corrupt("postings", "a posting of cell %s is not in it", g.Text(c))
			}
			if int(p.Combo) >= s.Combos() {
				return 0, corrupt("postings", "a posting of cell %s has combination %d of %d", g.Text(c), p.Combo, s.Combos())
			}
			summary |= 1 << (p.Combo % 32)
			now := s.Text(p)
			if int(p.text) != text || now == nil || before != nil && string(now) <= string(before) {
				return 0, corrupt("texts", "a text of cell %s is not at byte %d, or out of order", g.Text(c), text)
			}
			text += uvarintLen(len(now)) + len(now)
			before = now
		}
	}
	if summary != row.Combos {
		return 0, corrupt("tiles", "a tile has combination summary %#x, want %#x", row.Combos, summary)
	}
	return text, nil
}

func uvarintLen(n int) int { return (bits.Len64(uint64(n)|1) + 6) / 7 }
