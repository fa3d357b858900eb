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
	distance coord.Metres
	segment  uint32
	posting  uint32
}

// nearest keeps the nearest of the candidates that it is given, with their
// order by distance and then id. It is a binary heap with the farthest on top,
// made when there are more than limit: n candidates cost n·log(limit) at worst,
// and reading an id only where two are equally near.
type nearest struct {
	segments []*index.Segment
	limit    int
	kept     []candidate
	heaped   bool
	dropped  bool // some were not kept
}

func (n *nearest) reset(segments []*index.Segment, limit int) {
	*n = nearest{segments: segments, limit: limit, kept: n.kept[:0]}
}

func (n *nearest) add(c candidate) {
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

// sortByDistance puts the nearest first.
func (n *nearest) sortByDistance() {
	n.heap()
	for end := len(n.kept) - 1; end > 0; end-- {
		n.kept[0], n.kept[end] = n.kept[end], n.kept[0]
		n.sink(0, end)
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
	if a.distance != b.distance {
		return a.distance > b.distance
	}
	return bytes.Compare(n.id(a), n.id(b)) > 0
}

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
