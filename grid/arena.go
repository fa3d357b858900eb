package grid

import "geodrop/grid/coord"

// An arena holds patches and their runs, and gives them back last in, first
// out.
type arena struct {
	runs    []run
	patches []patch
}

// An arenaMark is a state of an arena to return to.
type arenaMark struct{ runs, patches int }

func (a *arena) mark() arenaMark { return arenaMark{runs: len(a.runs), patches: len(a.patches)} }

func (a *arena) cut(m arenaMark) { a.runs, a.patches = a.runs[:m.runs], a.patches[:m.patches] }

// narrow narrows the members to a box inside theirs, and drops those which have
// nothing in it or which another of the same area makes needless. The result
// is valid until the arena is cut.
func (a *arena) narrow(vertices []coord.E7, from, to *box, members []patch) []patch {
	mark := len(a.patches)
	for i := range members {
		m := members[i]
		if !m.whole() {
			m, a.runs = m.narrow(vertices, from, to, a.runs)
		}
		if !m.empty() {
			a.add(m, mark)
		}
	}
	return a.patches[mark:len(a.patches):len(a.patches)]
}

// add appends a patch to those from mark on, in which an area that is whole has
// no other patch.
func (a *arena) add(m patch, mark int) {
	last := len(a.patches)
	if last > mark && a.patches[last-1].area == m.area {
		if a.patches[last-1].whole() {
			return
		}
		for m.whole() && last > mark && a.patches[last-1].area == m.area {
			last--
		}
	}
	a.patches = append(a.patches[:last], m)
}
