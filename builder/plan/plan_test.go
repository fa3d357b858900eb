package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"geodrop/builder"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/sync/manifest"

	"geodrop/api/query"
)

// scatter edits about one place in a hundred: some are renamed, moved a little or
// far, taken away or new.
func scatter(s *town) *town {
	c := s.clone()
	random := rand.New(rand.NewPCG(3, 4))
	for _, id := range slices.Sorted(maps.Keys(s.pois)) {
		p := c.pois[id]
		switch random.IntN(500) {
		case 0:
			p.Name += " again"
		case 1:
			p.Pos.Lat += 300 // 3 m
		case 2:
			p.Pos.Lng += 400_000
		case 3:
			delete(c.pois, id)
			continue
		case 4:
			p.Attrs = []poi.Attr{{Name: "open", Value: "late"}}
		}
		c.pois[id] = p
	}
	for i := range len(s.pois) / 500 {
		c.put(900_000+i, at(south+random.Float64()*2*step, west+random.Float64()*2*step))
	}
	return c
}

// places is how many a test of a large change has.
func places() int {
	switch {
	case os.Getenv("GEODROP_LONG") != "":
		return 1_000_000
	case testing.Short():
		return 10_000
	}
	return 100_000
}

func TestScatteredChange(t *testing.T) {
	before := newTown(t, places())
	after := scatter(before)
	after.zones[0] = &poi.Zone{ID: "rail", Name: "Railway", Reason: "railway", Shape: box(t, south+0.022, west+0.01, south+0.026, west+0.11)}
	after.zones[1] = &poi.Zone{ID: "school", Name: "School", Reason: "school", When: before.zones[1].When, Shape: box(t, south+0.06, west+0.02, south+0.08, west+0.06)}
	after.again = []poi.POI{{ID: "p900000", Name: "A second row in a zone", Pos: at(south+0.023, west+0.05)}}
	p := compared(t, before, after)
	agree(t, p, count(before, after))
	if p.Places.Moved == 0 || p.Moves.Under10m == 0 || p.Moves.Beyond == 0 || p.Places.Changed == 0 || p.Drops.Added == 0 {
		t.Errorf("the change has no %+v, %+v", p.Places, p.Moves)
	}
	for _, z := range p.Zones.Zones {
		if z.Screened == 0 || z.Freed == 0 {
			t.Errorf("zone %s hits nothing: %+v", z.ID, z)
		}
	}
	if tr := p.Transfer; tr.Rebuilt == 0 || tr.Patches == 0 || tr.Patches > p.After.Bytes/20 || tr.Whole > p.After.Bytes/1000 {
		t.Errorf("the transfer is %+v of %d bytes", tr, p.After.Bytes)
	}
	if got := int64(len(p.Map.Points)); got != min(p.Map.Differ, 6000)+min(p.Map.Others, 6000) {
		t.Errorf("%d points of %d and %d", got, p.Map.Differ, p.Map.Others)
	}
	covers(t, p, before, after)
}

// covers holds the coverage against the cells one by one.
func covers(t *testing.T, p *Plan, before, after *town) {
	t.Helper()
	a, b := coverageOf(t, before, 5), coverageOf(t, after, 5)
	for _, d := range p.Districts {
		if want := (Coverage{a[d.Adcode], b[d.Adcode]}); d.Coverage != want {
			t.Errorf("the coverage of %q is %+v, counted %+v", d.Adcode, d.Coverage, want)
		}
	}
}

