package grid

import (
	"errors"
	"fmt"

	"geodrop/grid/coord"
)

// Polygon is an outer ring and the holes in it, in either direction. A point is
// inside when an odd number of the rings enclose it.
type Polygon []Ring

// Shape is a multipolygon: a point is inside when any of its polygons holds it.
// Polygons of one shape may overlap.
//
// Containment is exact and half-open. A point on an edge belongs to the polygon
// north or east of the edge, so that of neighbours which share an edge exactly
// one holds each of its points: west and south edges are inside, north and east
// edges outside, as with cells. A polygon that reaches latitude 90 holds the
// north pole.
//
//	┌ ─ ─ ┐        ─── inside
//	│  ·            ─ ─ outside
//	└───── ┘
//
// Shapes that cross the antimeridian may be given whole or, as RFC 7946
// recommends, cut in two there. Shapes over a pole may be given as a ring that
// winds round it, or cut along the antimeridian down to latitude ±90.
type Shape []Polygon

// ErrShape marks geometry that has no well-defined inside.
var ErrShape = errors.New("invalid shape")

// NewShape returns a cleaned copy of the polygons (repeated vertices dropped,
// longitude 180 turned to -180), or an error as Validate gives it.
func NewShape(polygons []Polygon) (Shape, error) {
	s := make(Shape, len(polygons))
	for i, polygon := range polygons {
		s[i] = make(Polygon, len(polygon))
		for j, ring := range polygon {
			s[i][j] = cleaned(ring)
		}
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

func cleaned(r Ring) Ring {
	out := make(Ring, 0, len(r))
	for _, v := range r {
		if v.Lng == coord.MaxLngE7 {
			v.Lng = -coord.MaxLngE7
		}
		if len(out) == 0 || v != out[len(out)-1] {
			out = append(out, v)
		}
	}
	for len(out) > 1 && out[len(out)-1] == out[0] {
		out = out[:len(out)-1]
	}
	return out
}

// Contains reports whether the shape holds p. It looks at every edge: use it
// for few points and as the reference; AreaIndex answers the same in
// nanoseconds.
func (s Shape) Contains(p coord.E7) bool {
	for _, polygon := range s {
		if polygon.Contains(p) {
			return true
		}
	}
	return false
}

// Contains reports whether the polygon holds p, as Shape.Contains does.
func (p Polygon) Contains(at coord.E7) bool {
	at = canonical(at)
	inside := false
	for _, ring := range p {
		if ring.odd(at) != ring.hasNorthPole() {
			inside = !inside
		}
	}
	return inside
}

// Vertices is the number of vertices of all rings.
func (s Shape) Vertices() int {
	n := 0
	for _, polygon := range s {
		for _, ring := range polygon {
			n += len(ring)
		}
	}
	return n
}

// Validate checks that every ring has at least three distinct vertices in
// range, and that no two edges of a polygon cross or run along each other. The
// error wraps ErrShape and names polygon, ring and vertex, all counted from 0.
//
// Edges may touch: a ring may pass through one of its own vertices or those of
// another ring, as published boundaries do, since that leaves no doubt about
// the inside. Edges may run along each other on the antimeridian and at the
// poles, where cut shapes do. Repeated vertices are harmless. Polygons of one
// shape are not checked against each other.
//
// The time is O(n log n) in the number of vertices.
func (s Shape) Validate() error {
	if len(s) == 0 {
		return fmt.Errorf("%w: it has no polygon", ErrShape)
	}
	for i, polygon := range s {
		if err := polygon.validate(); err != nil {
			return fmt.Errorf("%w: polygon %d, %w", ErrShape, i, err)
		}
	}
	return nil
}

func (p Polygon) validate() error {
	if len(p) == 0 {
		return errors.New("no ring: give its outer ring first")
	}
	for i, ring := range p {
		if err := ring.validate(); err != nil {
			return fmt.Errorf("ring %d, %w", i, err)
		}
	}
	return p.crossing()
}

func (r Ring) validate() error {
	for i, v := range r {
		if !v.Valid() {
			return fmt.Errorf("vertex %d: %w: %v is not within ±90, ±180 degrees", i, coord.ErrRange, degrees(v))
		}
	}
	if n := r.distinct(); n < 3 {
		return fmt.Errorf("%d distinct vertices after rounding to 1e-7 degrees: a ring needs 3; "+
			"one that spans all longitudes needs a vertex at least every 179 degrees", n)
	}
	for i, v := range r {
		next := (i + 1) % len(r)
		if eastward(v.Lng, r[next].Lng) == -turn/2 {
			return fmt.Errorf("vertices %d and %d, %v and %v: the edge spans exactly 180 degrees of longitude; "+
				"add a vertex between them to say which way it runs", i, next, degrees(v), degrees(r[next]))
		}
	}
	return nil
}

// distinct counts the different vertices, up to 3.
func (r Ring) distinct() int {
	var seen [3]coord.E7
	n := 0
	for _, v := range r {
		v.Lng = int32(eastward(0, v.Lng))
		if n > 0 && v == seen[0] || n > 1 && v == seen[1] {
			continue
		}
		seen[n] = v
		if n++; n == len(seen) {
			break
		}
	}
	return n
}

// degrees is the text of a position in error messages.
func degrees(v coord.E7) string {
	w := v.WGS84()
	return fmt.Sprintf("(lat %.7f, lng %.7f)", float64(w.Lat), float64(w.Lng))
}
