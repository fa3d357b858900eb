// Package outline makes the borders of districts coarse enough for a browser to
// draw. What it draws is a picture: which district holds a place is for the area
// index to say.
package outline

import (
	"math"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// The tolerances, in degrees of latitude: the finest, and the one at which
// nothing is left to leave out.
const (
	finest   = 0.0005
	coarsest = 64
)

// Ring is a closed line of longitudes and latitudes in degrees, without its
// closing vertex.
type Ring [][2]float64

// drawing has as few vertices as there may be: whenever there are too many, all
// areas are drawn twice as coarsely.
type drawing struct {
	areas     [][]Ring
	vertices  int
	most      int
	tolerance float64
}

// Draw draws the areas of an index in about most vertices together. It must run
// inside index.Protect where the areas are those of a mapped file.
func Draw(areas *grid.AreaIndex, most int) [][]Ring {
	d := drawing{areas: make([][]Ring, areas.Tables().Areas), most: most, tolerance: finest}
	for area, ring := range areas.Rings {
		d.add(area, ring)
	}
	return d.areas
}

func (d *drawing) add(area uint32, vertices []coord.E7) {
	ring := make(Ring, 0, len(vertices))
	for _, v := range vertices {
		p := v.WGS84()
		ring = append(ring, [2]float64{float64(p.Lng), float64(p.Lat)})
	}
	if ring = coarse(ring, d.tolerance); len(ring) >= 3 {
		d.areas[area] = append(d.areas[area], ring)
		d.vertices += len(ring)
	}
	for d.vertices > d.most && d.tolerance < coarsest {
		d.tolerance *= 2
		d.coarsen()
	}
}

// coarsen leaves out the vertices that are near the one before, and rings that
// are then none.
func (d *drawing) coarsen() {
	d.vertices = 0
	for i, rings := range d.areas {
		kept := rings[:0]
		for _, ring := range rings {
			if ring = coarse(ring, d.tolerance); len(ring) >= 3 {
				kept = append(kept, ring)
				d.vertices += len(ring)
			}
		}
		d.areas[i] = kept
	}
}

func coarse(ring Ring, tolerance float64) Ring {
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
