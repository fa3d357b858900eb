package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"sync"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// Errors of a Writer.
var (
	ErrEntry = errors.New("entry contradicts itself")
	ErrOrder = errors.New("entries are out of order")
	ErrFull  = errors.New("segment is full")
	ErrState = errors.New("writer used out of turn")
)

// Entry is one posting to be written.
type Entry struct {
	Cell  grid.Cell
	Pos   coord.E7 // in Cell
	Combo uint32   // of the Combinations given to the writer
	Text  []byte   // copied; unique among entries of one cell and their order
}

// Combinations are sets of labels, numbered as they are first seen. The zero
// value is empty and ready to use, by several goroutines.
type Combinations struct {
	mu     sync.Mutex
	labels [][]string
	byKey  map[string]uint32
	key    []byte
}

// Add returns the number of the combination of the labels, which must be
// ascending and without duplicates.
func (c *Combinations) Add(labels []string) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.key = c.key[:0]
	for _, label := range labels {
		c.key = binary.AppendUvarint(c.key, uint64(len(label)))
		c.key = append(c.key, label...)
	}
	if n, ok := c.byKey[string(c.key)]; ok {
		return n
	}
	if c.byKey == nil {
		c.byKey = map[string]uint32{}
	}
	n := uint32(len(c.labels))
	c.labels = append(c.labels, slices.Clone(labels))
	c.byKey[string(c.key)] = n
	return n
}

// Labels are the labels of a combination, to be read only.
func (c *Combinations) Labels(n uint32) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.labels[n]
}

// Len is the number of combinations.
func (c *Combinations) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.labels)
}

// Writer builds one segment after another in memory. Entries come in order:
// by cell, then by text. What it writes depends on the entries alone, not on
// how combinations were numbered.
//
//	Add … Add, WriteTo, Add … Add, WriteTo, …
type Writer struct {
	grid   *grid.Grid
	combos *Combinations
	stages int

	blocks   []blockRow
	tiles    []tileRow
	starts   []uint32
	postings []Posting
	texts    []byte
	counts   [64]uint32 // postings of the cells of the last tile
	used     map[uint32]struct{}
	known    uint32 // combinations that there were at least
	lastCell grid.Cell
	lastText []byte
}

// NewWriter returns a writer of segments on a grid whose entries refer to
// combos, which may grow between calls of Add.
func NewWriter(g *grid.Grid, combos *Combinations) *Writer {
	return &Writer{grid: g, combos: combos, stages: maxStages, used: map[uint32]struct{}{}}
}

// DisableHash makes the writer leave the prefix hash out.
func (w *Writer) DisableHash() { w.stages = 0 }

// Len is the number of entries since the last WriteTo.
func (w *Writer) Len() int { return len(w.postings) }

// Tiles is the range of tiles of the entries since the last WriteTo, both ends
// included. There must be some.
func (w *Writer) Tiles() (first, last grid.Tile) {
	return grid.TileOf(w.blocks[0].Block, lowest(w.blocks[0].Tiles)), w.lastCell.Tile()
}

// Size is about the number of bytes that WriteTo would write.
func (w *Writer) Size() int64 {
	const perBlock = 16 + 37 // its row, and its share of slots
	const perTile, perPosting = 64, 16
	return int64(len(w.blocks)*perBlock + len(w.tiles)*perTile + len(w.starts)*4 +
		len(w.postings)*perPosting + len(w.texts))
}

// Add appends one entry. The error wraps ErrEntry (a position that is not in the
// cell, an unknown combination), ErrOrder or ErrFull; the writer is unchanged
// then.
func (w *Writer) Add(e Entry) error {
	if err := w.check(e); err != nil {
		return fmt.Errorf("add to segment: %w", err)
	}
	if len(w.postings) > 0 {
		if e.Cell < w.lastCell || e.Cell == w.lastCell && string(e.Text) <= string(w.lastText) {
			return fmt.Errorf("add to segment: %w: %q in cell %s after %q in cell %s", ErrOrder,
				e.Text, w.grid.Text(e.Cell), w.lastText, w.grid.Text(w.lastCell))
		}
	}
	if len(w.texts)+len(e.Text)+binary.MaxVarintLen32 > math.MaxUint32 {
		return fmt.Errorf("add to segment: %w: its texts have %d bytes", ErrFull, len(w.texts))
	}
	w.turnTo(e.Cell)
	w.postings = append(w.postings, Posting{Pos: e.Pos, Combo: e.Combo, text: uint32(len(w.texts))})
	w.counts[e.Cell.Slot()]++
	w.used[e.Combo] = struct{}{}
	w.texts = binary.AppendUvarint(w.texts, uint64(len(e.Text)))
	w.lastText = append(w.lastText[:0], e.Text...)
	w.texts = append(w.texts, e.Text...)
	w.lastCell = e.Cell
	return nil
}

