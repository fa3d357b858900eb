package plan

import (
	"bytes"

	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// checkEvery is how many places are compared between two looks at the context.
const checkEvery = 1 << 14

// walk goes through both releases at once. Places of one cell are compared at
// once; those that one release alone has in the cell are left to the join.
func (c *comparison) walk() error {
	a, b := c.sides[was], c.sides[is]
	for _, s := range c.sides {
		if err := s.next(); err != nil {
			return err
		}
	}
	for n := 0; a.here || b.here; n++ {
		if n%checkEvery == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if err := c.step(a, b); err != nil {
			return err
		}
	}
	return nil
}

// step compares the first place of both sides and passes it.
func (c *comparison) step(a, b *side) error {
	switch order := compare(a, b); {
	case order < 0:
		if err := c.join.place(recordBefore, a); err != nil {
			return err
		}
		return a.next()
	case order > 0:
		if err := c.join.place(recordAfter, b); err != nil {
			return err
		}
		return b.next()
	}
	if err := c.same(a, b); err != nil {
		return err
	}
	if err := a.next(); err != nil {
		return err
	}
	return b.next()
}

// same is a place that is in one cell before and after.
func (c *comparison) same(a, b *side) error {
	f := found{id: a.id, text: b.text, before: a.pos, after: b.pos, sites: [2]uint32{a.site, b.site}, zones: [2]uint32{noZone, noZone}}
	switch {
	case a.pos != b.pos:
		f.kind = Moved
	case !bytes.Equal(a.text, b.text):
		f.kind = Changed
	}
	return c.found(&f)
}

// found is a place and what became of it. Of an added one only the after is
// set, of a removed one the before.
type found struct {
	id, text      []byte
	kind          Kind
	before, after coord.E7
	sites         [2]uint32 // noSite where it is not
	zones         [2]uint32 // without times, that keep it out; noZone for none
}

// noSite is the site of a place on the side where it is not.
const noSite = ^uint32(0)

// found counts a place, and keeps it if it is worth showing.
func (c *comparison) found(f *found) error {
	metres := coord.Metres(0)
	if f.kind == Moved {
		metres = f.before.WGS84().Distance(f.after.WGS84())
		if err := c.moved(f, metres); err != nil {
			return err
		}
	}
	c.pairs.add(pair{before: f.sites[was], after: f.sites[is], kind: f.kind}, metres)
	return c.show(f)
}

// moved counts a move, and keeps it if it is far.
func (c *comparison) moved(f *found, metres coord.Metres) error {
	m := &c.plan.Moves
	switch {
	case metres < 10:
		m.Under10m++
	case metres < 100:
		m.Under100m++
	case metres < 1000:
		m.Under1km++
	default:
		m.Beyond++
	}
	if !c.moves.takes(metres) {
		return nil
	}
	text, err := catalog.ParseText(f.text)
	if err != nil {
		return err
	}
	c.moves.add(Move{
		POI: poi.POIID(text.ID), Name: string(text.Name), Metres: metres,
		From: c.sides[was].sites[f.sites[was]].District, To: c.sides[is].sites[f.sites[is]].District,
	})
	return nil
}

// show keeps a place for the map, if it is one of the sample.
func (c *comparison) show(f *found) error {
	kind := f.kind
	if kind == Kept && !c.sameTasks(f) {
		kind = Retasked
	}
	s := c.sample
	if kind == Kept {
		s = c.others
	}
	rank := hashID(f.id)
	s.seen++
	if !s.takes(rank) {
		return nil
	}
	text, err := catalog.ParseText(f.text)
	if err != nil {
		return err
	}
	p := Point{POI: poi.POIID(text.ID), Name: string(text.Name), Kind: kind}
	if f.sites[was] != noSite {
		p.Before, p.Tasks[was] = f.before.WGS84(), c.sides[was].sites[f.sites[was]].Tasks
	}
	if f.sites[is] != noSite {
		p.After, p.Tasks[is] = f.after.WGS84(), c.sides[is].sites[f.sites[is]].Tasks
	}
	p.Zone = c.zoneOf(f)
	s.add(rank, p)
	return nil
}
