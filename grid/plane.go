package grid

import (
	"math"

	"geodrop/grid/coord"
)

// A plane touches the Earth at a position: near it, lengths are metres.
type plane struct {
	lat, lng int64   // of the position, in E7 units
	shrink   float64 // of its parallel against the equator
}

// A planePoint is metres to the east and to the north.
type planePoint [2]float64

func newPlane(at coord.E7) plane {
	return plane{
		lat: int64(at.Lat), lng: int64(at.Lng),
		shrink: math.Cos(float64(at.Lat) / 1e7 * (math.Pi / 180)),
	}
}

// at is the point with the given longitude, which need not be wrapped, and
// latitude, in E7 units.
func (p plane) at(lng, lat int64) planePoint {
	east := (lng - p.lng) % turn
	switch {
	case east >= turn/2:
		east -= turn
	case east < -turn/2:
		east += turn
	}
	return planePoint{float64(east) * metresPerUnit * p.shrink, float64(lat-p.lat) * metresPerUnit}
}

// segment is an edge, given as at wants it, that does not go round the Earth.
func (p plane) segment(lng1, lat1, lng2, lat2 int64) (a, b planePoint) {
	a = p.at(lng1, lat1)
	b = planePoint{float64(lng2-lng1) * metresPerUnit * p.shrink, float64(lat2-lat1) * metresPerUnit}
	return a, planePoint{a[0] + b[0], a[1] + b[1]}
}

// distance is how far the origin is from the edges of a shape; limit, where that
// is farther.
func (p plane) distance(s Shape, limit float64) float64 {
	reach := int64(limit/metresPerUnit) + 1
	for _, polygon := range s {
		for _, ring := range polygon {
			for i, a := range ring {
				b := ring[(i+1)%len(ring)]
				low, high := min(int64(a.Lat), int64(b.Lat)), max(int64(a.Lat), int64(b.Lat))
				if low > p.lat+reach || high < p.lat-reach {
					continue
				}
				from, to := p.segment(int64(a.Lng), int64(a.Lat), int64(a.Lng)+eastward(a.Lng, b.Lng), int64(b.Lat))
				if d := (planePoint{}).toSegment(from, to); d < limit {
					limit, reach = d, int64(d/metresPerUnit)+1
				}
			}
		}
	}
	return limit
}

// Length is that of all borders of the shape, holes included.
func (s Shape) Length() coord.Metres {
	metres := 0.0
	for _, polygon := range s {
		for _, ring := range polygon {
			metres += ring.length()
		}
	}
	return coord.Metres(metres)
}

// length is that of all edges, in metres.
func (r Ring) length() (metres float64) {
	for i, a := range r {
		b := r[(i+1)%len(r)]
		p := newPlane(coord.E7{Lat: a.Lat/2 + b.Lat/2, Lng: a.Lng})
		from, to := p.segment(p.lng, int64(a.Lat), p.lng+eastward(a.Lng, b.Lng), int64(b.Lat))
		metres += math.Hypot(to[0]-from[0], to[1]-from[1])
	}
	return metres
}

// toSegment is the distance of a point from a segment.
func (p planePoint) toSegment(a, b planePoint) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	px, py := p[0]-a[0], p[1]-a[1]
	along := 0.0
	if square := dx*dx + dy*dy; square > 0 {
		along = min(max((px*dx+py*dy)/square, 0), 1)
	}
	return math.Hypot(px-along*dx, py-along*dy)
}

// Distance is how far a position is from the nearest edge of the shape, inside
// or outside; limit, where that is farther. It looks at every edge: use it for
// few positions.
func (s Shape) Distance(p coord.E7, limit coord.Metres) coord.Metres {
	return coord.Metres(newPlane(p).distance(s, float64(limit)))
}
