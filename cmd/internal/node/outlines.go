package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"geodrop/poi"
	"geodrop/sync/atomicfile"
)

const outlinesName = "outlines.json"

// maxOutlineVertices bounds what a browser is given to draw.
const maxOutlineVertices = 20_000

// coarsest is the tolerance, in degrees, at which nothing is left to leave out.
const coarsest = 64

// outline is a district as a small map draws it: the outer rings, coarse.
type outline struct {
	ID    poi.Adcode     `json:"id"`
	Name  string         `json:"name"`
	Rings [][][2]float64 `json:"rings"` // of longitude and latitude
}

// outlines collects districts in as few vertices as there may be: whenever there
// are too many, all are drawn twice as coarsely.
type outlines struct {
	list      []outline
	vertices  int
	tolerance float64 // degrees of latitude
}

// writeOutlines writes those of the districts of a source into a folder.
func writeOutlines(ctx context.Context, src poi.Source, dir string) error {
	o := outlines{list: []outline{}, tolerance: 0.0005}
	for d, err := range src.Districts(ctx) {
		if err != nil {
			return fmt.Errorf("draw districts: %w", err)
		}
		o.add(d)
	}
	b, err := json.Marshal(o.list)
	if err != nil {
		return fmt.Errorf("draw districts: %w", err)
	}
	return atomicfile.Write(dir, outlinesName, b)
}

func (o *outlines) add(d *poi.District) {
	drawn := outline{ID: d.Adcode, Name: d.Name, Rings: [][][2]float64{}}
	for _, polygon := range d.Shape {
		ring := make([][2]float64, 0, len(polygon[0]))
		for _, v := range polygon[0] {
			p := v.WGS84()
			ring = append(ring, [2]float64{float64(p.Lng), float64(p.Lat)})
		}
		drawn.Rings = append(drawn.Rings, ring)
	}
	o.list = append(o.list, drawn)
	o.coarsen(len(o.list) - 1)
	for o.vertices > maxOutlineVertices && o.tolerance < coarsest {
		o.tolerance *= 2
		o.vertices = 0
		for i := range o.list {
			o.coarsen(i)
		}
	}
}

// coarsen leaves out the vertices that are near the one before, and rings that
// are then none.
func (o *outlines) coarsen(i int) {
	kept := o.list[i].Rings[:0]
	for _, ring := range o.list[i].Rings {
		if ring = coarse(ring, o.tolerance); len(ring) >= 3 {
			kept = append(kept, ring)
			o.vertices += len(ring)
		}
	}
	o.list[i].Rings = kept
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

// readOutlines reads what writeOutlines wrote; nil if there is nothing.
func readOutlines(dir string) ([]byte, error) {
	path := filepath.Join(dir, outlinesName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []outline
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}