// TestDistrictChange: the task of one district moves to another, and no place
// with it.
func TestDistrictChange(t *testing.T) {
	before := newTown(t, places())
	after := before.clone()
	q := after.config.Tasks[0].Quotas
	q[0].Units, q[2].Units = 0, 700 // d00 to d10
	after.config.Tasks[0].Paused = true
	after.config.Tasks[1].Preview = 60e9
	after.config.Prizes[0].Value = 288
	p := compared(t, before, after)
	agree(t, p, count(before, after))
	covers(t, p, before, after)
	if p.Places.Differ() != 0 || p.Drops.Added == 0 || p.Drops.Removed == 0 {
		t.Errorf("places %+v, drops %+v", p.Places, p.Drops)
	}
	if tr := p.Transfer; tr.Rebuilt != 0 || tr.Bytes != tr.Catalog+tr.Manifest {
		t.Errorf("the edit of a task moves %+v", tr)
	}
	b := p.Budget
	if b.Units != (Shift{6500, 6200}) || b.Any != (Shift{5000, 5000}) || b.QuotasDiffer != 2 ||
		fmt.Sprint(b.Worth) != fmt.Sprint([]Worth{{"CNY", Shift{1500 * 188, 1200 * 288}}}) {
		t.Errorf("the budget is %+v", b)
	}
	if want := (Quota{"even-cash", "cash", "d00", Shift{1000, 0}}); b.Quotas[0] != want {
		t.Errorf("the first quota is %+v, want %+v", b.Quotas[0], want)
	}
	for _, d := range p.Districts {
		if want := map[poi.Adcode]Shift{"d00": {1000, 0}, "d01": {500, 500}, "d10": {0, 700}}[d.Adcode]; d.Units != want {
			t.Errorf("district %q has units %+v, want %+v", d.Adcode, d.Units, want)
		}
	}
	if got, want := fmt.Sprint(p.Tasks[0].Fields, p.Tasks[1].Fields), "[{paused false true}] [{preview 0s 1m0s}]"; got != want {
		t.Errorf("the fields that differ are %s, want %s", got, want)
	}
}

// TestBorders: a district that grows takes drops from its neighbour, and tasks
// and districts come and go.
func TestBorders(t *testing.T) {
	before := newTown(t, 3_000)
	after := before.clone()
	after.districts[0] = &poi.District{Adcode: "d00", Name: "Greater 0/0", Shape: box(t, south, west, south+step, west+1.5*step)}
	after.districts = after.districts[:3]
	after.districts = append(after.districts, &poi.District{Adcode: "d99", Name: "New", Shape: box(t, south+step, west+step, south+2*step, west+2*step)})
	after.config.Tasks = append(after.config.Tasks[1:], after.config.Tasks[1])
	after.config.Tasks[1].ID = "unheard-of"
	p := compared(t, before, after)
	agree(t, p, count(before, after))
	covers(t, p, before, after)
	presence := map[string]Presence{}
	for _, d := range p.Districts {
		presence[string(d.Adcode)] = d.Presence
	}
	for _, row := range p.Tasks {
		presence[string(row.ID)] = row.Presence
	}
	want := map[string]Presence{"": InBoth, "d00": InBoth, "d01": InBoth, "d10": InBoth, "d11": InBefore, "d99": InAfter,
		"even-cash": InBefore, "third-tea": InBoth, "unheard-of": InAfter}
	if !maps.Equal(presence, want) {
		t.Errorf("presence %v, want %v", presence, want)
	}
}

