package decode

import (
	"strconv"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

// MaxVertices bounds the vertices of one area.
const MaxVertices = 4 << 20

// geometry is a GeoJSON geometry object before its type is known to fit.
type geometry struct {
	kind     string
	kindPos  int
	depth    int // of the brackets around a position's numbers
	polygons []grid.Polygon
	pos      int // of the coordinates
	vertices int
}

// geometry reads the value of a feature's "geometry" member. Positions must be
// WGS-84, in range, in rings of at least four that end where they began;
// altitudes are left out. No edge may span more than 180 degrees of longitude,
// but for one between -180 and 180. Whether the rings make an area is for
// package grid to say.
func (c *cursor) geometry(scratch *grid.Ring) (*geometry, *jsonFault) {
	g := &geometry{}
	if c.peek() != '{' {
		return nil, c.fault(c.pos, poi.CodeMissing, "geometry", "is missing: an area needs a Polygon or MultiPolygon")
	}
	at := c.pos
	var bad *jsonFault // of the coordinates, unless the type explains it
	f := c.object(func(key []byte, pos int) *jsonFault {
		switch string(key) {
		case "type":
			c.space()
			g.kindPos = c.pos
			kind, f := c.text()
			g.kind = string(kind)
			return f
		case "coordinates":
			c.space()
			g.pos = c.pos
			if bad = c.coordinates(g, scratch); bad == nil {
				return nil
			}
			c.pos = g.pos // the fault can be anywhere inside: go on behind the value
			return c.skip()
		case "crs":
			return c.crs()
		}
		return c.skip()
	})
	if f != nil {
		return nil, f
	}
	want := 3
	switch g.kind {
	case "Polygon":
	case "MultiPolygon":
		want = 4
	case "":
		return nil, c.fault(at, poi.CodeMissing, "geometry.type", "is missing")
	default:
		return nil, c.fault(g.kindPos, poi.CodeGeometry, "geometry.type", "%q is no area: only Polygon and MultiPolygon are", clip(g.kind))
	}
	switch {
	case g.pos == 0:
		return nil, c.fault(at, poi.CodeMissing, "coordinates", "are missing")
	case bad != nil:
		return nil, bad
	case g.depth != want:
		return nil, c.fault(g.pos, poi.CodeGeometry, "coordinates", "are nested %d deep, a %s is %d deep", g.depth, g.kind, want)
	}
	return g, nil
}

// coordinates reads a polygon or a list of polygons, whichever it is.
func (c *cursor) coordinates(g *geometry, scratch *grid.Ring) *jsonFault {
	for probe := (cursor{b: c.b, pos: c.pos}); probe.peek() == '['; probe.pos++ {
		g.depth++
	}
	switch g.depth {
	case 3:
		polygon, f := c.polygon(g, scratch)
		g.polygons = []grid.Polygon{polygon}
		return f
	case 4:
		return c.array(func(int) *jsonFault {
			polygon, f := c.polygon(g, scratch)
			g.polygons = append(g.polygons, polygon)
			return f
		})
	}
	return c.fault(c.pos, poi.CodeGeometry, "coordinates", "are no rings of positions")
}

func (c *cursor) polygon(g *geometry, scratch *grid.Ring) (polygon grid.Polygon, f *jsonFault) {
	if c.peek() != '[' {
		return nil, c.fault(c.pos, poi.CodeGeometry, "coordinates", "have %s where a polygon's rings belong", c.found())
	}
	f = c.array(func(int) *jsonFault {
		ring, f := c.ring(scratch)
		if g.vertices += len(ring); f == nil && g.vertices > MaxVertices {
			return c.fault(g.pos, poi.CodeTooMany, "coordinates", "have more than %d vertices", MaxVertices)
		}
		polygon = append(polygon, ring)
		return f
	})
	if f == nil && len(polygon) == 0 {
		return nil, c.fault(c.pos-1, poi.CodeGeometry, "coordinates", "have a polygon without rings")
	}
	return polygon, f
}

// ring reads a closed ring and drops the last position, which repeats the first.
func (c *cursor) ring(scratch *grid.Ring) (grid.Ring, *jsonFault) {
	if c.peek() != '[' {
		return nil, c.fault(c.pos, poi.CodeGeometry, "coordinates", "have %s where a ring belongs", c.found())
	}
	start := c.pos
	ring := (*scratch)[:0]
	f := c.array(func(i int) *jsonFault {
		at := c.pos
		p, f := c.position()
		ring = append(ring, p)
		if f == nil && i > 0 && ambiguous(ring[i-1].Lng, p.Lng) {
			from, to := ring[i-1].Lng, p.Lng
			f = c.fault(at, poi.CodeGeometry, "coordinates", "have an edge from longitude %s to %s, which spans %s degrees of longitude: "+
				"add a vertex, or cut the polygon at the antimeridian (RFC 7946, 3.1.9)",
				degreesText(int64(from)), degreesText(int64(to)), degreesText(span(from, to)))
		}
		return f
	})
	*scratch = ring
	switch {
	case f != nil:
		return nil, f
	case len(ring) < 4:
		return nil, c.fault(start, poi.CodeGeometry, "coordinates", "have a ring of %s: it needs at least 4, the last like the first", phrase.Count(len(ring), "position"))
	case ring[0] != ring[len(ring)-1]:
		return nil, c.fault(start, poi.CodeGeometry, "coordinates", "have a ring that does not end where it began")
	}
	return append(grid.Ring(nil), ring[:len(ring)-1]...), nil
}

// ambiguous reports whether an edge runs over more than half of the Earth as it
// is written. RFC 7946 takes it straight from one number to the other, package
// grid the short way over the antimeridian, and whoever drew it may have meant
// either. An edge from -180 to 180 has both ends on one meridian: it closes a
// polygon that is cut there.
func ambiguous(from, to int32) bool {
	const half, turn = int64(coord.MaxLngE7), 2 * int64(coord.MaxLngE7)
	d := span(from, to)
	return d > half && d < turn
}

// span is the difference of two longitudes as they are written, in 1e-7 degrees.
func span(from, to int32) int64 {
	d := int64(to) - int64(from)
	return max(d, -d)
}

// degreesText writes 1e-7 degrees in degrees, with the digits that matter.
func degreesText(e7 int64) string { return strconv.FormatFloat(float64(e7)/1e7, 'f', -1, 64) }

// position reads [lng, lat], and altitudes after them.
func (c *cursor) position() (coord.E7, *jsonFault) {
	if c.peek() != '[' {
		return coord.E7{}, c.fault(c.pos, poi.CodeGeometry, "coordinates", "have %s where a position belongs", c.found())
	}
	c.pos++
	lng, f := c.degrees(coord.MaxLngE7, "longitude", 180)
	if f != nil {
		return coord.E7{}, f
	}
	if c.peek() != ',' {
		return coord.E7{}, c.fault(c.pos, poi.CodeGeometry, "coordinates", "have a position of one number")
	}
	c.pos++
	lat, f := c.degrees(coord.MaxLatE7, "latitude", 90)
	if f != nil {
		return coord.E7{}, f
	}
	for c.peek() == ',' {
		c.pos++
		if _, f := c.number(); f != nil {
			return coord.E7{}, f
		}
	}
	return coord.E7{Lat: lat, Lng: lng}, c.expect(']')
}

func (c *cursor) degrees(limit int32, name string, bound int) (int32, *jsonFault) {
	c.space()
	start := c.pos
	var n number
	if used := scanPlain(c.b[c.pos:], &n); used > 0 {
		c.pos += used
	} else {
		text, f := c.number()
		if f != nil {
			return 0, f
		}
		if f := parseNumber(text, &n); f != nil {
			return 0, c.fault(start, f.code, "coordinates", "have the %s %s, which %s", name, clip(text), f.reason)
		}
	}
	v, ok := n.e7(limit)
	if !ok {
		return 0, c.fault(start, poi.CodeRange, "coordinates", "have the %s %s, which is not within -%d…%d degrees",
			name, clip(c.b[start:c.pos]), bound, bound)
	}
	return v, nil
}

// crs refuses a "crs" member that names anything but WGS-84 in degrees. RFC
// 7946 has removed the member; older files still carry it.
func (c *cursor) crs() *jsonFault {
	c.space()
	start := c.pos
	if f := c.skip(); f != nil {
		return f
	}
	text := c.b[start:c.pos]
	if string(text) == "null" {
		return nil
	}
	name := ""
	inner := cursor{b: text}
	inner.object(func(key []byte, _ int) *jsonFault {
		if string(key) != "properties" || inner.peek() != '{' {
			return inner.skip()
		}
		return inner.object(func(key []byte, _ int) *jsonFault {
			if string(key) == "name" && inner.peek() == '"' {
				value, f := inner.text()
				name = string(value)
				return f
			}
			return inner.skip()
		})
	})
	switch name {
	case "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326":
		return nil
	}
	return c.fault(start, CodeCRS, "crs", "is %q; GeoJSON is read as WGS-84 only: convert the file", clip(name))
}
