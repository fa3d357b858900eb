package grid

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"geodrop/grid/coord"
)

// crossing returns an error when two edges of the polygon cross or run along
// each other. It is the sweep of Shamos and Hoey (1976) in exact arithmetic: a
// meridian moves east, the edges on it are kept in order of latitude, and only
// neighbours can be the first to cross. Edges that touch without crossing do
// not disturb that order, since one of them ends or begins there.
func (p Polygon) crossing() error {
	var s sweep
	for i, ring := range p {
		for j := range ring {
			s.addEdge(ring, i, j)
		}
	}
	a, b, found := s.run()
	if !found {
		return nil
	}
	verb := "crosses"
	if a.above(b.x1, b.y1) == 0 && a.above(b.x2, b.y2) == 0 {
		verb = "runs along"
	}
	return fmt.Errorf("the edge of %s %s the edge of %s at %s; move or remove one of the vertices",
		p.edgeName(a), verb, p.edgeName(b), degrees(a.meets(b)))
}

// meets is where two edges in conflict cross, or begin to run along each other.
func (e *sweepEdge) meets(other *sweepEdge) coord.E7 {
	if !e.startsAfter(other) {
		return other.meets(e)
	}
	x, y := float64(e.x1), float64(e.y1)
	dx, dy := float64(e.x2-e.x1), float64(e.y2-e.y1)
	otherX, otherY := float64(other.x2-other.x1), float64(other.y2-other.y1)
	if across := dx*otherY - dy*otherX; across != 0 {
		along := (float64(other.x1-e.x1)*otherY - float64(other.y1-e.y1)*otherX) / across
		x, y = x+along*dx, y+along*dy
	}
	return coord.E7{Lat: int32(math.Round(y)), Lng: wrapped(int64(math.Round(x)))}
}

func (p Polygon) edgeName(e *sweepEdge) string {
	ring := p[e.ring]
	next := (int(e.vertex) + 1) % len(ring)
	return fmt.Sprintf("ring %d from vertex %d %s to vertex %d %s",
		e.ring, e.vertex, degrees(ring[e.vertex]), next, degrees(ring[next]))
}

// A sweepEdge runs from its lexicographically lesser (x, y) end to the greater
// one, in E7 units; x is not wrapped and may leave ±180 degrees.
type sweepEdge struct {
	x1, y1, x2, y2 int64
	ring, vertex   int32
}

// above is positive where the point is north of the edge's line, negative where
// south, zero on it. For an edge along a meridian west counts as north, as if
// all meridians leaned east by an infinitesimal angle.
func (e *sweepEdge) above(x, y int64) int {
	return cmp.Compare((e.x2-e.x1)*(y-e.y1), (x-e.x1)*(e.y2-e.y1))
}

// startsAfter reports whether e begins after, or where, other begins.
func (e *sweepEdge) startsAfter(other *sweepEdge) bool {
	return e.x1 > other.x1 || e.x1 == other.x1 && e.y1 >= other.y1
}

// order compares two edges on a meridian that both are on: positive where e is
// north of other, zero where both run along each other.
func (e *sweepEdge) order(other *sweepEdge) int {
	if !e.startsAfter(other) {
		return -other.order(e)
	}
	if o := other.above(e.x1, e.y1); o != 0 {
		return o
	}
	return other.above(e.x2, e.y2)
}

// conflicts reports whether two edges on one meridian cross inside both, or run
// along each other anywhere but on the antimeridian.
func (e *sweepEdge) conflicts(other *sweepEdge) bool {
	a, b := e.above(other.x1, other.y1), e.above(other.x2, other.y2)
	if a == 0 && b == 0 {
		return e.x1 != -turn/2 || e.x2 != -turn/2
	}
	return a*b < 0 && other.above(e.x1, e.y1)*other.above(e.x2, e.y2) < 0
}

// sweep holds the edges, and those on the current meridian from south to north
// in blocks of bounded length, so that an insertion moves few of them.
type sweep struct {
	edges  []sweepEdge
	blocks [][]int32
}

const sweepBlock = 256

