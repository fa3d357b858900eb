package builder

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// An edit is a POI that comes to a cell or, without a text, one that goes.
type edit struct {
	cell  uint64 // sort key
	goes  string // id
	text  []byte
	pos   coord.E7
	combo uint32
}

func (e *edit) tile(g *grid.Grid) (grid.Tile, error) {
	c, err := g.CellFromKey(e.cell)
	return c.Tile(), err
}

// editor turns changes into edits, by cell.
type editor struct {
	b      *build
	base   *base
	combos *index.Combinations
	edits  []edit
	bytes  int64
	within []uint32
	labels []string
}

// editShare is the share of Options.Memory that edits may take.
const editShare = 0.4

// readEdits turns the changes into edits, and counts them in the zones without
// times.
func (b *build) readEdits(ctx context.Context, base *base, changes *poi.Changes, combos *index.Combinations) ([]edit, error) {
	b.screened = make([]int64, len(b.always.records))
	for i, z := range b.always.records {
		b.screened[i] = base.notes.Screened[z.ID]
	}
	e := editor{b: b, base: base, combos: combos}
	rows := 0
	for change, err := range changes.POIs {
		if err == nil {
			err = e.add(change)
		}
		if err == nil && float64(e.bytes) > editShare*float64(b.opts.Memory) {
			err = fmt.Errorf("%w: they take more memory than there is", poi.ErrUntracked)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		rows++
	}
	b.opts.Progress.Add(rows)
	if slices.ContainsFunc(b.screened, func(n int64) bool { return n < 0 }) {
		return nil, fmt.Errorf("%w: more POIs left a zone than were in it", errBase)
	}
	slices.SortFunc(e.edits, func(x, y edit) int { return cmp.Or(cmp.Compare(x.cell, y.cell), bytes.Compare(x.text, y.text)) })
	return e.edits, nil
}

func (e *editor) add(change *poi.POIChange) error {
	if change.Was != nil {
		if zone, hit := e.b.always.first(*change.Was); hit {
			e.b.screened[zone]--
		} else {
			e.put(edit{cell: e.b.grid.Cell(*change.Was).SortKey(), goes: string(change.ID)})
		}
	}
	p := change.Now
	if p == nil {
		return nil
	}
	if zone, hit := e.b.always.first(p.Pos); hit {
		e.b.screened[zone]++
		return nil
	}
	combo, err := e.combo(p, change.Sets)
	e.put(edit{cell: e.b.grid.Cell(p.Pos).SortKey(), text: catalog.AppendText(nil, p), pos: p.Pos, combo: combo})
	return err
}

func (e *editor) put(x edit) {
	const each = 96 // the edit itself, with room for slices that grow
	e.bytes += int64(each + len(x.goes) + len(x.text))
	e.edits = append(e.edits, x)
}

// combo is the combination of labels of a POI.
func (e *editor) combo(p *poi.POI, sets []poi.SetID) (uint32, error) {
	place := catalog.Place{Sets: sets}
	var err error
	if place.District, err = e.base.district(p.Pos); err != nil {
		return 0, err
	}
	e.within = e.b.timed.index.Find(p.Pos, e.within[:0])
	for _, z := range e.within {
		place.Zones = append(place.Zones, e.b.timed.records[z].ID)
	}
	e.labels = place.Labels(e.labels[:0])
	return e.combos.Add(e.labels), nil
}
