package grid

import "geodrop/grid/coord"

// Rings yields the rings of the areas, each with its area and without its
// closing vertex, in the order of Vertices. What is outer and what a hole is not
// told: to draw borders it does not matter. The vertices are those of the
// tables.
func (x *AreaIndex) Rings(yield func(area uint32, ring []coord.E7) bool) {
	owners := x.t.owners()
	for first := 0; first < len(owners); first++ {
		last := first
		for last < len(owners) && owners[last] != 0 {
			last++
		}
		if last > first && !yield(owners[first]-1, x.t.Vertices[first:last]) {
			return
		}
		first = last // its closing vertex, where no edge begins
	}
}

// owners are, for each vertex where an edge begins, one more than the area that
// it is an edge of: every edge is in a patch.
func (t *AreaTables) owners() []uint32 {
	owners := make([]uint32, len(t.Vertices))
	next := 0
	word := func() uint32 {
		next++
		return t.Lists[next-1]
	}
	for next < len(t.Lists) {
		for items := word(); items > 0; items-- {
			head := word()
			if head&tagMask == kindWhole {
				continue
			}
			for runs := word(); runs > 0; runs-- {
				first := word()
				edges := word()
				for i := first; i < first+edges; i++ {
					owners[i] = head>>tagBits + 1
				}
			}
		}
	}
	return owners
}
