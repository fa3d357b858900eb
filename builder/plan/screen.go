package plan

import (
	"cmp"
	"slices"

	"geodrop/grid"
	"geodrop/poi"
)

// noZone stands for none.
const noZone = ^uint32(0)

// zoning are the zones without times of a config, and how many places each keeps
// out.
type zoning struct {
	zones  []*poi.Zone // by id
	index  *grid.AreaIndex
	places []int64
}

func (z *zoning) count(zone uint32) { z.places[zone]++ }

// screen reads the configs that are at hand for the places that zones keep out.
func (c *comparison) screen() error {
	for i, src := range []poi.Source{c.options.SourceBefore, c.options.SourceAfter} {
		if src == nil {
			continue
		}
		z, err := c.readZones(src)
		if err != nil {
			return err
		}
		c.zones[i] = z
		if len(z.zones) == 0 {
			continue
		}
		if err := c.readScreened(src, z, []byte{recordScreenedBefore, recordScreenedAfter}[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) readZones(src poi.Source) (*zoning, error) {
	z := &zoning{}
	for zone, err := range src.Zones(c.ctx) {
		if err != nil {
			return nil, err
		}
		if zone.Always() {
			z.zones = append(z.zones, zone)
		}
	}
	// As builds do: by id, and the first of those with one.
	slices.SortStableFunc(z.zones, func(a, b *poi.Zone) int { return cmp.Compare(a.ID, b.ID) })
	z.zones = slices.CompactFunc(z.zones, func(a, b *poi.Zone) bool { return a.ID == b.ID })
	shapes := make([]grid.Shape, len(z.zones))
	for i := range z.zones {
		shapes[i] = z.zones[i].Shape
	}
	z.places = make([]int64, len(z.zones))
	var err error
	z.index, err = grid.NewAreaIndex(shapes)
	return z, err
}

func (c *comparison) readScreened(src poi.Source, z *zoning, kind byte) error {
	for batch, err := range src.POIs(c.ctx) {
		if err != nil {
			return err
		}
		for i := range batch.Rows {
			row := &batch.Rows[i]
			zone, in := z.index.First(row.Pos)
			if !in {
				continue
			}
			if err := c.join.screened(kind, string(row.ID), zone, row.Pos); err != nil {
				return err
			}
		}
	}
	return nil
}

// zoneHits are what the zones without times did to places of the releases.
type zoneHits struct{ places, drops int64 }

// screened counts a place that was removed, if a zone keeps it out now.
func (c *comparison) screened(f *found) {
	if z := f.zones[is]; z != noZone {
		c.hit(c.zones[is].zones[z]).add(zoneHits{1, int64(len(c.sides[was].sites[f.sites[was]].Tasks))}, zoneHits{})
	}
}

// freed counts a place that was added, if a zone kept it out before.
func (c *comparison) freed(f *found) {
	if z := f.zones[was]; z != noZone {
		c.hit(c.zones[was].zones[z]).add(zoneHits{}, zoneHits{1, int64(len(c.sides[is].sites[f.sites[is]].Tasks))})
	}
}

// zoneOf is the zone that made the difference for a place, if one did.
func (c *comparison) zoneOf(f *found) poi.ZoneID {
	for i, z := range f.zones {
		if z != noZone {
			return c.zones[i].zones[z].ID
		}
	}
	return ""
}

// hit is the row of a zone.
func (c *comparison) hit(of *poi.Zone) *Zone {
	z, ok := c.hits[of.ID]
	if !ok {
		z = &Zone{ID: of.ID, Name: of.Name, Reason: of.Reason}
		c.hits[of.ID] = z
	}
	return z
}

func (z *Zone) add(screened, freed zoneHits) {
	z.Screened += screened.places
	z.ScreenedDrops += screened.drops
	z.Freed += freed.places
	z.FreedDrops += freed.drops
}
