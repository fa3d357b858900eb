package sqlstore

import (
	"encoding/json"
	"errors"
	"strconv"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// AppendShape writes a shape as a GeoJSON MultiPolygon geometry whose decimals
// are exact.
func AppendShape(b []byte, s grid.Shape) []byte {
	b = append(b, `{"type":"MultiPolygon","coordinates":[`...)
	for i, polygon := range s {
		b = append(comma(b, i), '[')
		for j, ring := range polygon {
			b = append(comma(b, j), '[')
			for k := 0; k <= len(ring); k++ {
				p := ring[k%len(ring)] // the first position closes the ring
				b = append(comma(b, k), '[')
				b = append(AppendDegrees(b, p.Lng), ',')
				b = append(AppendDegrees(b, p.Lat), ']')
			}
			b = append(b, ']')
		}
		b = append(b, ']')
	}
	return append(b, "]}"...)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// AppendDegrees writes 1e-7 degrees as exact decimal degrees, as short as can
// be.
func AppendDegrees(b []byte, e7 int32) []byte {
	v := int64(e7)
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	b = strconv.AppendInt(b, v/1e7, 10)
	fraction := v % 1e7
	if fraction == 0 {
		return b
	}
	b = append(b, '.')
	for unit := int64(1e6); fraction > 0; unit /= 10 {
		b = append(b, byte('0'+fraction/unit))
		fraction %= unit
	}
	return b
}

// Errors of shapes, as clauses.
var (
	errNoGeometry = errors.New("is not a GeoJSON Polygon or MultiPolygon")
	errPosition   = errors.New("has a position that is not [lng, lat] in WGS-84 degrees")
	errRing       = errors.New("has a ring of less than four positions, or one that is not closed")
)

// parseShape reads a GeoJSON Polygon or MultiPolygon geometry.
func parseShape(text []byte) (grid.Shape, error) {
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal(text, &g); err != nil {
		return nil, errNoGeometry
	}
	r := shapeReader{b: g.Coordinates}
	var polygons []grid.Polygon
	var err error
	switch g.Type {
	case "Polygon":
		polygons = make([]grid.Polygon, 1)
		polygons[0], err = r.polygon()
	case "MultiPolygon":
		err = r.list(func() error {
			p, err := r.polygon()
			polygons = append(polygons, p)
			return err
		})
	default:
		return nil, errNoGeometry
	}
	if err != nil {
		return nil, err
	}
	return grid.NewShape(polygons)
}

// shapeReader walks over text that is known to be JSON.
type shapeReader struct {
	b    []byte
	ring grid.Ring
}

func (r *shapeReader) peek() byte {
	for len(r.b) > 0 && (r.b[0] == ' ' || r.b[0] == '\n' || r.b[0] == '\t' || r.b[0] == '\r') {
		r.b = r.b[1:]
	}
	if len(r.b) == 0 {
		return 0
	}
	return r.b[0]
}

// list reads an array whose elements each reads.
func (r *shapeReader) list(each func() error) error {
	if r.peek() != '[' {
		return errNoGeometry
	}
	r.b = r.b[1:]
	for r.peek() != ']' {
		if len(r.b) == 0 {
			return errNoGeometry
		}
		if r.b[0] == ',' {
			r.b = r.b[1:]
		}
		if err := each(); err != nil {
			return err
		}
	}
	r.b = r.b[1:]
	return nil
}

func (r *shapeReader) polygon() (polygon grid.Polygon, err error) {
	err = r.list(func() error {
		r.ring = r.ring[:0]
		if err := r.list(r.position); err != nil {
			return err
		}
		n := len(r.ring) - 1
		if n < 3 || r.ring[0] != r.ring[n] {
			return errRing
		}
		polygon = append(polygon, append(grid.Ring(nil), r.ring[:n]...))
		return nil
	})
	return polygon, err
}

func (r *shapeReader) position() error {
	var v [2]float64
	n := 0
	err := r.list(func() error {
		number, err := r.number()
		if n < len(v) {
			v[n] = number
		}
		n++
		return err
	})
	if err != nil {
		return err
	}
	at, err := coord.NewWGS84(coord.Lat(v[1]), coord.Lng(v[0]))
	if n < 2 || err != nil {
		return errPosition
	}
	r.ring = append(r.ring, at.E7())
	return nil
}

func (r *shapeReader) number() (float64, error) {
	r.peek()
	n := 0
	for n < len(r.b) && r.b[n] != ',' && r.b[n] != ']' && r.b[n] > ' ' {
		n++
	}
	v, err := strconv.ParseFloat(string(r.b[:n]), 64)
	if err != nil {
		return 0, errPosition
	}
	r.b = r.b[n:]
	return v, nil
}
