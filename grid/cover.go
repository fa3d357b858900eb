package grid

import (
	"fmt"
	"slices"

	h3 "github.com/uber/h3-go/v4"
)

// Covering is a set of H3 cells, of mixed resolutions, for a shape. Take the
// cell of a position at any resolution not below Resolution, and its index
// parents:
//
//   - one of them is in Interior: the shape holds the position;
//   - one of them is in Boundary: ask Shape.Contains, or an AreaIndex;
//   - neither: the shape does not hold it.
//
// At most one of them is in the covering. The hexagons of the cells do not say
// as much: H3 parents don't contain their children exactly.
type Covering struct {
	Interior   []h3.Cell // ascending
	Boundary   []h3.Cell // ascending
	Resolution int       // the finest of the cells
}

// CoverOptions limit a covering.
type CoverOptions struct {
	MaxCells      int // at most; 0 is 1000. Never fewer than the base cells of H3 that the shape meets
	MaxResolution int // of the cells; 0 is 10, whose edges are 76 m
}

func (o CoverOptions) withDefaults() CoverOptions {
	if o.MaxCells == 0 {
		o.MaxCells = 1000
	}
	if o.MaxResolution == 0 {
		o.MaxResolution = 10
	}
	return o
}

// A coverCell is an H3 cell and what is known in its region.
type coverCell struct {
	cell    h3.Cell
	box     box
	members []patch
}

// Cover covers the shape with H3 cells, as fine as the options allow. A cell is
// called interior only if no edge of the shape comes near its region, so that
// neither H3's rounding nor the difference between H3's edges, which are arcs
// of great circles, and those of shapes, which are straight on the map, matter.
// Holes, the antimeridian and the poles need no care. A covering of 200 cells
// costs some milliseconds, most of them in calls to H3; to look up positions in
// many shapes use AreaIndex or Areas.
func (s Shape) Cover(o CoverOptions) (Covering, error) {
	o = o.withDefaults()
	if o.MaxCells < 0 || o.MaxResolution < 0 || o.MaxResolution > maxH3 {
		return Covering{}, fmt.Errorf("cover with %d cells up to resolution %d: use 1 or more, and 1…%d",
			o.MaxCells, o.MaxResolution, maxH3)
	}
	var j areaJob
	var patches []patch
	j.vertices, patches = flatten([]Shape{s})
	roots, err := h3.Res0Cells()
	if err != nil {
		return Covering{}, fmt.Errorf("base cells of H3: %w", err)
	}
	var c Covering
	whole := coverCell{box: earth(), members: patches}
	boundary, err := j.refine(&whole, roots, &c.Interior, nil)
	for resolution := 1; err == nil && resolution <= o.MaxResolution && len(boundary) > 0; resolution++ {
		interior, finer := c.Interior, []coverCell(nil)
		for i := range boundary {
			var children []h3.Cell
			if children, err = boundary[i].cell.Children(resolution); err != nil {
				break
			}
			if finer, err = j.refine(&boundary[i], children, &interior, finer); err != nil {
				break
			}
		}
		if err != nil || len(interior)+len(finer) > o.MaxCells {
			break
		}
		c.Interior, c.Resolution, boundary = interior, resolution, finer
	}
	if err != nil {
		return Covering{}, fmt.Errorf("cover a shape: %w", err)
	}
	for i := range boundary {
		c.Boundary = append(c.Boundary, boundary[i].cell)
	}
	slices.Sort(c.Interior)
	slices.Sort(c.Boundary)
	return c, nil
}

// refine appends the children of a cell to the interior or to the boundary, or
// drops them.
func (j *areaJob) refine(parent *coverCell, children []h3.Cell, interior *[]h3.Cell, boundary []coverCell) ([]coverCell, error) {
	for _, child := range children {
		sub, err := j.coverChild(parent, child)
		switch {
		case err != nil:
			return nil, err
		case len(sub.members) == 0:
		case sub.members[0].whole():
			*interior = append(*interior, child)
		default:
			boundary = append(boundary, sub)
		}
	}
	return boundary, nil
}

// coverChild narrows what is known of a cell's region to a child's.
func (j *areaJob) coverChild(parent *coverCell, child h3.Cell) (coverCell, error) {
	b, err := regionBox(child)
	if err != nil {
		return coverCell{}, err
	}
	sub := coverCell{cell: child, box: b.within(&parent.box)}
	sub.members = j.kept.narrow(j.vertices, &parent.box, &sub.box, parent.members)
	return sub, nil
}
