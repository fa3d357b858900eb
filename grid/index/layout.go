package index

import (
	"fmt"
	"math"
	"unsafe"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// The sections of a segment, in file order.
const (
	secBlocks sectionID = iota + 1
	secStages
	secSlots
	secTiles
	secStarts
	secPostings
	secCombos
	secMembers
	secLabels
	secNames
	secTexts
)

var segmentSections = []sectionID{
	secBlocks, secStages, secSlots, secTiles, secStarts, secPostings,
	secCombos, secMembers, secLabels, secNames, secTexts,
}

var sectionNames = [...]string{
	secBlocks: "blocks", secStages: "stages", secSlots: "slots", secTiles: "tiles", secStarts: "starts",
	secPostings: "postings", secCombos: "combos", secMembers: "members", secLabels: "labels",
	secNames: "names", secTexts: "texts",
	secAreaCells: "area cells", secAreaLists: "area lists", secAreaVertices: "area vertices",
}

// String is the name that the package comment gives the section.
func (id sectionID) String() string {
	if int(id) < len(sectionNames) && sectionNames[id] != "" {
		return sectionNames[id]
	}
	return fmt.Sprintf("%d", uint32(id))
}

// blockRow is a row of the sections blocks and slots. Tiles is never 0 in
// blocks; in slots 0 marks a free slot.
type blockRow struct {
	Block     grid.Block
	FirstTile uint32 // row in tiles of the block's first tile
	Tiles     uint64 // bit n: the block's tile n has postings
}

// tileRow is a row of the section tiles: one cache line with all that a
// look-up needs to find the postings of any cell of the tile.
type tileRow struct {
	First  uint32    // the tile's first posting
	Len    uint32    // its postings
	Combos uint32    // bit n: a posting has a combination ≡ n modulo 32
	Starts uint32    // row in starts of a crowded tile, else notCrowded
	Rows   [8]uint16 // postings before the row of cells
	Counts [8]uint32 // postings of the cells of a row, 4 bits a cell, west lowest
}

// A tile is crowded where a cell of it has more than maxCount postings. Rows and
// Counts are zero then, and starts has, for each of its 64 cells, the postings
// of the tile before the cell, and the end.
const (
	notCrowded  = math.MaxUint32
	maxCount    = 15
	crowdedRows = 65
)

// sum adds eight 4-bit numbers.
func sum(counts uint32) uint32 {
	const low = 0x0f0f0f0f
	return (counts&low + counts>>4&low) * 0x01010101 >> 24
}

// crowdedCells are the postings in the columns west…east of a row of cells of a
// crowded tile, counted from the tile's first.
func (t *tileRow) crowdedCells(starts []uint32, row, west, east int) (first, end uint32) {
	of := starts[t.Starts : uint64(t.Starts)+crowdedRows]
	return of[row*8+west], of[row*8+east+1]
}

// cell are the postings of one cell, counted from the tile's first.
func (t *tileRow) cell(starts []uint32, slot uint8) (first, end uint32) {
	row, col := int(slot/8), int(slot%8)
	if t.Starts != notCrowded {
		return t.crowdedCells(starts, row, col, col)
	}
	first = uint32(t.Rows[row]) + sum(t.Counts[row]&(1<<(4*col)-1))
	return first, first + t.Counts[row]>>(4*col)&maxCount
}

// Posting is one point of the index.
type Posting struct {
	Pos   coord.E7
	Combo uint32 // combination of the segment, see Segment.Combo
	text  uint32 // offset in texts
}

// fixed are the row types that are used in place in a mapped file.
type fixed interface {
	blockRow | tileRow | stage | uint32 | [crowdedRows]uint32 | Posting | coord.E7
}

// view reads a section as rows without copying. The bytes must be aligned to
// 8, as every section is.
func view[T fixed](s section) ([]T, error) {
	var row T
	size := int(unsafe.Sizeof(row))
	switch {
	case len(s.data)%size != 0:
		return nil, corrupt(s.id.String(), "%d bytes are not a multiple of the row size %d", len(s.data), size)
	case len(s.data) == 0:
		return nil, nil
	}
	first := unsafe.Pointer(unsafe.SliceData(s.data))
	if uintptr(first)%unsafe.Alignof(row) != 0 {
		return nil, corrupt(s.id.String(), "the section is not aligned in memory")
	}
	return unsafe.Slice((*T)(first), len(s.data)/size), nil
}

// raw is the inverse of view.
func raw[T fixed](rows []T) []byte {
	var row T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(rows))), len(rows)*int(unsafe.Sizeof(row)))
}

// littleEndian reports whether this machine can use the file format in place.
func littleEndian() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}
