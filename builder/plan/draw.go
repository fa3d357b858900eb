package plan

import (
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/outline"
)

// outlineVertices bounds what a page is given to draw.
const outlineVertices = 20_000

// draw makes the map: the districts of the new release, and a sample of places.
func (c *comparison) draw() {
	m := &c.plan.Map
	r := c.sides[is].release
	for i, rings := range outline.Draw(r.Areas(), outlineVertices) {
		d := r.Catalog().Districts[i]
		m.Districts = append(m.Districts, Outline{Adcode: d.Adcode, Name: d.Name, Rings: rings})
	}
	m.Points = append(c.sample.points(), c.others.points()...)
	m.Differ, m.Others = c.sample.seen, c.others.seen
}

// box enters where the districts are: the new border where there is one.
func (c *comparison) box() {
	for i := range c.sides {
		r := c.sides[i].release
		for area, box := range boxes(r.Areas()) {
			c.sums.districts[r.Catalog().Districts[area].Adcode].Box = box
		}
	}
}

// boxes are those that hold each area.
func boxes(areas *grid.AreaIndex) map[uint32]*Box {
	all := map[uint32]*Box{}
	for area, ring := range areas.Rings {
		for _, v := range ring {
			all[area] = all[area].with(v.WGS84())
		}
	}
	return all
}

// with is the box that also holds a position.
func (b *Box) with(p coord.WGS84) *Box {
	if b == nil {
		return &Box{South: p.Lat, North: p.Lat, West: p.Lng, East: p.Lng}
	}
	b.South, b.North = min(b.South, p.Lat), max(b.North, p.Lat)
	b.West, b.East = min(b.West, p.Lng), max(b.East, p.Lng)
	return b
}
