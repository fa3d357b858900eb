package plan

import (
	"cmp"
	"container/heap"
	"slices"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// pair is what places have in common for all that is counted: what drops there
// before and after, and what became of them. There are few different ones,
// however many places there are.
type pair struct {
	before, after uint32 // sites; noSite where it is not
	kind          Kind
}

// many are the places of a pair.
type many struct {
	places   int64
	farthest coord.Metres
}

type pairs map[pair]many

func (p pairs) add(of pair, metres coord.Metres) {
	m := p[of]
	m.places++
	m.farthest = max(m.farthest, metres)
	p[of] = m
}

// farthest keeps the moves that are farthest, equal ones by id.
type farthest struct {
	most  int
	moves []Move
	least coord.Metres // of those that were kept when others were dropped
}

// takes reports whether a move of so many metres may be one of them.
func (f *farthest) takes(metres coord.Metres) bool { return metres >= f.least }

// add adds one. What is too much is dropped now and then, so that many cost
// little.
func (f *farthest) add(m Move) {
	f.moves = append(f.moves, m)
	if len(f.moves) > 2*f.most {
		f.cut()
	}
}

func (f *farthest) cut() {
	slices.SortFunc(f.moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Metres, a.Metres), cmp.Compare(a.POI, b.POI))
	})
	if len(f.moves) > f.most {
		f.moves, f.least = f.moves[:f.most], f.moves[f.most-1].Metres
	}
}

// sample keeps the places with the least hashes of their ids: it looks random on
// the map, and is the same each time.
type sample struct {
	most int
	seen int64
	heap ranked
}

// takes reports whether a place of that rank is one of them so far.
func (s *sample) takes(rank uint64) bool {
	return len(s.heap) < s.most || s.most > 0 && rank < s.heap[0].rank
}

func (s *sample) add(rank uint64, p Point) {
	heap.Push(&s.heap, rankedPoint{rank, p})
	if len(s.heap) > s.most {
		heap.Pop(&s.heap)
	}
}

// points are those kept, by id.
func (s *sample) points() []Point {
	points := make([]Point, len(s.heap))
	for i, r := range s.heap {
		points[i] = r.point
	}
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.POI, b.POI) })
	return points
}

type rankedPoint struct {
	rank  uint64
	point Point
}

// ranked is a heap whose first has the highest rank. Ids are different, and so
// are ranks, or nearly so: of equal ones the lesser id stays.
type ranked []rankedPoint

func (r ranked) Len() int { return len(r) }
func (r ranked) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(r[j].rank, r[i].rank), cmp.Compare(r[j].point.POI, r[i].point.POI)) < 0
}
func (r ranked) Swap(i, j int) { r[i], r[j] = r[j], r[i] }

// Push implements heap.Interface.
func (r *ranked) Push(x any) { *r = append(*r, x.(rankedPoint)) }

// Pop implements heap.Interface.
func (r *ranked) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}

// sameTasks reports whether the same tasks drop at a place before and after.
func (c *comparison) sameTasks(f *found) bool {
	key := [2]uint32{f.sites[was], f.sites[is]}
	same, ok := c.alike[key]
	if !ok {
		same = slices.Equal(sorted(c.sides[was].sites[key[was]].Tasks), sorted(c.sides[is].sites[key[is]].Tasks))
		c.alike[key] = same
	}
	return same
}

func sorted(tasks []poi.TaskID) []poi.TaskID { return slices.Sorted(slices.Values(tasks)) }
