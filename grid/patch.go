package grid

import "geodrop/grid/coord"

// box is a closed rectangle of positions. It runs east from its west edge, over
// the antimeridian where it must.
type box struct {
	west, south, north int32
	width              int64
}

// earth is the box of all positions.
func earth() box {
	return box{west: -coord.MaxLngE7, south: -coord.MaxLatE7, north: coord.MaxLatE7, width: turn}
}

// east is how far p is east of the box's west edge, in [0, turn).
func (b *box) east(lng int32) int64 {
	d := int64(lng) - int64(b.west)
	if d < 0 {
		d += turn
	}
	if d >= turn {
		d -= turn
	}
	return d
}

// meets reports whether the edge p→q touches the box. It may be true for an
// edge that passes close by; it is never false for one that touches.
func (b *box) meets(p, q coord.E7) bool {
	if min(p.Lat, q.Lat) > b.north || max(p.Lat, q.Lat) < b.south {
		return false
	}
	width := eastward(p.Lng, q.Lng)
	if width < 0 {
		p, q, width = q, p, -width
	}
	x := b.east(p.Lng)
	return b.meetsAt(x, width, p, q) || b.meetsAt(x-turn, width, p, q)
}

// meetsAt is meets for an edge that begins x east of the box's west edge.
func (b *box) meetsAt(x, width int64, p, q coord.E7) bool {
	if x > b.width || x+width < 0 {
		return false
	}
	if b.width >= turn/2 {
		return true // the products below might overflow
	}
	height := int64(q.Lat) - int64(p.Lat)
	west, east := -x*height, (b.width-x)*height
	north, south := (int64(b.north)-int64(p.Lat))*width, (int64(b.south)-int64(p.Lat))*width
	return south <= max(west, east) && north >= min(west, east)
}

// run is a stretch of consecutive edges of one ring: the vertices first…last.
type run struct {
	first, last uint32
}

func (r run) edges() int { return int(r.last - r.first) }

// A patch is what one must know of a polygon to tell which points of a box it
// holds: the edges that meet the box, and one bit for all the others.
//
//	        ╱╲   v ╱
//	┌──────╱──╲───╱──┐   The edges of the runs are counted one by one. The
//	│     ╱    ╲_╱   │   others pass north of all points of the box on their
//	│    ╱           │   meridian, or of none. How many do is odd on the box's
//	└───╱────────────┘   west edge or not (the bit), and changes only at the
//	                     meridian of a vertex v north of the box where a run
//	                     ends.
//
// It may hold edges that do not meet the box: counting them is as right.
type patch struct {
	area uint32
	odd  bool
	runs []run
}

// whole and empty report that the polygon holds all of the box, or nothing.
func (pt *patch) whole() bool { return len(pt.runs) == 0 && pt.odd }
func (pt *patch) empty() bool { return len(pt.runs) == 0 && !pt.odd }

func (pt *patch) edges() int {
	n := 0
	for _, r := range pt.runs {
		n += r.edges()
	}
	return n
}

// holds reports whether the polygon holds p, a canonical position in box b.
func (pt *patch) holds(vertices []coord.E7, b *box, p coord.E7) bool {
	odd := pt.odd
	for _, r := range pt.runs {
		odd = odd != runOdd(vertices[r.first:r.last+1], b.west, b.north, p)
	}
	return odd
}

// runOdd is the part that one run has in the answer for p; west and north are
// edges of the box.
func runOdd(run []coord.E7, west, north int32, p coord.E7) bool {
	if len(run) == 0 {
		return false
	}
	b := box{west: west}
	east := b.east(p.Lng)
	odd := false
	a := run[0]
	if a.Lat > north {
		odd = b.passes(a.Lng, east)
	}
	for _, v := range run[1:] {
		if (a.Lat > p.Lat || v.Lat > p.Lat) && northOf(a, v, p) {
			odd = !odd
		}
		a = v
	}
	if a.Lat > north && b.passes(a.Lng, east) {
		odd = !odd
	}
	return odd
}

// passes reports whether the meridian lng is east of the west edge and not east
// of the point that is the given distance from it.
func (b *box) passes(lng int32, east int64) bool {
	d := b.east(lng)
	return d > 0 && d <= east
}

// narrow is the patch for a box inside the box of pt. It appends the runs to
// arena, and returns it.
func (pt *patch) narrow(vertices []coord.E7, from, to *box, arena []run) (patch, []run) {
	mark := len(arena)
	for _, r := range pt.runs {
		arena = appendMeeting(arena, vertices, r, to)
	}
	sub := patch{area: pt.area, runs: arena[mark:len(arena):len(arena)]}
	// The bit makes the new patch give the old answer at the south-west corner.
	corner := canonical(coord.E7{Lat: to.south, Lng: to.west})
	sub.odd = pt.holds(vertices, from, corner) != sub.holds(vertices, to, corner)
	return sub, arena
}

// appendMeeting appends the stretches of r whose edges meet the box.
func appendMeeting(arena []run, vertices []coord.E7, r run, b *box) []run {
	for i := r.first; i < r.last; {
		if !b.meets(vertices[i], vertices[i+1]) {
			i++
			continue
		}
		end := i + 1
		for end < r.last && b.meets(vertices[end], vertices[end+1]) {
			end++
		}
		arena = append(arena, run{first: i, last: end})
		i = end
	}
	return arena
}

// flatten gives the vertices of all rings, each closed by its first vertex, and
// the patch of every polygon for the whole Earth. The area of a patch is the
// number of its shape.
func flatten(shapes []Shape) (vertices []coord.E7, patches []patch) {
	for area, shape := range shapes {
		for _, polygon := range shape {
			pt := patch{area: uint32(area)}
			for _, ring := range polygon {
				if len(ring) == 0 {
					continue
				}
				first := len(vertices)
				for _, v := range ring {
					v.Lng = int32(eastward(0, v.Lng))
					vertices = append(vertices, v)
				}
				vertices = append(vertices, vertices[first])
				pt.runs = append(pt.runs, run{first: uint32(first), last: uint32(len(vertices) - 1)})
				pt.odd = pt.odd != ring.hasNorthPole()
			}
			patches = append(patches, pt)
		}
	}
	return vertices, patches
}
