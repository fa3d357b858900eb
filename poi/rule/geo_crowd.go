package rule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

// crowdRules are about too many places at one spot.
func crowdRules() []*Rule {
	return []*Rule{
		{
			ID: "dense-cell", Group: placesGroup, Severity: Warning,
			Reason: "a cell has more places than an answer can carry",
			Fix:    "Thin the places out, or put those that belong together under one of them.",
			Doc: "An answer carries a limited number of drops, the nearest first. Whoever stands in a cell with more places than that " +
				"never sees some of them, wherever in the cell. Each such cell is a finding; cells that are not as full, but whose window is, make one together.",
			Start: func(v *View, emit Emit) Check {
				c := &crowdCheck{view: v, emit: emit}
				return Check{Cell: c.cell, Done: c.done}
			},
		},
		{
			ID: "shared-point", Group: placesGroup, Severity: Note,
			Reason: "many places of a file share their points",
			Fix:    "Use the places' own positions; those of postal codes and towns are often computed.",
			Doc: fmt.Sprintf("At one point to the last digit, %d places or more: as a rule the middle of an area, given to all that is in it. "+
				"Players see a heap there and nothing around. All such points of a file make one finding.", manyShare),
			Start: func(_ *View, emit Emit) Check {
				c := &sharedCheck{emit: emit, files: map[string]*sharedFile{}}
				return Check{Cell: c.cell, Done: c.done}
			},
		},
	}
}

// crowdCheck keeps the counts of all cells, 12 bytes for each.
type crowdCheck struct {
	view   *View
	emit   Emit
	keys   []uint64 // ascending
	counts []uint32
	full   []fullCell
	spots  []spot // cells that may have a full window
	tiles  []grid.TileWindow
}

// A fullCell has more places than an answer carries.
type fullCell struct {
	id    grid.Cell
	count int64
	at    poi.Place
	pos   coord.E7
}

// A spot is where a window may be full.
type spot struct {
	pos coord.E7
	at  poi.Place
}

func (c *crowdCheck) cell(cell *Cell) {
	count := cell.Count
	for i := range cell.POIs {
		if cell.POIs[i].Screened {
			count--
		}
	}
	if count == 0 {
		return
	}
	c.keys, c.counts = append(c.keys, cell.ID.SortKey()), append(c.counts, uint32(count))
	p := &cell.POIs[0]
	side := 2*c.view.Radius + 1
	switch {
	case count > c.view.Limit:
		c.full = append(c.full, fullCell{cell.ID, int64(count), p.At, p.Pos})
	case count*side*side > c.view.Limit:
		c.spots = append(c.spots, spot{p.Pos, p.At})
	}
}

// window is the number of places in the window of a position.
func (c *crowdCheck) window(p coord.E7) (n int64) {
	c.tiles = c.view.Grid.Window(p, c.view.Radius, c.tiles[:0])
	for _, w := range c.tiles {
		for row := w.Rect.South(); row <= w.Rect.North(); row++ {
			first := uint64(w.Tile)<<6 | uint64(row*8)
			i, _ := slices.BinarySearch(c.keys, first|uint64(w.Rect.West()))
			for ; i < len(c.keys) && c.keys[i] <= first|uint64(w.Rect.East()); i++ {
				n += int64(c.counts[i])
			}
		}
	}
	return n
}

func (c *crowdCheck) done() {
	for _, f := range c.full {
		c.emit(Finding{At: f.at, Object: "cell " + c.view.Grid.Text(f.id), Value: degrees(f.pos), Count: f.count,
			Message: fmt.Sprintf("has %s places around %s, and %s with the cells next to it: an answer carries %d at most",
				phrase.Number(f.count), degrees(f.pos), phrase.Number(c.window(f.pos)), c.view.Limit)})
	}
	var worst spot
	windows, most := int64(0), int64(0)
	for _, s := range c.spots {
		n := c.window(s.pos)
		if n <= int64(c.view.Limit) {
			continue
		}
		if windows++; n > most {
			most, worst = n, s
		}
	}
	if windows == 0 {
		return
	}
	id := c.view.Grid.Cell(worst.pos)
	c.emit(Finding{At: worst.at, Object: "cell " + c.view.Grid.Text(id), Value: degrees(worst.pos), Count: windows,
		Message: fmt.Sprintf("is the worst of %s that are not as full, but have more than %d places with the cells next to them: around %s there are %s",
			phrase.Number(windows), c.view.Limit, degrees(worst.pos), phrase.Number(most))})
}

// manyShare is from how many places on a point is reported.
const manyShare = 10

type sharedCheck struct {
	emit  Emit
	files map[string]*sharedFile
	order []int32
}

// sharedFile is the points of one file that many places share.
type sharedFile struct {
	points, places int64
	most           int
	worst          CellPOI
}

func (c *sharedCheck) cell(cell *Cell) {
	if len(cell.POIs) < manyShare {
		return
	}
	c.order = c.order[:0]
	for i := range cell.POIs {
		c.order = append(c.order, int32(i))
	}
	compare := func(a, b int32) int { return comparePos(cell.POIs[a].Pos, cell.POIs[b].Pos) }
	slices.SortStableFunc(c.order, compare)
	for len(c.order) > 0 {
		n := 1
		for n < len(c.order) && compare(c.order[0], c.order[n]) == 0 {
			n++
		}
		if n >= manyShare {
			c.point(&cell.POIs[c.order[0]], n)
		}
		c.order = c.order[n:]
	}
}

func comparePos(a, b coord.E7) int {
	return cmp.Or(cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Lng, b.Lng))
}

func (c *sharedCheck) point(first *CellPOI, n int) {
	f := c.files[first.At.File]
	if f == nil {
		f = &sharedFile{}
		c.files[first.At.File] = f
	}
	f.points++
	f.places += int64(n)
	if n > f.most {
		f.most, f.worst = n, *first
	}
}

func (c *sharedCheck) done() {
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		f := c.files[name]
		c.emit(Finding{
			At: f.worst.At, Object: "POI " + f.worst.ID, Value: degrees(f.worst.Pos), Count: f.places,
			Message: fmt.Sprintf("shares the point %s with %s others, the most of its file, where %s places share %s",
				degrees(f.worst.Pos), phrase.Number(f.most-1), phrase.Number(f.places), phrase.Count(f.points, "point")),
		})
	}
}
