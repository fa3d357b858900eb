package grid

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"geodrop/grid/coord"
)

// ErrTooLarge marks shapes that do not fit the tables of one index.
var ErrTooLarge = errors.New("shapes too large for one index")

const (
	leafEdges = 48      // cells with more edges are cut again
	minShift  = 8       // but none below 25.6e-6 degrees, 3 m
	maxShift  = 28      // of root cells
	rootCells = 1 << 15 // at most
	slackRate = 32      // list entries an edge may cost, at most, on the average
)

// NewAreaIndex indexes the shapes; their places in the slice are the areas. Equal
// shapes give equal tables. Shapes need not be valid for the index to agree
// with Shape.Contains. The error wraps ErrTooLarge.
func NewAreaIndex(shapes []Shape) (*AreaIndex, error) {
	vertices, patches := flatten(shapes)
	if len(vertices) > math.MaxInt32 || len(shapes) >= 1<<(32-tagBits) {
		return nil, fmt.Errorf("%w: %d areas with %d vertices", ErrTooLarge, len(shapes), len(vertices))
	}
	t := rootTables(vertices, patches)
	t.Areas, t.Vertices = uint32(len(shapes)), vertices
	jobs := distribute(t, patches)
	forEach(len(jobs), func(i int) { jobs[i].run(vertices) })
	if err := t.join(jobs); err != nil {
		return nil, err
	}
	return &AreaIndex{t: *t}, nil
}

