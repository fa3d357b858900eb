package index

import (
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
			s.verifyBlocks, s.verifyHash, s.verifyTiles, s.verifyCombos, s.verifyLabels,
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
	return nil
}

func (s *Segment) verifyHash() error {
	if len(s.stages) > 0 && !s.hashVerifies() {
		return corrupt("slots", "the prefix hash does not find exactly the blocks")
	}
	return nil
}

func (s *Segment) verifyTiles() error {
	next := uint32(0)
	for i, tile := range s.tiles {
		if tile.Cells == 0 || tile.FirstCell != next {
			return corrupt("tiles", "row %d: cells %#x from row %d, want row %d", i, tile.Cells, tile.FirstCell, next)
		}
		next += uint32(bits.OnesCount64(tile.Cells))
	}
	if int(next) != len(s.cells)-1 {
		return corrupt("cells", "%d rows, the tiles refer to %d", len(s.cells)-1, next)
	}
	if s.cells[0] != 0 || int(s.cells[next]) != len(s.postings) {
		return corrupt("cells", "they span postings %d…%d of %d", s.cells[0], s.cells[next], len(s.postings))
	}
	for i := range next {
		if s.cells[i] >= s.cells[i+1] {
			return corrupt("cells", "row %d has no postings", i)
		}
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

// verifyPostings walks the cells of every tile of every block, and with them
// the postings and their texts, in file order.
func (s *Segment) verifyPostings(g *grid.Grid) error {
	text, posting := 0, uint32(0)
	for _, block := range s.blocks {
		no := block.FirstTile
		for tiles := block.Tiles; tiles != 0; tiles &= tiles - 1 {
			key := uint64(grid.TileOf(block.Block, lowest(tiles)))
			tile, cell := s.tiles[no], s.tiles[no].FirstCell
			var summary uint32
			for slots := tile.Cells; slots != 0; slots &= slots - 1 {
				c, err := g.CellFromKey(key<<6 | uint64(lowest(slots)))
				if err != nil {
					return corrupt("tiles", "row %d: %v", no, err)
				}
				for ; posting < s.cells[cell+1]; posting++ {
					p := s.postings[posting]
					if !p.Pos.Valid() || g.Cell(p.Pos) != c {
						return corrupt("postings", "row %d is not in its cell %s", posting, g.Text(c))
					}
					if int(p.Combo) >= s.Combos() {
						return corrupt("postings", "row %d has combination %d of %d", posting, p.Combo, s.Combos())
					}
					summary |= 1 << (p.Combo % 32)
					if text, err = s.verifyText(p, posting, text, posting > s.cells[cell]); err != nil {
						return err
					}
				}
				cell++
			}
			if summary != tile.Combos {
				return corrupt("tiles", "row %d: combination summary %#x, want %#x", no, tile.Combos, summary)
			}
			no++
		}
	}
	if text != len(s.texts) {
		return corrupt("texts", "%d bytes, the postings refer to %d", len(s.texts), text)
	}
	return nil
}

// verifyText checks that the text of a posting begins where the one before
// ended and, within a cell, comes after it; it returns where it ends.
func (s *Segment) verifyText(p Posting, no uint32, want int, sameCell bool) (end int, err error) {
	text := s.Text(p)
	if int(p.text) != want || text == nil {
		return 0, corrupt("texts", "the text of posting %d is not at byte %d", no, want)
	}
	if sameCell && string(text) <= string(s.Text(s.postings[no-1])) {
		return 0, corrupt("texts", "the text of posting %d is out of order", no)
	}
	end = int(p.text) + uvarintLen(len(text)) + len(text)
	return end, nil
}

func uvarintLen(n int) int { return (bits.Len64(uint64(n)|1) + 6) / 7 }
