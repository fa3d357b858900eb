package plan

import (
	"maps"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// counted is a plan as it follows from the rows of two configs one by one,
// without a release, a sort or an index.
type counted struct {
	places, drops Change
	districts     map[poi.Adcode]*District
	tasks         map[poi.TaskID]*Task
	zones         map[poi.ZoneID]*Zone
	moves         Moves
}

// standing is a place of a release.
type standing struct {
	poi.POI
	district poi.Adcode
	tasks    []poi.TaskID
	zones    []poi.ZoneID // with times
	screen   poi.ZoneID   // without times: it is not in the release
}

func (s *town) stand(p poi.POI) *standing {
	x := &standing{POI: p}
	for _, z := range s.zones { // by id
		if z.Shape.Contains(p.Pos) && !z.Always() {
			x.zones = append(x.zones, z.ID)
		} else if z.Shape.Contains(p.Pos) && x.screen == "" {
			x.screen = z.ID
		}
	}
	x.district = s.districtAt(p.Pos)
	for i := range s.config.Tasks {
		t := &s.config.Tasks[i]
		if (t.Set == poi.AllPOIs || slices.Contains(s.sets[p.ID], t.Set)) && t.DropsIn(x.district) {
			x.tasks = append(x.tasks, t.ID)
		}
	}
	return x
}

func (s *town) districtAt(p coord.E7) poi.Adcode {
	for _, d := range s.districts { // by adcode
		if d.Shape.Contains(p) {
			return d.Adcode
		}
	}
	return ""
}

func count(before, after *town) *counted {
	c := &counted{districts: map[poi.Adcode]*District{}, tasks: map[poi.TaskID]*Task{}, zones: map[poi.ZoneID]*Zone{}}
	ids := map[poi.POIID]bool{}
	maps.Insert(ids, maps.All(mapOf(before.pois)))
	maps.Insert(ids, maps.All(mapOf(after.pois)))
	for id := range ids {
		var a, b *standing
		if p, ok := before.pois[id]; ok {
			a = before.stand(p)
		}
		if p, ok := after.pois[id]; ok {
			b = after.stand(p)
		}
		c.place(a, b)
	}
	return c
}

func mapOf(pois map[poi.POIID]poi.POI) map[poi.POIID]bool {
	m := map[poi.POIID]bool{}
	for id := range pois {
		m[id] = true
	}
	return m
}

func (c *counted) district(id poi.Adcode) *District {
	return entry(c.districts, id, func() *District { return &District{Adcode: id} })
}
func (c *counted) task(id poi.TaskID) *Task {
	return entry(c.tasks, id, func() *Task { return &Task{ID: id} })
}
func (c *counted) zone(id poi.ZoneID) *Zone {
	return entry(c.zones, id, func() *Zone { return &Zone{ID: id, Before: new(int64), After: new(int64)} })
}

func (c *counted) place(a, b *standing) {
	var outBefore, outAfter poi.ZoneID
	if a != nil && a.screen != "" {
		outBefore = a.screen
		*c.zone(a.screen).Before++
		a = nil
	}
	if b != nil && b.screen != "" {
		outAfter = b.screen
		*c.zone(b.screen).After++
		b = nil
	}
	if a != nil && outAfter != "" {
		z := c.zone(outAfter)
		z.Screened, z.ScreenedDrops = z.Screened+1, z.ScreenedDrops+int64(len(a.tasks))
	}
	if b != nil && outBefore != "" {
		z := c.zone(outBefore)
		z.Freed, z.FreedDrops = z.Freed+1, z.FreedDrops+int64(len(b.tasks))
	}
	kind := Kept
	switch {
	case a == nil && b == nil:
		return
	case a == nil:
		kind = Added
		c.places.After++
		c.places.Added++
	case b == nil:
		kind = Removed
		c.places.Before++
		c.places.Removed++
	case a.Pos != b.Pos:
		kind = Moved
		switch m := a.Pos.WGS84().Distance(b.Pos.WGS84()); {
		case m < 10:
			c.moves.Under10m++
		case m < 100:
			c.moves.Under100m++
		case m < 1000:
			c.moves.Under1km++
		default:
			c.moves.Beyond++
		}
	case a.Name != b.Name || a.Kind != b.Kind || len(a.Attrs) != len(b.Attrs):
		kind = Changed
	}
	if a != nil && b != nil {
		c.places.Before++
		c.places.After++
		c.places.Moved += is1(kind == Moved)
		c.places.Changed += is1(kind == Changed)
	}
	c.timed(a, b)
	c.dropsOf(a, b, kind)
}

func is1(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (c *counted) timed(a, b *standing) {
	if a != nil {
		for _, id := range a.zones {
			z := c.zone(id)
			*z.Before++
			if b != nil && !slices.Contains(b.zones, id) {
				z.Freed, z.FreedDrops = z.Freed+1, z.FreedDrops+int64(len(b.tasks))
			}
		}
	}
	if b != nil {
		for _, id := range b.zones {
			z := c.zone(id)
			*z.After++
			if a != nil && !slices.Contains(a.zones, id) {
				z.Screened, z.ScreenedDrops = z.Screened+1, z.ScreenedDrops+int64(len(a.tasks))
			}
		}
	}
}

func (c *counted) dropsOf(a, b *standing, kind Kind) {
	tasks := map[poi.TaskID][2]bool{}
	if a != nil {
		for _, id := range a.tasks {
			tasks[id] = [2]bool{true, false}
		}
	}
	if b != nil {
		for _, id := range b.tasks {
			tasks[id] = [2]bool{tasks[id][0], true}
		}
	}
	for id, in := range tasks {
		t := c.task(id)
		if in[0] {
			c.drops.Before++
			t.Drops.Before++
			c.district(a.district).Drops.Before++
		}
		if in[1] {
			c.drops.After++
			t.Drops.After++
			c.district(b.district).Drops.After++
		}
		switch {
		case in[0] && !in[1]:
			c.drops.Removed++
			t.Drops.Removed++
			c.district(a.district).Drops.Removed++
			continue
		case !in[0]:
			c.drops.Added++
			t.Drops.Added++
			c.district(b.district).Drops.Added++
			continue
		case kind == Moved:
			c.drops.Moved++
			t.Drops.Moved++
			d := c.district(b.district)
			d.Drops.Moved++
			m := a.Pos.WGS84().Distance(b.Pos.WGS84())
			d.Farthest, t.Farthest = max(d.Farthest, m), max(t.Farthest, m)
		case kind == Changed:
			c.drops.Changed++
			t.Drops.Changed++
			c.district(b.district).Drops.Changed++
		}
		if a.district != b.district {
			c.district(a.district).Left++
			c.district(b.district).Arrived++
		}
	}
}

// agree holds a plan against the count.
func agree(t *testing.T, p *Plan, c *counted) {
	t.Helper()
	if p.Places != c.places || p.Drops != c.drops {
		t.Errorf("the plan has places %+v and drops %+v, counted are %+v and %+v", p.Places, p.Drops, c.places, c.drops)
	}
	c.moves.Farthest = p.Moves.Farthest
	if p.Moves.Under10m != c.moves.Under10m || p.Moves.Under100m != c.moves.Under100m || p.Moves.Under1km != c.moves.Under1km || p.Moves.Beyond != c.moves.Beyond {
		t.Errorf("moves are %+v, counted %+v", p.Moves, c.moves)
	}
	for _, d := range p.Districts {
		want := *c.district(d.Adcode)
		if d.Drops != want.Drops || d.Arrived != want.Arrived || d.Left != want.Left || d.Farthest != want.Farthest {
			t.Errorf("district %q is %+v, counted %+v", d.Adcode, d, want)
		}
		if d.Drops.After != d.Drops.Before+d.Drops.Added-d.Drops.Removed+d.Arrived-d.Left {
			t.Errorf("district %q does not add up: %+v", d.Adcode, d)
		}
	}
	for _, row := range p.Tasks {
		if want := *c.task(row.ID); row.Drops != want.Drops || row.Farthest != want.Farthest {
			t.Errorf("task %q is %+v, counted %+v", row.ID, row, want)
		}
	}
	for _, z := range p.Zones.Zones {
		want := *c.zone(z.ID)
		if *z.Before != *want.Before || *z.After != *want.After || z.Screened != want.Screened || z.ScreenedDrops != want.ScreenedDrops || z.Freed != want.Freed || z.FreedDrops != want.FreedDrops {
			t.Errorf("zone %q is %+v (%d to %d), counted %+v (%d to %d)", z.ID, z, *z.Before, *z.After, want, *want.Before, *want.After)
		}
	}
	if len(p.Districts) < len(c.districts) || len(p.Tasks) < len(c.tasks) || len(p.Zones.Zones) != len(c.zones) {
		t.Errorf("the plan has %d districts, %d tasks and %d zones, counted are %d, %d and %d",
			len(p.Districts), len(p.Tasks), len(p.Zones.Zones), len(c.districts), len(c.tasks), len(c.zones))
	}
}

// coverageOf goes through the cells of the land one by one, and looks for drops
// through the window around the middle of each.
func coverageOf(t *testing.T, s *town, dense int) map[poi.Adcode]Seen {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	places, dropped := map[grid.Cell]int{}, map[grid.Cell]bool{}
	for _, p := range s.pois {
		x := s.stand(p)
		if x.screen != "" {
			continue
		}
		places[g.Cell(p.Pos)]++
		dropped[g.Cell(p.Pos)] = dropped[g.Cell(p.Pos)] || len(x.tasks) > 0
	}
	all := map[poi.Adcode]Seen{}
	cells := map[grid.Cell]bool{}
	for lat := south - 0.1; lat < south+2*step+0.1; lat += 0.0008 {
		for lng := west - 0.1; lng < west+2*step+0.2; lng += 0.0015 {
			cells[g.Cell(at(lat, lng))] = true
		}
	}
	var window []grid.Cell
	for c := range cells {
		southWest, northEast, err := g.Bounds(c)
		if err != nil {
			t.Fatal(err)
		}
		middle := coord.WGS84{Lat: (southWest.Lat + northEast.Lat) / 2, Lng: (southWest.Lng + northEast.Lng) / 2}.E7()
		d := s.districtAt(middle)
		if d == "" {
			continue
		}
		window = g.Cells(middle, grid.DefaultRadius, window[:0])
		sees := slices.ContainsFunc(window, func(c grid.Cell) bool { return dropped[c] })
		n := all[d]
		n.add(Seen{1, is1(sees), is1(places[c] >= dense), is1(sees && places[c] >= dense)})
		all[d] = n
	}
	return all
}
