package index

import (
	"fmt"

	"geodrop/grid"
)

// Crowds calls yield with the cells that have more than least postings, in
// order. What yield returns is the least from then on, so that looking for the
// densest cells passes nearly all tiles over. The error wraps ErrCorrupt or
// ErrFault.
func (s *Segment) Crowds(g *grid.Grid, least int, yield func(c grid.Cell, postings int) (least int)) error {
	err := Protect(func() error {
		for _, b := range s.blocks {
			no := b.FirstTile
			for tiles := b.Tiles; tiles != 0; tiles &= tiles - 1 {
				row := &s.tiles[no]
				no++
				if int(row.Len) <= least || row.Starts == notCrowded && least >= maxCount {
					continue
				}
				var err error
				if least, err = s.crowds(g, row, grid.TileOf(b.Block, lowest(tiles)), least, yield); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("cells of segment %s: %w", s.path, err)
	}
	return nil
}

func (s *Segment) crowds(g *grid.Grid, row *tileRow, t grid.Tile, least int, yield func(grid.Cell, int) int) (int, error) {
	for slot := range uint8(64) {
		first, end := row.cell(s.starts, slot)
		if end <= first || int(end-first) <= least {
			continue
		}
		c, err := g.CellFromKey(uint64(t)<<6 | uint64(slot))
		if err != nil {
			return least, corrupt("blocks", "%v", err)
		}
		least = yield(c, int(end-first))
	}
	return least, nil
}