// addEdge adds the edge that leaves vertex j, twice where it crosses the
// antimeridian, so that it meets edges on both sides. Edges of no length, and
// those along a pole, cannot cross anything.
func (s *sweep) addEdge(ring Ring, i, j int) {
	a, b := ring[j], ring[(j+1)%len(ring)]
	x1, width := eastward(0, a.Lng), eastward(a.Lng, b.Lng)
	polar := a.Lat == b.Lat && (a.Lat == coord.MaxLatE7 || a.Lat == -coord.MaxLatE7)
	if polar || width == 0 && a.Lat == b.Lat {
		return
	}
	e := sweepEdge{x1: x1, y1: int64(a.Lat), x2: x1 + width, y2: int64(b.Lat), ring: int32(i), vertex: int32(j)}
	if width < 0 || width == 0 && a.Lat > b.Lat {
		e.x1, e.y1, e.x2, e.y2 = e.x2, e.y2, e.x1, e.y1
	}
	if e.x1 < -turn/2 {
		e.x1, e.x2 = e.x1+turn, e.x2+turn
	}
	s.edges = append(s.edges, e)
	if e.x2 > turn/2 {
		e.x1, e.x2 = e.x1-turn, e.x2-turn
		s.edges = append(s.edges, e)
	}
}

// A sweepEvent is an edge that begins or ends. Events sort by place, ends
// before beginnings.
type sweepEvent struct {
	key  uint64 // x and y
	edge int32  // ^edge where it ends
}

func (s *sweep) events() []sweepEvent {
	// x is within ±turn: 33 bits; y needs 31.
	key := func(x, y int64) uint64 { return uint64(x+turn)<<31 | uint64(y+int64(coord.MaxLatE7)) }
	events := make([]sweepEvent, 0, 2*len(s.edges))
	for i := range s.edges {
		e := &s.edges[i]
		events = append(events,
			sweepEvent{key: key(e.x1, e.y1), edge: int32(i)},
			sweepEvent{key: key(e.x2, e.y2), edge: ^int32(i)})
	}
	slices.SortFunc(events, func(a, b sweepEvent) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.edge, b.edge))
	})
	return events
}

// run returns the first two edges found in conflict.
func (s *sweep) run() (a, b *sweepEdge, found bool) {
	for _, event := range s.events() {
		var south, north int32 // the edges that become neighbours
		if event.edge < 0 {
			south, north = s.remove(^event.edge)
		} else {
			south, north = s.insert(event.edge)
			if s.conflict(south, event.edge) {
				return &s.edges[south], &s.edges[event.edge], true
			}
			south = event.edge
		}
		if s.conflict(south, north) {
			return &s.edges[south], &s.edges[north], true
		}
	}
	return nil, nil, false
}

func (s *sweep) conflict(i, j int32) bool {
	return i >= 0 && j >= 0 && s.edges[i].conflicts(&s.edges[j])
}

// insert puts an edge in its place and returns its neighbours, -1 for none.
func (s *sweep) insert(edge int32) (south, north int32) {
	if len(s.blocks) == 0 {
		s.blocks = append(s.blocks, append(make([]int32, 0, sweepBlock), edge))
		return -1, -1
	}
	b, i := s.find(edge)
	south, north = s.at(b, i-1), s.at(b, i)
	s.blocks[b] = slices.Insert(s.blocks[b], i, edge)
	if full := s.blocks[b]; len(full) == sweepBlock {
		upper := append(make([]int32, 0, sweepBlock), full[sweepBlock/2:]...)
		s.blocks[b] = full[:sweepBlock/2]
		s.blocks = slices.Insert(s.blocks, b+1, upper)
	}
	return south, north
}

// remove takes an edge out and returns the edges that were its neighbours.
func (s *sweep) remove(edge int32) (south, north int32) {
	b, i := s.find(edge)
	south, north = s.at(b, i-1), s.at(b, i+1)
	s.blocks[b] = slices.Delete(s.blocks[b], i, i+1)
	if len(s.blocks[b]) == 0 {
		s.blocks = slices.Delete(s.blocks, b, b+1)
	}
	return south, north
}

// find is the place of the first edge not south of the given one.
func (s *sweep) find(edge int32) (b, i int) {
	b = sort.Search(len(s.blocks)-1, func(b int) bool {
		block := s.blocks[b]
		return !s.southOf(block[len(block)-1], edge)
	})
	block := s.blocks[b]
	return b, sort.Search(len(block), func(i int) bool { return !s.southOf(block[i], edge) })
}

func (s *sweep) southOf(i, j int32) bool {
	if o := s.edges[i].order(&s.edges[j]); o != 0 {
		return o < 0
	}
	return i < j
}

// at is the edge at a place that may be one beyond either end of its block.
func (s *sweep) at(b, i int) int32 {
	switch {
	case i >= 0 && i < len(s.blocks[b]):
		return s.blocks[b][i]
	case i < 0 && b > 0:
		return s.blocks[b-1][len(s.blocks[b-1])-1]
	case i > 0 && b+1 < len(s.blocks):
		return s.blocks[b+1][0]
	}
	return -1
}