// forEach calls do for 0…n-1 on all processors.
func forEach(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// rootTables chooses the root cells: the smallest that are few compared with
// the edges, and that few edges cross.
func rootTables(vertices []coord.E7, patches []patch) *AreaTables {
	west, south, east, north := rasterBounds(vertices, patches)
	edges := 0
	for i := range patches {
		edges += patches[i].edges()
	}
	for shift := uint32(minShift); ; shift += nodeBits {
		t := &AreaTables{
			Shift: shift, West: west >> shift, South: south >> shift,
			Cols: east>>shift - west>>shift + 1, Rows: north>>shift - south>>shift + 1,
		}
		few := uint64(t.Cols)*uint64(t.Rows) <= uint64(min(max(edges, nodeCells), rootCells))
		if shift == maxShift || few && crossings(vertices, patches, shift) <= edges {
			return t
		}
	}
}

// crossings estimates how often edges pass from one cell to the next.
func crossings(vertices []coord.E7, patches []patch, shift uint32) int {
	n := 0
	forEdges(vertices, patches, func(a, b coord.E7) {
		dLng, dLat := eastward(a.Lng, b.Lng), int64(b.Lat)-int64(a.Lat)
		n += int(max(dLng, -dLng)>>shift + max(dLat, -dLat)>>shift)
	})
	return n
}

func forEdges(vertices []coord.E7, patches []patch, do func(a, b coord.E7)) {
	for i := range patches {
		for _, r := range patches[i].runs {
			for k := r.first; k < r.last; k++ {
				do(vertices[k], vertices[k+1])
			}
		}
	}
}

// rasterBounds are the least and greatest positions of the shapes: of all the
// Earth where one crosses the antimeridian or encloses a pole.
func rasterBounds(vertices []coord.E7, patches []patch) (west, south, east, north uint32) {
	if len(vertices) == 0 {
		return 0, 0, 0, 0
	}
	west, south = math.MaxUint32, math.MaxUint32
	wraps := false
	forEdges(vertices, patches, func(a, b coord.E7) {
		x, y := rasterPosition(a)
		west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
		wraps = wraps || eastward(a.Lng, b.Lng) != int64(b.Lng)-int64(a.Lng)
	})
	if wraps {
		return 0, 0, uint32(turn - 1), 2*uint32(coord.MaxLatE7) - 1
	}
	return west, south, east, north
}

// An areaJob builds the tables below one root cell. Offsets are relative to
// the job's own tables until they are joined.
type areaJob struct {
	root     uint32 // offset in Cells
	col, row uint32
	shift    uint32
	members  []patch

	entry    uint32
	cells    []uint32
	lists    []uint32
	vertices []coord.E7
	kept     arena // members of cells yet to be built
	scratch  arena // members of cells between those, while they are cut
}

// distribute cuts the Earth down to the root cells, halving it each way, and
// makes a job for each root cell with something in it, in the order of Cells.
func distribute(t *AreaTables, patches []patch) []*areaJob {
	byRoot := make([]*areaJob, t.Cols*t.Rows)
	var d areaJob
	d.vertices = t.Vertices
	d.halve(0, 0, 32, t.Shift, earth(), patches, func(col, row uint32, members []patch) {
		if col < t.West || row < t.South || col-t.West >= t.Cols || row-t.South >= t.Rows {
			return // an edge touches the cell from outside, and none of it is held
		}
		job := &areaJob{col: col, row: row, shift: t.Shift, members: members}
		job.root = (row-t.South)*t.Cols + col - t.West
		byRoot[job.root] = job
	})
	jobs := byRoot[:0:0]
	for _, job := range byRoot {
		if job != nil {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// halve cuts a cell of 2^shift in four until the cells are of 2^to, and calls do
// with what is in each of them, if anything is. The members are valid during
// the call.
func (j *areaJob) halve(col, row, shift, to uint32, b box, members []patch, do func(col, row uint32, members []patch)) {
	if len(members) == 0 {
		return
	}
	if shift == to {
		do(col, row, members)
		return
	}
	shift--
	a := &j.scratch
	if shift == to {
		a = &j.kept
	}
	for quarter := range uint32(4) {
		col, row := 2*col+quarter%2, 2*row+quarter/2
		if uint64(col)<<shift >= uint64(turn) || uint64(row)<<shift >= 2*uint64(coord.MaxLatE7) {
			continue
		}
		sub, mark := rasterBox(col, row, shift), a.mark()
		j.halve(col, row, shift, to, sub, a.narrow(j.vertices, &b, &sub, members), do)
		if shift > to {
			a.cut(mark)
		}
	}
}

func (j *areaJob) run(vertices []coord.E7) {
	j.vertices = vertices
	j.entry = j.build(j.col, j.row, j.shift, j.members, slackRate*countEdges(j.members))
	j.members, j.kept, j.scratch = nil, arena{}, arena{}
}

func countEdges(members []patch) int {
	n := 0
	for i := range members {
		n += members[i].edges()
	}
	return n
}

// build makes the entry of a cell. slack is the number of edges that the lists
// below the cell may hold together, an edge counted in each list.
func (j *areaJob) build(col, row, shift uint32, members []patch, slack int) uint32 {
	if len(members) == 1 && members[0].whole() {
		return members[0].area<<tagBits | tagWhole
	}
	if edges := countEdges(members); edges > leafEdges && shift >= minShift+nodeBits {
		if entry, ok := j.buildNode(col, row, shift, members, slack); ok {
			return entry
		}
	}
	offset := uint32(len(j.lists))
	j.lists = appendList(j.lists, members)
	return offset<<tagBits | tagList
}

// buildNode cuts a cell into a node, unless its cells would hold more edges
// than slack allows.
func (j *areaJob) buildNode(col, row, shift uint32, members []patch, slack int) (entry uint32, ok bool) {
	var parts [nodeCells][]patch
	total := 0
	defer j.kept.cut(j.kept.mark())
	j.halve(col, row, shift, shift-nodeBits, rasterBox(col, row, shift), members, func(col, row uint32, part []patch) {
		parts[row%nodeEdge*nodeEdge+col%nodeEdge] = part
		total += countEdges(part)
	})
	if total > slack {
		return 0, false
	}
	node := len(j.cells)
	j.cells = append(j.cells, make([]uint32, nodeCells)...)
	for i, part := range parts {
		if len(part) > 0 {
			share := int(float64(slack) * (float64(countEdges(part)) / float64(max(total, 1))))
			col, row := col<<nodeBits+uint32(i%nodeEdge), row<<nodeBits+uint32(i/nodeEdge)
			entry := j.build(col, row, shift-nodeBits, part, share) // may move j.cells
			j.cells[node+i] = entry
		}
	}
	return uint32(node)<<tagBits | tagNode, true
}

// join appends the tables of the jobs.
func (t *AreaTables) join(jobs []*areaJob) error {
	cells, lists := int(t.Cols*t.Rows), 0
	for _, job := range jobs {
		cells, lists = cells+len(job.cells), lists+len(job.lists)
	}
	if max(cells, lists) >= 1<<(32-tagBits) {
		return fmt.Errorf("%w: %d cells, lists of %d words", ErrTooLarge, cells, lists)
	}
	t.Cells = make([]uint32, t.Cols*t.Rows, cells)
	t.Lists = make([]uint32, 0, lists)
	for _, job := range jobs {
		moveNodes, moveLists := uint32(len(t.Cells))<<tagBits, uint32(len(t.Lists))<<tagBits
		moved := func(entry uint32) uint32 {
			switch entry & tagMask {
			case tagNode:
				return entry + moveNodes
			case tagList:
				return entry + moveLists
			}
			return entry
		}
		t.Cells[job.root] = moved(job.entry)
		for _, entry := range job.cells {
			t.Cells = append(t.Cells, moved(entry))
		}
		t.Lists = append(t.Lists, job.lists...)
		job.cells, job.lists = nil, nil
	}
	return nil
}
