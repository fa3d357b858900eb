package index

import (
	"fmt"
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
	secCells
	secPostings
	secCombos
	secMembers
	secLabels
	secNames
	secTexts
)

var segmentSections = []sectionID{
	secBlocks, secStages, secSlots, secTiles, secCells, secPostings,
	secCombos, secMembers, secLabels, secNames, secTexts,
}

// String is the name that the package comment gives the section.
func (id sectionID) String() string {
	switch id {
	case secBlocks:
		return "blocks"
	case secStages:
		return "stages"
	case secSlots:
		return "slots"
	case secTiles:
		return "tiles"
	case secCells:
		return "cells"
	case secPostings:
		return "postings"
	case secCombos:
		return "combos"
	case secMembers:
		return "members"
	case secLabels:
		return "labels"
	case secNames:
		return "names"
	case secTexts:
		return "texts"
	}
	return fmt.Sprintf("section %d", uint32(id))
}

// blockRow is a row of the sections blocks and slots. Tiles is never 0 in
// blocks; in slots 0 marks a free slot.
type blockRow struct {
	Block     grid.Block
	FirstTile uint32 // row in tiles of the block's lowest tile
	Tiles     uint64 // bit n: the block's tile n has postings
}

// tileRow is a row of the section tiles.
type tileRow struct {
	Cells     uint64 // bit n: the tile's slot n has postings
	FirstCell uint32 // row in cells of the tile's lowest cell
	Combos    uint32 // bit n: a posting of the tile has a combination ≡ n modulo 32
}

// Posting is one point of the index.
type Posting struct {
	Pos   coord.E7
	Combo uint32 // combination of the segment, see Segment.Combo
	text  uint32 // offset in texts
}

// fixed are the row types that are used in place in a mapped file.
type fixed interface {
	blockRow | stage | tileRow | uint32 | Posting
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
