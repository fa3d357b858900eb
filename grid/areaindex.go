package grid

import "geodrop/grid/coord"

// AreaIndex tells which of many shapes hold a position, with the answers of
// Shape.Contains, in tens of nanoseconds and without allocating. It is made of
// flat tables (AreaTables), so that a mapped file can back it.
//
// The Earth is cut into square root cells of 2^Shift · 1e-7 degrees; a cell with
// many edges is cut again into 16×16, and so on:
//
//	root cell ──► nothing here
//	          ──► all of it in one area
//	          ──► list: areas that hold all of the cell, and patches: the edges
//	          │         of an area that meet the cell
//	          ──► 16×16 cells ──► …
//
// It is immutable and safe for concurrent use. Make it with NewAreaIndex or
// OpenAreaIndex.
type AreaIndex struct {
	t AreaTables
}

// AreaTables are the tables of an AreaIndex.
//
// An entry of Cells is 0 where no area is; else its low two bits say what the
// others are:
//
//	 31                            2 1 0
//	┌───────────────────────────────┬───┐
//	│ offset in Cells of 256 cells  │ 1 │   row by row from the south-west
//	│ area                          │ 2 │
//	│ offset in Lists               │ 3 │
//	└───────────────────────────────┴───┘
//
// A list is the number of its items, and the items, in the order of the areas:
//
//	┌────────────────┬───┐
//	│ area           │ 2 │   the area holds all of the cell
//	└────────────────┴───┘
//	┌────────────────┬───┬──────┬───────┬───────┬─
//	│ area           │odd│ runs │ first │ edges │ …   a patch
//	└────────────────┴───┴──────┴───────┴───────┴─
//
// An area of several polygons may have several patches in a list. A run is the
// edges between Vertices[first] and Vertices[first+edges]. odd (0 or 1) is
// whether the area holds the points of the cell's west edge, edges of the runs
// not counted.
type AreaTables struct {
	Shift       uint32 // log2 of the edge of a root cell in 1e-7 degrees
	West, South uint32 // column and row of the first root cell, from -180, -90 degrees
	Cols, Rows  uint32 // of root cells, the first Cols·Rows entries of Cells
	Areas       uint32 // their number
	Cells       []uint32
	Lists       []uint32
	Vertices    []coord.E7 // ring by ring, each closed by its first vertex
}

// The low bits of an entry of Cells, and of the first word of an item.
const (
	tagNode, tagWhole, tagList = 1, 2, 3

	kindOdd, kindWhole = 1, 2

	tagBits = 2
	tagMask = 1<<tagBits - 1
)

// A node is 16×16 cells.
const (
	nodeBits  = 4
	nodeEdge  = 1 << nodeBits
	nodeCells = nodeEdge * nodeEdge
)

// Tables are the tables of the index. They must not be changed.
func (x *AreaIndex) Tables() AreaTables { return x.t }

// Find appends the areas that hold p to dst, in ascending order. p must be
// valid.
func (x *AreaIndex) Find(p coord.E7, dst []uint32) []uint32 {
	return x.find(p, -1, dst)
}

// First is the lowest area that holds p. p must be valid.
func (x *AreaIndex) First(p coord.E7) (area uint32, ok bool) {
	var buf [1]uint32
	if found := x.find(p, 1, buf[:0]); len(found) > 0 {
		return found[0], true
	}
	return 0, false
}

// find is Find that stops when dst has limit areas.
func (x *AreaIndex) find(p coord.E7, limit int, dst []uint32) []uint32 {
	p = canonical(p)
	east, north := rasterPosition(p)
	shift := x.t.Shift
	col, row := east>>shift-x.t.West, north>>shift-x.t.South
	if col >= x.t.Cols || row >= x.t.Rows { // also where a difference is below 0
		return dst
	}
	entry := x.t.Cells[row*x.t.Cols+col]
	for entry&tagMask == tagNode {
		shift -= nodeBits
		col, row = east>>shift%nodeEdge, north>>shift%nodeEdge
		entry = x.t.Cells[entry>>tagBits+row*nodeEdge+col]
	}
	switch entry & tagMask {
	case tagWhole:
		return append(dst, entry>>tagBits)
	case tagList:
		b := rasterBox(east>>shift, north>>shift, shift)
		return findInList(x.t.Lists[entry>>tagBits:], x.t.Vertices, &b, p, limit, dst)
	}
	return dst
}

// findInList appends the areas of a list that hold p, a canonical position in
// box b.
func findInList(list []uint32, vertices []coord.E7, b *box, p coord.E7, limit int, dst []uint32) []uint32 {
	from := len(dst)
	items, list := list[0], list[1:]
	for ; items > 0; items-- {
		area, kind := list[0]>>tagBits, list[0]&tagMask
		var holds bool
		if kind == kindWhole {
			holds, list = true, list[1:]
		} else {
			holds, list = listedPatchHolds(list, vertices, b, p)
		}
		if holds && (len(dst) == from || dst[len(dst)-1] != area) {
			if dst = append(dst, area); len(dst)-from == limit {
				break
			}
		}
	}
	return dst
}

// listedPatchHolds is patch.holds on the patch at the front of a list; rest is
// what follows it.
func listedPatchHolds(list []uint32, vertices []coord.E7, b *box, p coord.E7) (holds bool, rest []uint32) {
	odd := list[0]&tagMask == kindOdd
	runs, rest := list[1], list[2:]
	for ; runs > 0; runs-- {
		first, edges := rest[0], rest[1]
		odd = odd != runOdd(vertices[first:first+edges+1], b.west, b.north, p)
		rest = rest[2:]
	}
	return odd, rest
}

// appendList appends the list of what members know, and returns it.
func appendList(lists []uint32, members []patch) []uint32 {
	lists = append(lists, uint32(len(members)))
	for _, m := range members {
		if m.whole() {
			lists = append(lists, m.area<<tagBits|kindWhole)
			continue
		}
		kind := uint32(0)
		if m.odd {
			kind = kindOdd
		}
		lists = append(lists, m.area<<tagBits|kind, uint32(len(m.runs)))
		for _, r := range m.runs {
			lists = append(lists, r.first, uint32(r.edges()))
		}
	}
	return lists
}

// rasterPosition is the distance of p from -180, -90 degrees.
func rasterPosition(p coord.E7) (east, north uint32) {
	return uint32(p.Lng) + uint32(coord.MaxLngE7), uint32(p.Lat) + uint32(coord.MaxLatE7)
}

// rasterBox is the box of a cell of 2^shift · 1e-7 degrees that begins on the
// Earth.
func rasterBox(col, row, shift uint32) box {
	west, south := int64(col)<<shift-turn/2, int64(row)<<shift-int64(coord.MaxLatE7)
	return box{
		west:  int32(west),
		south: int32(south),
		north: int32(min(south+1<<shift, int64(coord.MaxLatE7))),
		width: min(1<<shift, turn/2-west),
	}
}
