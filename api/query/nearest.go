package query

import (
	"bytes"
	"cmp"
	"slices"

	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
)

// candidate is a posting that may become a drop of the answer.
type candidate struct {
	distance haversine
	segment  uint32
	posting  uint32
}

// nearest keeps the nearest of the postings that it is given, in the order of
// distance and then id. It is a binary heap with the farthest on top, made when
// there are more than limit: n postings cost n·log(limit) at worst, and an id is
// read only where two are equally near.
type nearest struct {
	segments []*index.Segment
	limit    int
	ruler    ruler
	kept     []candidate
	heaped   bool
	dropped  bool // some were not kept
}

func (n *nearest) reset(segments []*index.Segment, from coord.E7, limit int) {
	*n = nearest{segments: segments, limit: limit, ruler: newRuler(from), kept: n.kept[:0]}
}

// add offers a posting of a segment.
func (n *nearest) add(segment, posting uint32, pos coord.E7) {
	c := candidate{n.ruler.to(pos), segment, posting}
	if len(n.kept) < n.limit {
		n.kept = append(n.kept, c)
		return
	}
	n.dropped = true
	n.heap()
	if n.farther(&n.kept[0], &c) {
		n.kept[0] = c
		n.sink(0, len(n.kept))
	}
}

// fewKept is up to how many an insertion sort beats the heap.
const fewKept = 40

// sortByDistance puts the nearest first.
func (n *nearest) sortByDistance() {
	if len(n.kept) <= fewKept {
		n.insertionSort()
		return
	}
	n.heap()
	for end := len(n.kept) - 1; end > 0; end-- {
		n.kept[0], n.kept[end] = n.kept[end], n.kept[0]
		n.sink(0, end)
	}
}

func (n *nearest) insertionSort() {
	for i := 1; i < len(n.kept); i++ {
		c, j := n.kept[i], i
		for ; j > 0 && n.farther(&n.kept[j-1], &c); j-- {
			n.kept[j] = n.kept[j-1]
		}
		n.kept[j] = c
	}
}

// sortByIndex puts them in the order of segments and postings.
func (n *nearest) sortByIndex() {
	slices.SortFunc(n.kept, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.segment, b.segment), cmp.Compare(a.posting, b.posting))
	})
}

func (n *nearest) heap() {
	if n.heaped {
		return
	}
	for i := len(n.kept)/2 - 1; i >= 0; i-- {
		n.sink(i, len(n.kept))
	}
	n.heaped = true
}

// sink moves the candidate at i down to its place in the heap kept[:end].
func (n *nearest) sink(i, end int) {
	for {
		child := 2*i + 1
		if child >= end {
			return
		}
		if child+1 < end && n.farther(&n.kept[child+1], &n.kept[child]) {
			child++
		}
		if !n.farther(&n.kept[child], &n.kept[i]) {
			return
		}
		n.kept[i], n.kept[child] = n.kept[child], n.kept[i]
		i = child
	}
}

// farther reports whether a comes after b.
func (n *nearest) farther(a, b *candidate) bool {
	return a.distance > b.distance || a.distance == b.distance && n.idAfter(a, b)
}

func (n *nearest) idAfter(a, b *candidate) bool { return bytes.Compare(n.id(a), n.id(b)) > 0 }

// id is the id of the candidate's POI; nil where its text is corrupt, which
// shows when the text is copied into the answer.
func (n *nearest) id(c *candidate) []byte {
	s := n.segments[c.segment]
	t, err := catalog.ParseText(s.Text(s.Postings()[c.posting]))
	if err != nil {
		return nil
	}
	return t.ID
}
