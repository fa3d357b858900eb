package query

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// towns of the random releases: an ordinary one, the antimeridian, a band edge
// at a high latitude, both poles.
var towns = []coord.WGS84{covent, at(10, 180), at(84.99, -30), at(90, 0), at(-89.999, 100), at(0, 0)}

func drawSchedule(t *rapid.T, bounded bool) poi.Schedule {
	s := poi.Schedule{}
	start := rapid.IntRange(0, 20).Draw(t, "start")
	if bounded || rapid.Bool().Draw(t, "bounded") {
		s.Start = time.Date(2027, 1, 1, start, 0, 0, 0, time.UTC)
		s.End = s.Start.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours")) * time.Hour)
	}
	if rapid.Bool().Draw(t, "sessions") || s.Always() {
		from := poi.ClockTime(rapid.IntRange(0, 1400).Draw(t, "from"))
		s.Sessions = []poi.Session{{Start: from, End: from + 30}}
	}
	return s
}

func drawTask(t *rapid.T, no int) poi.Task {
	prizes := []poi.PrizeID{"p0", "p1", "p2"}
	districts := []poi.Adcode{poi.AnyDistrict, "d0", "d1"}
	task := poi.Task{
		ID: poi.TaskID(fmt.Sprintf("t%d", no)), Merchant: "m", ClaimRadius: 50,
		Set:      rapid.SampledFrom([]poi.SetID{poi.AllPOIs, "s0", "s1"}).Draw(t, "set"),
		When:     drawSchedule(t, true),
		Preview:  time.Duration(rapid.IntRange(0, 3).Draw(t, "preview")) * time.Hour,
		Paused:   rapid.IntRange(0, 5).Draw(t, "paused") == 0,
		Priority: int32(rapid.IntRange(0, 2).Draw(t, "priority")),
	}
	for _, p := range prizes[:rapid.IntRange(1, 3).Draw(t, "prizes")] {
		task.Prizes = append(task.Prizes, poi.TaskPrize{Prize: p, Weight: 1})
		for _, d := range districts {
			if n := rapid.IntRange(-1, 1).Draw(t, "units"); n >= 0 {
				task.Quotas = append(task.Quotas, poi.Quota{Prize: p, District: d, Units: uint64(n)})
			}
		}
	}
	return task
}

func drawSpot(t *rapid.T, no int) spot {
	town := rapid.SampledFrom(towns).Draw(t, "town").E7()
	pos := coord.E7{
		Lat: min(max(town.Lat+int32(rapid.IntRange(-9, 9).Draw(t, "lat"))*9_000, -coord.MaxLatE7), coord.MaxLatE7),
		Lng: town.Lng + int32(rapid.IntRange(-9, 9).Draw(t, "lng"))*9_000,
	}
	if pos.Lng < -coord.MaxLngE7 {
		pos.Lng = int32(int64(pos.Lng) + 2*int64(coord.MaxLngE7)) // the same, counted from the east
	}
	s := spot{
		POI: poi.POI{ID: poi.POIID(fmt.Sprint(no * 7 % 1000)), Pos: pos},
		Place: catalog.Place{
			District: rapid.SampledFrom([]poi.Adcode{"", "d0", "d1", "d2"}).Draw(t, "district"),
		},
	}
	for _, set := range []poi.SetID{"s0", "s1", "s2"} {
		if rapid.Bool().Draw(t, "member") {
			s.Sets = append(s.Sets, set)
		}
	}
	for _, zone := range []poi.ZoneID{"z0", "z1"} {
		if rapid.IntRange(0, 3).Draw(t, "inside") == 0 {
			s.Zones = append(s.Zones, zone)
		}
	}
	return s
}

func drawConfig(t *rapid.T) *config {
	c := &config{
		perFile: rapid.SampledFrom([]int{0, 1, 7}).Draw(t, "per file"),
		catalog: catalog.Catalog{
			Merchants: []poi.Merchant{{ID: "m"}},
			Prizes: []poi.Prize{
				{ID: "p0", Kind: poi.Cash, Merchant: "m"}, {ID: "p1", Kind: poi.Coupon, Merchant: "m"}, {ID: "p2", Kind: poi.Cash, Merchant: "m"},
			},
			Districts: []catalog.District{{Adcode: "d0"}, {Adcode: "d1"}, {Adcode: "d2"}},
		},
		shapes: []grid.Shape{square(towns[0]), square(at(30, 30)), square(at(10, 179.95))},
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "tasks") {
		c.catalog.Tasks = append(c.catalog.Tasks, drawTask(t, i))
	}
	for _, id := range []poi.ZoneID{"z0", "z1"} {
		c.catalog.Zones = append(c.catalog.Zones, catalog.Zone{ID: id, Reason: "test", When: drawSchedule(t, false)})
	}
	for i := range rapid.IntRange(0, 60).Draw(t, "spots") {
		c.spots = append(c.spots, drawSpot(t, i))
	}
	return c
}

func drawRequest(t *rapid.T) Request {
	town := rapid.SampledFrom(towns).Draw(t, "near")
	return Request{
		Pos:   at(town.Lat, town.Lng),
		Limit: rapid.SampledFrom([]int{0, 1, 2, 5, 60}).Draw(t, "limit"),
		Sort:  rapid.SampledFrom([]Sort{ByDistance, ByIndex}).Draw(t, "sort"),
		Kinds: rapid.SampledFrom([][]poi.PrizeKind{nil, {poi.Cash}, {poi.Coupon}, {poi.Split}, {poi.Coupon, poi.Cash}}).Draw(t, "kinds"),
		At:    time.Date(2027, 1, 1, 0, 5*rapid.IntRange(0, 800).Draw(t, "minutes"), 0, 0, time.UTC),
		All:   rapid.Bool().Draw(t, "all"),
	}
}

