package node

import (
	"encoding/json"
	"fmt"
	"math"

	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
)

// maxOutlineVertices bounds what a browser is given to draw.
const maxOutlineVertices = 20_000

// The tolerances, in degrees of latitude: the finest, and the one at which
// nothing is left to leave out.
const (
	finest   = 0.0005
	coarsest = 64
)

// outline is a district as a small map draws it.
type outline struct {
	ID    poi.Adcode     `json:"id"`
	Name  string         `json:"name"`
	Rings [][][2]float64 `json:"rings"` // of longitude and latitude
}

// outlines draws districts in as few vertices as there may be: whenever there
// are too many, all are drawn twice as coarsely.
type outlines struct {
	list      []outline
	vertices  int
	tolerance float64
}

// drawOutlines draws the districts of a release, from its area file.
func drawOutlines(r *query.Release) ([]byte, error) {
	o := outlines{list: []outline{}, tolerance: finest}
	for _, d := range r.Catalog().Districts {
		o.list = append(o.list, outline{ID: d.Adcode, Name: d.Name, Rings: [][][2]float64{}})
	}
	err := index.Protect(func() error {
		for area, ring := range r.Areas().Rings {
			o.add(int(area), ring)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("draw districts: %w", err)
	}
	b, err := json.Marshal(o.list)
	if err != nil {
		return nil, fmt.Errorf("draw districts: %w", err)
	}
	return b, nil
}

func (o *outlines) add(district int, vertices []coord.E7) {
	ring := make([][2]float64, 0, len(vertices))
	for _, v := range vertices {
		p := v.WGS84()
		ring = append(ring, [2]float64{float64(p.Lng), float64(p.Lat)})
	}
	d := &o.list[district]
	if ring = coarse(ring, o.tolerance); len(ring) >= 3 {
		d.Rings = append(d.Rings, ring)
		o.vertices += len(ring)
	}
	for o.vertices > maxOutlineVertices && o.tolerance < coarsest {
		o.tolerance *= 2
		o.coarsen()
	}
}

// coarsen leaves out the vertices that are near the one before, and rings that
// are then none.
func (o *outlines) coarsen() {
	o.vertices = 0
	for i := range o.list {
		kept := o.list[i].Rings[:0]
		for _, ring := range o.list[i].Rings {
			if ring = coarse(ring, o.tolerance); len(ring) >= 3 {
				kept = append(kept, ring)
				o.vertices += len(ring)
			}
		}
		o.list[i].Rings = kept
	}
}

func coarse(ring [][2]float64, tolerance float64) [][2]float64 {
	out := ring[:0]
	for _, p := range ring {
		if len(out) > 0 {
			last := out[len(out)-1]
			shrink := math.Cos(p[1] * math.Pi / 180)
			if math.Hypot((p[0]-last[0])*shrink, p[1]-last[1]) < tolerance {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}
