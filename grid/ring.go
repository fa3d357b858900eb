package grid

import (
	"math/bits"

	"geodrop/grid/coord"
)

// Ring is one closed line of a polygon. The last vertex is joined to the first
// and need not repeat it. Edges are straight in latitude and longitude, as in
// RFC 7946, but take the short way round the Earth: an edge from 179° E to
// 179° W is two degrees long, where RFC 7946 runs it over 358 degrees and has
// shapes cut at the antimeridian (3.1.9). So readers of files refuse edges that
// span more than 180 degrees as they are written.
//
// A ring that winds once round the Earth encloses a pole: the one that its
// mean latitude is nearer to.
type Ring []coord.E7

// turn is the full circle in units of 1e-7 degrees.
const turn = 2 * int64(coord.MaxLngE7)

// eastward is the longitude difference b-a in [-turn/2, turn/2).
func eastward(a, b int32) int64 {
	d := int64(b) - int64(a)
	switch {
	case d >= turn/2:
		return d - turn
	case d < -turn/2:
		return d + turn
	}
	return d
}

// northOf reports whether the edge a→b passes strictly north of p on p's
// meridian. The edge owns the meridian of its west end but not that of its
// east end, so that of the edges which meet at a vertex each meridian crosses
// the right number; an edge along a meridian owns none.
//
// All arithmetic is exact: the products are below 2^62.
func northOf(a, b, p coord.E7) bool {
	width := eastward(a.Lng, b.Lng)
	if width < 0 {
		a, b, width = b, a, -width
	}
	off := int64(p.Lng) - int64(a.Lng)
	if off < 0 {
		off += turn
	} else if off >= turn {
		off -= turn
	}
	if off >= width {
		return false
	}
	return (int64(b.Lat)-int64(a.Lat))*off > (int64(p.Lat)-int64(a.Lat))*width
}

// odd reports whether an odd number of edges pass north of p.
func (r Ring) odd(p coord.E7) bool {
	odd := false
	for i, a := range r {
		b := r[0]
		if i+1 < len(r) {
			b = r[i+1]
		}
		if northOf(a, b, p) {
			odd = !odd
		}
	}
	return odd
}

// hasNorthPole reports whether the ring encloses the north pole: whether it
// winds round the Earth and its mean latitude, weighted by longitude, is north
// of the equator.
func (r Ring) hasNorthPole() bool {
	var winding int64
	var sum int128 // of twice the area between the ring and the equator
	for i, a := range r {
		b := r[(i+1)%len(r)]
		dLng := eastward(a.Lng, b.Lng)
		winding += dLng
		sum = sum.add((int64(a.Lat) + int64(b.Lat)) * dLng)
	}
	if winding/turn%2 == 0 {
		return false
	}
	if winding < 0 {
		return sum.sign() < 0
	}
	return sum.sign() > 0
}

// int128 is a sum of int64 that does not overflow.
type int128 struct {
	hi int64
	lo uint64
}

func (s int128) add(v int64) int128 {
	lo, carry := bits.Add64(s.lo, uint64(v), 0)
	return int128{hi: s.hi + v>>63 + int64(carry), lo: lo}
}

func (s int128) sign() int {
	switch {
	case s.hi < 0:
		return -1
	case s.hi > 0 || s.lo > 0:
		return 1
	}
	return 0
}

// canonical is the one representation of a position that containment is
// decided on: longitude 180 is -180, and a pole is decided just beside it, so
// that a polygon which reaches the pole contains it.
func canonical(p coord.E7) coord.E7 {
	if p.Lng == coord.MaxLngE7 {
		p.Lng = -coord.MaxLngE7
	}
	if p.Lat == coord.MaxLatE7 {
		p.Lat--
	}
	return p
}
