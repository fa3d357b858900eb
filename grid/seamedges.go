package grid

import (
	"cmp"
	"slices"

	"geodrop/grid/coord"
)

// A seamRing is a ring on the plane: x is not wrapped, so that its vertices are
// neighbours, and it is there once for each turn in which part of it shows.
type seamRing struct {
	shape, polygon int32 // polygons are counted over all shapes
	hole           bool
	vertices       [][2]int64 // x, y in E7 units
}

// A seamEdge meets the lines from s1 up to but not including s2, at t. Along
// parallels s is the latitude and t the longitude, along meridians the other
// way round.
type seamEdge struct {
	s1, t1, s2, t2 int64
	ring           int32
}

type seamEdges struct {
	list      []seamEdge // by s1
	meridians bool
}

// crosses is where the edge meets a line.
func (e *seamEdge) crosses(s int64) int64 {
	return e.t1 + (s-e.s1)*(e.t2-e.t1)/(e.s2-e.s1)
}

// seamFinder is the state of one FindSeams.
type seamFinder struct {
	shapes  []Shape
	opts    SeamOptions
	step    int64
	borders float64    // metres
	rings   []seamRing // without their vertices
}

// collect unrolls all rings.
func (f *seamFinder) collect() (rings []seamRing) {
	polygons := int32(0)
	for shape := range f.shapes {
		for _, polygon := range f.shapes[shape] {
			for i, ring := range polygon {
				if len(ring) < 3 {
					continue
				}
				vertices := unroll(ring)
				f.borders += ring.length()
				for _, by := range showing(vertices) {
					r := seamRing{shape: int32(shape), polygon: polygons, hole: i > 0}
					f.rings = append(f.rings, r)
					r.vertices = moved(vertices, by)
					rings = append(rings, r)
				}
			}
			polygons++
		}
	}
	return rings
}

// unroll lays a ring out on the plane. One that winds round the Earth is closed
// by way of its pole.
func unroll(ring Ring) [][2]int64 {
	x := int64(ring[0].Lng)
	vertices := make([][2]int64, 0, len(ring)+3)
	for i, v := range ring {
		vertices = append(vertices, [2]int64{x, int64(v.Lat)})
		x += eastward(v.Lng, ring[(i+1)%len(ring)].Lng)
	}
	if start := vertices[0]; x != start[0] {
		pole := -int64(coord.MaxLatE7)
		if ring.hasNorthPole() {
			pole = -pole
		}
		vertices = append(vertices, [2]int64{x, start[1]}, [2]int64{x, pole}, [2]int64{start[0], pole})
	}
	return vertices
}

// showing are the moves by whole turns that bring part of a ring to where
// longitudes are.
func showing(vertices [][2]int64) (moves []int64) {
	west, east := vertices[0][0], vertices[0][0]
	for _, v := range vertices {
		west, east = min(west, v[0]), max(east, v[0])
	}
	for by := -2 * turn; by <= 2*turn; by += turn {
		if west+by < turn/2 && east+by > -turn/2 {
			moves = append(moves, by)
		}
	}
	return moves
}

func moved(vertices [][2]int64, by int64) [][2]int64 {
	if by == 0 {
		return vertices
	}
	out := slices.Clone(vertices)
	for i := range out {
		out[i][0] += by
	}
	return out
}

// edges are those that lines of one direction can meet.
func (f *seamFinder) edges(rings []seamRing, meridians bool) *seamEdges {
	edges := &seamEdges{meridians: meridians}
	s, t := 1, 0
	if meridians {
		s, t = 0, 1
	}
	for i := range rings {
		vertices := rings[i].vertices
		for k, a := range vertices {
			b := vertices[(k+1)%len(vertices)]
			if a[s] > b[s] {
				a, b = b, a
			}
			if a[s] < b[s] && b[s] > -turn/2 && a[s] < turn/2 {
				edges.list = append(edges.list, seamEdge{s1: a[s], t1: a[t], s2: b[s], t2: b[t], ring: int32(i)})
			}
		}
	}
	slices.SortFunc(edges.list, func(a, b seamEdge) int {
		if a.s1 != b.s1 {
			return cmp.Compare(a.s1, b.s1)
		}
		return cmp.Or(cmp.Compare(a.ring, b.ring), cmp.Compare(a.t1, b.t1), cmp.Compare(a.t2, b.t2))
	})
	return edges
}

// position is the place on a line.
func (e *seamEdges) position(s, t int64) coord.E7 {
	if e.meridians {
		s, t = t, s
	}
	return coord.E7{Lat: int32(s), Lng: wrapped(t)}
}

// wrapped is a longitude on the plane brought within ±180 degrees.
func wrapped(x int64) int32 {
	x = (x + turn/2) % turn
	if x < 0 {
		x += turn
	}
	return int32(x - turn/2)
}
