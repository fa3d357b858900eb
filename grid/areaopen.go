package grid

import (
	"errors"
	"fmt"
)

// ErrTables marks tables that NewAreaIndex did not make.
var ErrTables = errors.New("area tables are damaged")

// OpenAreaIndex returns the index that the tables are of, without copying them:
// they may lie in a mapped file. It reads all but the vertices once and refuses
// tables whose references leave them, so that no lookup can. The error wraps
// ErrTables and names the offset.
//
// It does not tell whether the answers are right: guard the file by a checksum.
func OpenAreaIndex(t AreaTables) (*AreaIndex, error) {
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("%w: %w; fetch or build them again", ErrTables, err)
	}
	return &AreaIndex{t: t}, nil
}

// A tablesCheck walks the cells in the order in which they were built: each
// node and list must follow the one before it, hence all are reached once.
type tablesCheck struct {
	t           *AreaTables
	node, list  uint64 // offsets of the next ones
	areas       uint32
	vertexCount uint64
}

func (t *AreaTables) check() error {
	root := uint64(t.Cols) * uint64(t.Rows)
	switch {
	case t.Shift < minShift || t.Shift > maxShift:
		return fmt.Errorf("root cells of 2^%d are not within 2^%d…2^%d", t.Shift, minShift, maxShift)
	case root > rootCells || root > uint64(len(t.Cells)):
		return fmt.Errorf("%d root cells, but a table of %d", root, len(t.Cells))
	}
	c := tablesCheck{t: t, node: root, areas: t.Areas, vertexCount: uint64(len(t.Vertices))}
	if err := c.entries(0, root, t.Shift); err != nil {
		return err
	}
	if c.node != uint64(len(t.Cells)) || c.list != uint64(len(t.Lists)) {
		return fmt.Errorf("%d of %d cells and %d of %d list words are used", c.node, len(t.Cells), c.list, len(t.Lists))
	}
	return nil
}

// entries checks the entries from…to and all that is below them.
func (c *tablesCheck) entries(from, to uint64, shift uint32) error {
	for at := from; at < to; at++ {
		if err := c.entry(c.t.Cells[at], shift); err != nil {
			return fmt.Errorf("cell %d: %w", at, err)
		}
	}
	return nil
}

func (c *tablesCheck) entry(entry, shift uint32) error {
	value := uint64(entry >> tagBits)
	switch {
	case entry == 0:
		return nil
	case entry&tagMask == tagNode:
		first := c.node
		c.node += nodeCells
		if value != first || c.node > uint64(len(c.t.Cells)) || shift < nodeBits {
			return fmt.Errorf("node at %d, expected at %d", value, first)
		}
		return c.entries(first, c.node, shift-nodeBits)
	case entry&tagMask == tagWhole:
		return c.area(uint32(value))
	case entry&tagMask == tagList:
		if value != c.list {
			return fmt.Errorf("list at %d, expected at %d", value, c.list)
		}
		return c.items()
	}
	return fmt.Errorf("unknown entry %#x", entry)
}

func (c *tablesCheck) area(area uint32) error {
	if area >= c.areas {
		return fmt.Errorf("area %d of %d", area, c.areas)
	}
	return nil
}

// word reads the next word of the lists; ok is false at their end.
func (c *tablesCheck) word() (word uint32, ok bool) {
	if c.list >= uint64(len(c.t.Lists)) {
		return 0, false
	}
	c.list++
	return c.t.Lists[c.list-1], true
}

var errListEnds = errors.New("a list ends early")

func (c *tablesCheck) items() error {
	items, ok := c.word()
	if !ok {
		return errListEnds
	}
	for ; items > 0; items-- {
		if err := c.item(); err != nil {
			return err
		}
	}
	return nil
}

func (c *tablesCheck) item() error {
	head, ok := c.word()
	if !ok {
		return errListEnds
	}
	if err := c.area(head >> tagBits); err != nil || head&tagMask == kindWhole {
		return err
	}
	if head&tagMask > kindOdd {
		return fmt.Errorf("unknown item %#x", head)
	}
	runs, ok := c.word()
	for ; ok && runs > 0; runs-- {
		first, _ := c.word()
		var edges uint32
		if edges, ok = c.word(); ok && uint64(first)+uint64(edges) >= c.vertexCount {
			return fmt.Errorf("vertices %d…%d of %d", first, uint64(first)+uint64(edges), c.vertexCount)
		}
	}
	if !ok {
		return errListEnds
	}
	return nil
}