// check refuses entries that no reader could make sense of.
func (w *Writer) check(e Entry) error {
	switch {
	case !e.Pos.Valid():
		return fmt.Errorf("%w: %q is at %+v, which is no position", ErrEntry, e.Text, e.Pos)
	case w.grid.Cell(e.Pos) != e.Cell:
		return fmt.Errorf("%w: %q is in cell %s, its entry says %#x", ErrEntry, e.Text, w.grid.Text(w.grid.Cell(e.Pos)), uint64(e.Cell))
	case e.Combo < w.known:
		return nil
	}
	if w.known = uint32(w.combos.Len()); e.Combo >= w.known {
		return fmt.Errorf("%w: %q has combination %d of %d", ErrEntry, e.Text, e.Combo, w.known)
	}
	return nil
}

// turnTo starts the rows of the cell's tile and block where they are not those
// of the cell before.
func (w *Writer) turnTo(c grid.Cell) {
	fresh := len(w.postings) == 0
	if !fresh && c.Tile() == w.lastCell.Tile() {
		return
	}
	if !fresh {
		w.closeTile()
	}
	if fresh || c.Block() != w.lastCell.Block() {
		w.blocks = append(w.blocks, blockRow{Block: c.Block(), FirstTile: uint32(len(w.tiles))})
	}
	w.blocks[len(w.blocks)-1].Tiles |= 1 << c.Tile().InBlock()
	w.tiles = append(w.tiles, tileRow{First: uint32(len(w.postings)), Starts: notCrowded})
}

// closeTile writes the counts of the last tile into its row, or its starts
// where it is crowded.
func (w *Writer) closeTile() {
	row := &w.tiles[len(w.tiles)-1]
	row.Len = uint32(len(w.postings)) - row.First
	if slices.Max(w.counts[:]) > maxCount {
		row.Starts = uint32(len(w.starts))
		total := uint32(0)
		for _, n := range w.counts {
			w.starts = append(w.starts, total)
			total += n
		}
		w.starts = append(w.starts, total)
	} else {
		total := uint16(0)
		for slot, n := range w.counts {
			if slot%8 == 0 {
				row.Rows[slot/8] = total
			}
			row.Counts[slot/8] |= n << (4 * (slot % 8))
			total += uint16(n)
		}
	}
	w.counts = [64]uint32{}
}

// WriteTo writes the segment and forgets its entries, whether or not that
// succeeds. It returns the bytes written. The error wraps ErrState where there
// are no entries.
func (w *Writer) WriteTo(out io.Writer) (int64, error) {
	if len(w.postings) == 0 {
		return 0, fmt.Errorf("write segment: %w: it has no entries", ErrState)
	}
	w.closeTile()
	combos, members, labels, names := w.number()
	stages, slots, _ := buildHash(w.blocks, w.stages) // without one, readers bisect
	first, last := w.Tiles()
	n, err := writeContainer(out, kindSegment,
		meta{uint64(w.grid.Size()), uint64(first), uint64(last)},
		[]section{
			{secBlocks, raw(w.blocks)}, {secStages, raw(stages)}, {secSlots, raw(slots)},
			{secTiles, raw(w.tiles)}, {secStarts, raw(w.starts)}, {secPostings, raw(w.postings)},
			{secCombos, raw(combos)}, {secMembers, raw(members)}, {secLabels, raw(labels)},
			{secNames, names}, {secTexts, w.texts},
		})
	w.reset()
	if err != nil {
		return n, fmt.Errorf("write segment: %w", err)
	}
	return n, nil
}

func (w *Writer) reset() {
	w.blocks, w.tiles, w.starts = w.blocks[:0], w.tiles[:0], w.starts[:0]
	w.postings, w.texts = w.postings[:0], w.texts[:0]
	clear(w.used)
}

// number gives the combinations and labels in use their numbers in the
// segment, in ascending order, and rewrites the postings.
func (w *Writer) number() (combos, members, labels []uint32, names []byte) {
	used := make([]uint32, 0, len(w.used))
	var texts []string
	for n := range w.used {
		used = append(used, n)
		texts = append(texts, w.combos.Labels(n)...)
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	slices.SortFunc(used, func(a, b uint32) int { return slices.Compare(w.combos.Labels(a), w.combos.Labels(b)) })

	labelNo := make(map[string]uint32, len(texts))
	labels = append(labels, 0)
	for i, text := range texts {
		labelNo[text] = uint32(i)
		names = append(names, text...)
		labels = append(labels, uint32(len(names)))
	}
	comboNo := make(map[uint32]uint32, len(used))
	combos = append(combos, 0)
	for i, n := range used {
		comboNo[n] = uint32(i)
		for _, label := range w.combos.Labels(n) {
			members = append(members, labelNo[label])
		}
		combos = append(combos, uint32(len(members)))
	}
	w.renumber(comboNo)
	return combos, members, labels, names
}

// renumber gives the postings their combinations in the segment, and each tile
// its summary of them.
func (w *Writer) renumber(no map[uint32]uint32) {
	for i := range w.tiles {
		row := &w.tiles[i]
		for j := row.First; j < row.First+row.Len; j++ {
			p := &w.postings[j]
			p.Combo = no[p.Combo]
			row.Combos |= 1 << (p.Combo % 32)
		}
	}
}

// lowest is the number of the lowest bit set.
func lowest(set uint64) uint8 { return uint8(bits.TrailingZeros64(set)) }
