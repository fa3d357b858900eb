package grid

import (
	"fmt"
	"math"

	h3 "github.com/uber/h3-go/v4"

	"geodrop/grid/coord"
)

// Areas tells which of many shapes hold a position, by way of H3: one lookup of
// the position's cell, a walk down its digits, and in boundary cells the exact
// test on the few edges near. The answers are those of Shape.Contains and of
// AreaIndex. AreaIndex is several times faster, since H3's trigonometry and the
// call into C cost more than its whole lookup; Areas is for those who hold H3
// cells already.
//
// It is immutable and safe for concurrent use.
type Areas struct {
	resolution int
	cells      []uint32 // as AreaTables.Cells, a node being 8 cells, one for each digit
	lists      []uint32 // as AreaTables.Lists, each after the west and north edge of its box
	vertices   []coord.E7
}

// AreasOptions are the options of NewAreas.
type AreasOptions struct {
	Resolution int // the finest of the H3 cells, 0 is 9, whose edges are 200 m
}

// h3LeafEdges is leafEdges for H3 cells, whose nodes are much smaller.
const h3LeafEdges = 24

// NewAreas indexes the shapes; their places in the slice are the areas.
func NewAreas(shapes []Shape, o AreasOptions) (*Areas, error) {
	if o.Resolution == 0 {
		o.Resolution = 9
	}
	if o.Resolution < 0 || o.Resolution > maxH3 {
		return nil, fmt.Errorf("index areas with H3 resolution %d: use 1…%d", o.Resolution, maxH3)
	}
	vertices, patches := flatten(shapes)
	if len(vertices) > math.MaxInt32 || len(shapes) >= 1<<(32-tagBits) {
		return nil, fmt.Errorf("%w: %d areas with %d vertices", ErrTooLarge, len(shapes), len(vertices))
	}
	roots, err := h3.Res0Cells()
	if err != nil {
		return nil, fmt.Errorf("base cells of H3: %w", err)
	}
	whole := coverCell{box: earth(), members: patches}
	jobs := make([]h3Job, len(roots))
	forEach(len(jobs), func(i int) {
		jobs[i] = h3Job{areaJob: areaJob{vertices: vertices}, finest: o.Resolution}
		jobs[i].run(&whole, roots[i])
	})
	return joinH3(&Areas{resolution: o.Resolution, vertices: vertices}, jobs)
}

// An h3Job builds the cells below one base cell.
type h3Job struct {
	areaJob
	base, finest int
	err          error
}

func (j *h3Job) run(whole *coverCell, root h3.Cell) {
	j.base = baseCell(root)
	var c coverCell
	if c, j.err = j.coverChild(whole, root); j.err != nil {
		return
	}
	j.entry = j.buildH3(&c, 0, slackRate*countEdges(c.members))
	j.kept = arena{}
}

// buildH3 makes the entry of a cell; slack is as in areaJob.build.
func (j *h3Job) buildH3(c *coverCell, resolution, slack int) uint32 {
	switch {
	case len(c.members) == 0 || j.err != nil:
		return 0
	case len(c.members) == 1 && c.members[0].whole():
		return c.members[0].area<<tagBits | tagWhole
	}
	if countEdges(c.members) > h3LeafEdges && resolution < j.finest {
		if entry, ok := j.buildH3Node(c, resolution+1, slack); ok {
			return entry
		}
	}
	offset := uint32(len(j.lists))
	j.lists = append(j.lists, uint32(c.box.west), uint32(c.box.north))
	j.lists = appendList(j.lists, c.members)
	return offset<<tagBits | tagList
}

// buildH3Node makes a node of the children of c, unless they would hold more
// edges than slack allows.
func (j *h3Job) buildH3Node(c *coverCell, resolution, slack int) (entry uint32, ok bool) {
	defer j.kept.cut(j.kept.mark())
	ids, err := c.cell.Children(resolution)
	if err != nil {
		j.err = fmt.Errorf("children of H3 cell %v: %w", c.cell, err)
		return 0, true
	}
	var children [digits]coverCell // by digit; a pentagon has no digit 1
	total := 0
	for _, id := range ids {
		child := &children[digit(id, resolution)]
		if *child, err = j.coverChild(c, id); err != nil {
			j.err = err
			return 0, true
		}
		total += countEdges(child.members)
	}
	if total > slack {
		return 0, false
	}
	node := len(j.cells)
	j.cells = append(j.cells, make([]uint32, digitStride)...)
	for i := range children {
		share := int(float64(slack) * (float64(countEdges(children[i].members)) / float64(max(total, 1))))
		entry := j.buildH3(&children[i], resolution, share) // may move j.cells
		j.cells[node+i] = entry
	}
	return uint32(node)<<tagBits | tagNode, true
}

func joinH3(a *Areas, jobs []h3Job) (*Areas, error) {
	t := AreaTables{Cols: baseCells, Rows: 1}
	parts := make([]*areaJob, len(jobs))
	for i := range jobs {
		if jobs[i].err != nil {
			return nil, fmt.Errorf("index areas: %w", jobs[i].err)
		}
		jobs[i].root = uint32(jobs[i].base)
		parts[i] = &jobs[i].areaJob
	}
	if err := t.join(parts); err != nil {
		return nil, err
	}
	a.cells, a.lists = t.Cells, t.Lists
	return a, nil
}

// Resolution is the finest resolution of the H3 cells.
func (a *Areas) Resolution() int { return a.resolution }

// Find appends the areas that hold p to dst, in ascending order. p must be
// valid. What is allocated is allocated by h3-go.
func (a *Areas) Find(p coord.E7, dst []uint32) []uint32 {
	p = canonical(p)
	w := p.WGS84()
	cell, err := h3.LatLngToCell(h3.LatLng{Lat: float64(w.Lat), Lng: float64(w.Lng)}, a.resolution)
	if err != nil {
		return dst // H3 refuses infinite coordinates only
	}
	return a.FindInCell(cell, p, dst)
}

// FindInCell is Find for a position whose H3 cell is known, at a resolution not
// below that of the Areas. It does not allocate.
func (a *Areas) FindInCell(cell h3.Cell, p coord.E7, dst []uint32) []uint32 {
	base := baseCell(cell)
	if base >= baseCells {
		return dst
	}
	entry := a.cells[base]
	for resolution := 1; entry&tagMask == tagNode; resolution++ {
		entry = a.cells[int(entry>>tagBits)+digit(cell, resolution)]
	}
	switch entry & tagMask {
	case tagWhole:
		return append(dst, entry>>tagBits)
	case tagList:
		list := a.lists[entry>>tagBits:]
		b := box{west: int32(list[0]), north: int32(list[1])}
		return findInList(list[2:], a.vertices, &b, canonical(p), -1, dst)
	}
	return dst
}
