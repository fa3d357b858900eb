package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/zeebo/xxh3"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

func twinRules() []*Rule {
	return []*Rule{{
		ID: "near-duplicate", Group: placesGroup, Severity: Note,
		Reason: "two places of one name are next to each other",
		Fix:    "Delete all but one of them, or give them names that tell them apart.",
		Doc: fmt.Sprintf("Places within %.0f m of each other whose names have the same letters and digits, whatever their case. "+
			"As a rule one place came from two sources, and players see every drop there twice. All that are near one place make one finding.", float64(twinReach)),
		Start: func(v *View, emit Emit) Check {
			c := &twinCheck{view: v, emit: emit, here: map[uint64][]*twin{}, rim: map[uint64][]*twin{}}
			return Check{Cell: c.cell, Done: c.done}
		},
	}}
}

// twinReach is how far apart twins are at most.
const twinReach = coord.Metres(50)

// A twin is a place, and those of its name that were found next to it.
type twin struct {
	pos    coord.E7
	id     string
	name   string
	at     poi.Place
	others int64
	second string    // the first of these
	there  poi.Place // of the second
	away   coord.Metres
}

// twinCheck holds the places of a block of cells until the next block; those in
// cells at the rim of a block, which may have twins in another one, until the
// end.
type twinCheck struct {
	view  *View
	emit  Emit
	block grid.Block
	here  map[uint64][]*twin // by name and cell
	rim   map[uint64][]*twin
	cells []grid.Cell
}

func (c *twinCheck) cell(cell *Cell) {
	if b := cell.ID.Block(); b != c.block {
		c.flush(c.here)
		c.here = map[uint64][]*twin{} // emptying one that has been large takes as long each time
		c.block = b
	}
	rim := c.atRim(cell.ID)
	for i := range cell.POIs {
		p := &cell.POIs[i]
		name := letters(p.Name)
		if name == "" || c.find(p, xxh3.HashString(name)) {
			continue
		}
		t := &twin{pos: p.Pos, id: p.ID, name: p.Name, at: p.At}
		key := twinKey(xxh3.HashString(name), cell.ID)
		if rim {
			c.rim[key] = append(c.rim[key], t)
		} else {
			c.here[key] = append(c.here[key], t)
		}
	}
}

const blockEdge = 64 // rows and columns of a block

// atRim reports whether a cell has neighbours in another block.
func (c *twinCheck) atRim(id grid.Cell) bool {
	row, col, _ := c.view.Grid.RowCol(id)
	row, col = row%blockEdge, col%blockEdge
	_, east, _ := c.view.Grid.Bounds(id)
	return row == 0 || row == blockEdge-1 || col == 0 || col == blockEdge-1 || east.Lng > 180-1e-6
}

func twinKey(name uint64, cell grid.Cell) uint64 {
	return name ^ uint64(cell)*0x9E3779B97F4A7C15 // 2^64/φ
}

// find adds a place to a twin of it, if there is one.
func (c *twinCheck) find(p *CellPOI, name uint64) bool {
	c.cells = append(c.cells[:0], c.view.Grid.Cell(p.Pos))
	for _, by := range [4][2]coord.Metres{{-1, -1}, {-1, 1}, {1, -1}, {1, 1}} {
		if near := c.view.Grid.Cell(moved(p.Pos, by[0]*twinReach, by[1]*twinReach)); !slices.Contains(c.cells, near) {
			c.cells = append(c.cells, near)
		}
	}
	for _, cell := range c.cells {
		key := twinKey(name, cell)
		if add(c.here[key], p) || add(c.rim[key], p) {
			return true
		}
	}
	return false
}

func add(twins []*twin, p *CellPOI) bool {
	at := p.Pos.WGS84()
	for _, t := range twins {
		away := t.pos.WGS84().Distance(at)
		if away > twinReach || t.id == p.ID || letters(t.name) != letters(p.Name) {
			continue
		}
		if t.others++; t.others == 1 {
			t.second, t.there, t.away = "POI "+p.ID, p.At, away
		}
		return true
	}
	return false
}

// letters are the letters and digits of a name in lower case.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// flush reports twins in an order that depends on the config alone.
func (c *twinCheck) flush(twins map[uint64][]*twin) {
	var found []*twin
	for _, list := range twins {
		for _, t := range list {
			if t.others > 0 {
				found = append(found, t)
			}
		}
	}
	slices.SortFunc(found, func(a, b *twin) int {
		return cmp.Or(cmp.Compare(a.at.File, b.at.File), cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.id, b.id))
	})
	for _, t := range found {
		c.emit(t.finding())
	}
}

func (c *twinCheck) done() {
	c.flush(c.here)
	c.flush(c.rim)
}

func (t *twin) finding() Finding {
	f := Finding{At: t.at, Object: "POI " + t.id, Value: t.name, See: t.there}
	f.At.Field = "name"
	f.Message = fmt.Sprintf("has a twin %s away: %s", metres(t.away), t.second)
	if t.others > 1 {
		f.Count = t.others
		f.Message += fmt.Sprintf(", and %s more", phrase.Number(t.others-1))
	}
	return f
}
