package plan

import (
	"cmp"
	"maps"
	"slices"

	"geodrop/poi"
	"geodrop/poi/catalog"
)

// sums are the figures of districts, tasks and zones while they are added up.
type sums struct {
	districts map[poi.Adcode]*District
	tasks     map[poi.TaskID]*Task
	timed     map[poi.ZoneID]*Zone
}

// sumUp expands the pairs into districts, tasks and zones. It depends on no order
// of theirs: all that it does is to add, and to take the most.
func (c *comparison) sumUp() {
	c.sums = sums{map[poi.Adcode]*District{"": {Name: outsideName, Presence: InBoth}}, map[poi.TaskID]*Task{}, map[poi.ZoneID]*Zone{}}
	for i := range c.sides {
		c.name(i, c.sides[i].release.Catalog())
	}
	for p, m := range c.pairs {
		c.addPair(p, m)
	}
	c.sumCoverage()
	c.box()
	c.sumQuotas()
	p := c.plan
	c.moves.cut()
	p.Moves.Farthest = list(c.moves.moves)
	for _, d := range slices.Sorted(maps.Keys(c.sums.districts)) {
		p.Districts = append(p.Districts, *c.sums.districts[d])
	}
	for _, t := range slices.Sorted(maps.Keys(c.sums.tasks)) {
		p.Tasks = append(p.Tasks, *c.sums.tasks[t])
	}
	p.Tasks = list(p.Tasks)
	c.sumZones()
}

// outsideName is what the places outside all districts are shown under.
const outsideName = "outside all districts"

// list is never nil, so that its JSON is a list.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// name enters what a catalog names; that of the new release comes last.
func (c *comparison) name(side int, cat *catalog.Catalog) {
	for _, d := range cat.Districts {
		row := entry(c.sums.districts, d.Adcode, func() *District { return &District{Adcode: d.Adcode} })
		row.Name, row.Presence = d.Name, seen(row.Presence, side)
	}
	for i := range cat.Tasks {
		t := &cat.Tasks[i]
		row := entry(c.sums.tasks, t.ID, func() *Task { return &Task{ID: t.ID} })
		row.Title, row.Presence = t.Title, seen(row.Presence, side)
	}
	for _, z := range cat.Zones {
		row := entry(c.sums.timed, z.ID, func() *Zone { return &Zone{ID: z.ID, Timed: true, Before: new(int64), After: new(int64)} })
		row.Name, row.Reason = z.Name, z.Reason
	}
}

// seen is the presence of what is on a side, the before coming first.
func seen(so Presence, side int) Presence {
	switch {
	case side == was:
		return InBefore
	case so == "":
		return InAfter
	}
	return InBoth
}

func entry[K comparable, V any](m map[K]*V, key K, fresh func() *V) *V {
	v, ok := m[key]
	if !ok {
		v = fresh()
		m[key] = v
	}
	return v
}

// addPair adds the places and drops of a pair.
func (c *comparison) addPair(p pair, m many) {
	var tasks [2][]poi.TaskID
	var zones [2][]poi.ZoneID
	var districts [2]*District
	for i, no := range [2]uint32{p.before, p.after} {
		if no == noSite {
			continue
		}
		site := &c.sides[i].sites[no]
		tasks[i], zones[i], districts[i] = site.Tasks, site.Zones, c.sums.districts[site.District]
	}
	c.plan.Places.add(p.kind, districts[was] != nil, districts[is] != nil, m.places)
	for _, id := range tasks[was] {
		if !slices.Contains(tasks[is], id) {
			c.addDrops(id, Removed, districts[was], nil, m)
		}
	}
	for _, id := range tasks[is] {
		if slices.Contains(tasks[was], id) {
			c.addDrops(id, p.kind, districts[was], districts[is], m)
		} else {
			c.addDrops(id, Added, nil, districts[is], m)
		}
	}
	c.addZones(tasks, zones, districts, m.places)
}

// addDrops adds the drops of one task; a district is nil on the side where they
// are not.
func (c *comparison) addDrops(id poi.TaskID, kind Kind, from, to *District, m many) {
	t := c.sums.tasks[id]
	for _, change := range []*Change{&c.plan.Drops, &t.Drops} {
		change.add(kind, from != nil, to != nil, m.places)
	}
	if kind == Moved {
		t.Farthest, to.Farthest = max(t.Farthest, m.farthest), max(to.Farthest, m.farthest)
	}
	switch {
	case from == to:
		to.Drops.add(kind, true, true, m.places)
		return
	case from != nil && to != nil:
		from.Left += m.places
		to.Arrived += m.places
		from.Drops.add(Kept, true, false, m.places)
		to.Drops.add(kind, false, true, m.places)
		return
	case from != nil:
		from.Drops.add(kind, true, false, m.places)
	default:
		to.Drops.add(kind, false, true, m.places)
	}
}

// add adds n of a kind, which are before, after, or both.
func (c *Change) add(kind Kind, before, after bool, n int64) {
	if before {
		c.Before += n
	}
	if after {
		c.After += n
	}
	switch kind {
	case Added:
		c.Added += n
	case Removed:
		c.Removed += n
	case Moved:
		c.Moved += n
	case Changed:
		c.Changed += n
	}
}

// addZones adds places to the zones with times that they are in.
func (c *comparison) addZones(tasks [2][]poi.TaskID, zones [2][]poi.ZoneID, districts [2]*District, places int64) {
	for _, id := range zones[was] {
		z := c.sums.timed[id]
		*z.Before += places
		if districts[is] != nil && !slices.Contains(zones[is], id) {
			z.add(zoneHits{}, zoneHits{places, places * int64(len(tasks[is]))})
		}
	}
	for _, id := range zones[is] {
		z := c.sums.timed[id]
		*z.After += places
		if districts[was] != nil && !slices.Contains(zones[was], id) {
			z.add(zoneHits{places, places * int64(len(tasks[was]))}, zoneHits{})
		}
	}
}

// sumZones lists the zones with times, and those without that some place is in.
func (c *comparison) sumZones() {
	z := &c.plan.Zones
	z.BeforeKnown, z.AfterKnown = c.zones[was] != nil, c.zones[is] != nil
	for i, zoning := range c.zones {
		if zoning == nil {
			continue
		}
		for no, n := range zoning.places {
			if n == 0 {
				continue
			}
			row := c.hit(zoning.zones[no])
			*[2]**int64{&row.Before, &row.After}[i] = &n
		}
	}
	zero := int64(0)
	for _, row := range c.hits {
		if row.Before == nil && z.BeforeKnown {
			row.Before = &zero
		}
		if row.After == nil && z.AfterKnown {
			row.After = &zero
		}
	}
	for _, rows := range []map[poi.ZoneID]*Zone{c.hits, c.sums.timed} {
		for _, row := range rows {
			z.Zones = append(z.Zones, *row)
		}
	}
	slices.SortFunc(z.Zones, func(a, b Zone) int {
		if order := cmp.Compare(a.ID, b.ID); order != 0 || a.Timed == b.Timed {
			return order
		}
		return map[bool]int{false: -1, true: 1}[a.Timed] // one that got its times, or lost them, is there twice
	})
	z.Zones = list(z.Zones)
}