// TestSame: a release against itself changes nothing, and two plans of it are the
// same to the last byte.
func TestSame(t *testing.T) {
	s := newTown(t, 2_000)
	r := build(t, s, builder.Options{})
	p, err := Compare(t.Context(), r, r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Drops.Differ() != 0 || p.Places.Differ() != 0 || p.Transfer.Bytes != 0 || p.Budget.QuotasDiffer != 0 || p.Map.Differ != 0 {
		t.Errorf("a release differs from itself: %+v", p)
	}
	if p.Zones.AfterKnown || len(p.Zones.Zones) != 1 {
		t.Errorf("without a config, the zones are %+v", p.Zones)
	}
	for _, d := range p.Districts {
		if d.Differs() {
			t.Errorf("district %+v differs", d)
		}
	}
	other := scatter(s)
	var plans [2]string
	for i := range plans {
		b, err := json.Marshal(compared(t, s, other))
		if err != nil {
			t.Fatal(err)
		}
		plans[i] = string(b)
	}
	if plans[0] != plans[1] {
		t.Error("two plans of one change differ")
	}
}

func TestRefused(t *testing.T) {
	s := newTown(t, 500)
	r := build(t, s, builder.Options{})
	t.Run("grids", func(t *testing.T) {
		for _, o := range []builder.Options{{CellSize: 100}, {Radius: 3}} {
			if _, err := Compare(t.Context(), r, build(t, s, o), Options{}); !errors.Is(err, ErrGrid) {
				t.Errorf("another grid: %v", err)
			}
		}
	})
	t.Run("empty", func(t *testing.T) {
		p, err := Compare(t.Context(), emptied(t, r), r, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Drops.Added != p.Drops.After || p.Drops.Before != 0 || p.Transfer.Whole == 0 {
			t.Errorf("all of it is new, but %+v, %+v", p.Drops, p.Transfer)
		}
		if p, err = Compare(t.Context(), r, emptied(t, r), Options{}); err != nil || p.Drops.Removed != p.Drops.Before || len(p.Refused) == 0 {
			t.Errorf("all of it goes, but %+v, %v, %v", p.Drops, p.Refused, err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := Compare(ctx, r, r, Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("a comparison that was stopped: %v", err)
		}
	})
	t.Run("cut", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "release")
		cut := build(t, s, builder.Options{Out: dir})
		for _, seg := range cut.Manifest().Segments {
			path := filepath.Join(dir, seg.FileName(manifest.SegmentKind))
			if err := errors.Join(os.Chmod(path, 0o644), os.Truncate(path, 0)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Compare(t.Context(), r, cut, Options{}); !errors.Is(err, index.ErrFault) {
			t.Errorf("a segment that was cut: %v", err)
		}
	})
}

// emptied is a release like another, without places.
func emptied(t *testing.T, r *query.Release) *query.Release {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "release")
	full := filepath.Dir(r.Index().Segments()[0].Path())
	if err := os.CopyFS(dir, os.DirFS(full)); err != nil {
		t.Fatal(err)
	}
	m := *r.Manifest()
	m.Segments, m.Golden, m.Counts = nil, nil, map[string]int64{"pois": 0, "without_tasks": 0}
	sealed, err := m.Sealed()
	if err != nil {
		t.Fatal(err)
	}
	if err := manifest.Write(dir, sealed); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

// TestAround: rows of districts over the antimeridian and at a pole are cut as
// the area index finds them.
func TestAround(t *testing.T) {
	g, err := grid.New(1000)
	if err != nil {
		t.Fatal(err)
	}
	corner := func(lat, lng float64) coord.E7 { return at(lat, lng) }
	pole := grid.Ring{}
	for lng := -170.0; lng < 180; lng += 20 {
		pole = append(pole, corner(88.9+0.3*float64(int(lng)%3), lng))
	}
	fiji := grid.Ring{corner(-17.3, 179.51), corner(-17.2, -179.63), corner(-16.13, -179.9), corner(-16.4, 179.2)}
	var shapes []grid.Shape
	for _, ring := range []grid.Ring{pole, fiji} {
		shape, err := grid.NewShape([]grid.Polygon{{ring}})
		if err != nil {
			t.Fatal(err)
		}
		shapes = append(shapes, shape)
	}
	x, err := grid.NewAreaIndex(shapes)
	if err != nil {
		t.Fatal(err)
	}
	rows, counted := newDistrictRows(g, x), [2]int{}
	first, last := g.Rows()
	for no := first; no <= last; no++ {
		row := g.Row(no)
		want := map[[2]int]bool{}
		if row.Middle > 880_000_000 || row.Middle < -160_000_000 && row.Middle > -180_000_000 {
			for col := range row.Cols {
				if area, in := x.First(coord.E7{Lat: row.Middle, Lng: row.MiddleOf(col)}); in {
					want[[2]int{int(area), col}] = true
				}
			}
		}
		got := map[[2]int]bool{}
		rows.row(&row, func(area uint32, cells span) {
			for col := cells.first; col <= cells.last; col++ {
				got[[2]int{int(area), col}] = true
				counted[area]++
			}
		})
		if !maps.Equal(got, want) {
			t.Fatalf("row %d has %d cells in districts, counted are %d", no, len(got), len(want))
		}
	}
	if counted[0] == 0 || counted[1] == 0 {
		t.Errorf("cells of the districts: %v", counted)
	}
}