// tasksOf are the tasks that an answer has for a POI, by the definitions of
// package poi.
func (c *config) tasksOf(s *spot, req *Request) []string {
	for _, z := range s.Zones {
		i := slices.IndexFunc(c.catalog.Zones, func(zone catalog.Zone) bool { return zone.ID == z })
		if c.catalog.Zones[i].When.OpenAt(req.At) {
			return nil
		}
	}
	var tasks []*poi.Task
	for i := range c.catalog.Tasks {
		task := &c.catalog.Tasks[i]
		if (task.Set == poi.AllPOIs || slices.Contains(s.Sets, task.Set)) && task.DropsIn(s.District) &&
			(req.All || task.StatusAt(req.At).Visible) && c.hasKind(task, req.Kinds) {
			tasks = append(tasks, task)
		}
	}
	slices.SortFunc(tasks, func(a, b *poi.Task) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.ID, b.ID))
	})
	var ids []string
	for _, task := range tasks {
		ids = append(ids, string(task.ID))
	}
	return ids
}

func (c *config) hasKind(task *poi.Task, kinds []poi.PrizeKind) bool {
	return len(kinds) == 0 || slices.ContainsFunc(task.Prizes, func(p poi.TaskPrize) bool {
		i := slices.IndexFunc(c.catalog.Prizes, func(prize poi.Prize) bool { return prize.ID == p.Prize })
		return slices.Contains(kinds, c.catalog.Prizes[i].Kind)
	})
}

// expected are the drops of an answer by brute force, by distance and then id,
// and whether there are more.
func (c *config) expected(g *grid.Grid, req *Request) (want []string, truncated bool) {
	type found struct {
		spot  *spot
		tasks []string
	}
	var all []found
	cells := g.Cells(req.Pos.E7(), grid.DefaultRadius, nil)
	for i := range c.spots {
		s := &c.spots[i]
		if tasks := c.tasksOf(s, req); len(tasks) > 0 && slices.Contains(cells, g.Cell(s.Pos)) {
			all = append(all, found{s, tasks})
		}
	}
	r := newRuler(req.Pos.E7())
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(r.to(a.spot.Pos), r.to(b.spot.Pos)), cmp.Compare(a.spot.ID, b.spot.ID))
	})
	kept := all[:min(len(all), req.limit())]
	for _, f := range kept {
		want = append(want, fmt.Sprintf("%s:%s %v", f.spot.ID, f.tasks, f.spot.District))
	}
	return want, len(kept) < len(all)
}

// TestLookupAgainstBruteForce holds every part of an answer against a walk over
// all POIs and tasks.
func TestLookupAgainstBruteForce(t *testing.T) {
	answer := &Answer{} // one for all: what a lookup leaves behind must not show
	rapid.Check(t, func(rt *rapid.T) {
		c := drawConfig(rt)
		r := c.open(t, Options{ForceBisection: rapid.Bool().Draw(rt, "bisect")})
		for range 8 {
			req := drawRequest(rt)
			must(t, r.Lookup(req, answer))
			want, truncated := c.expected(r.grid, &req)
			var got []string
			listed := map[string]bool{}
			for i, d := range answer.Drops {
				var ids []string
				for _, id := range d.Tasks {
					ids = append(ids, string(id))
					listed[string(id)] = true
				}
				got = append(got, fmt.Sprintf("%s:%s %v", d.POI, ids, d.District))
				if req.Sort == ByDistance && i > 0 && d.Distance < answer.Drops[i-1].Distance {
					rt.Errorf("drop %d at %d m comes after %d m", i, d.Distance, answer.Drops[i-1].Distance)
				}
			}
			if req.Sort == ByIndex {
				slices.Sort(got)
				slices.Sort(want)
			}
			if !slices.Equal(got, want) || answer.Truncated != truncated {
				rt.Fatalf("%+v: drops %q truncated %v, want %q %v", req, got, answer.Truncated, want, truncated)
			}
			if len(listed) != len(answer.Tasks) {
				rt.Errorf("tasks %v, the drops have %v", answer.Tasks, listed)
			}
			for i := range answer.Tasks {
				c.checkTask(rt, &answer.Tasks[i], req.At)
			}
		}
	})
}

func (c *config) checkTask(t *rapid.T, got *Task, at time.Time) {
	i := slices.IndexFunc(c.catalog.Tasks, func(task poi.Task) bool { return task.ID == got.ID })
	status := c.catalog.Tasks[i].StatusAt(at)
	if got.State != status.State || !got.OpensAt.Equal(status.Opens) || !got.ClosesAt.Equal(status.Closes) {
		t.Errorf("task %s is %s at %v, want %+v", got.ID, got.State, at, status)
	}
}

func TestLists(t *testing.T) {
	l := newLists[poi.TaskNo]()
	tests := []struct {
		items []poi.TaskNo
		want  listNo
	}{
		{nil, 0}, {[]poi.TaskNo{1}, 1}, {[]poi.TaskNo{1, 2}, 2}, {[]poi.TaskNo{2, 1}, 3}, {[]poi.TaskNo{1}, 1}, {[]poi.TaskNo{}, 0}, {[]poi.TaskNo{256}, 4},
	}
	for _, tt := range tests {
		if got := l.add(tt.items); got != tt.want || !slices.Equal(l.of(got), tt.items) {
			t.Errorf("list %v is number %d with %v, want %d", tt.items, got, l.of(got), tt.want)
		}
	}
	if l.len() != 5 {
		t.Errorf("%d lists, want 5", l.len())
	}
}
