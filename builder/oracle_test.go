package builder

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"

	"pgregory.net/rapid"
)

// held is what a release says of a POI; it compares with ==.
type held struct {
	pos      coord.E7
	cell     grid.Cell
	name     string
	kind     string
	attrs    string
	district poi.Adcode
	sets     string
	zones    string
}

// contents reads every posting of a release, finds each through the index, and
// fails on a POI that is there twice.
func contents(t testing.TB, dir string) map[poi.POIID]held {
	t.Helper()
	x := opened(t, dir)
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	all := map[poi.POIID]held{}
	for no, s := range x.Segments() {
		for i, p := range s.Postings() {
			text, err := catalog.ParseText(s.Text(p))
			if err != nil {
				t.Fatal(err)
			}
			place, ok := catalog.ParsePlace(s.Combo(p.Combo, nil))
			if !ok {
				t.Fatalf("labels %q", s.Combo(p.Combo, nil))
			}
			id := poi.POIID(text.ID)
			if _, twice := all[id]; twice {
				t.Fatalf("POI %q is in the release twice", id)
			}
			h := held{pos: p.Pos, name: string(text.Name), kind: string(text.Kind), district: place.District,
				sets: fmt.Sprint(place.Sets), zones: fmt.Sprint(place.Zones)}
			for name, value := range text.Attrs() {
				h.attrs += fmt.Sprintf("%q=%q ", name, value)
			}
			h.cell = x.Grid().Cell(p.Pos)
			if !inCell(x, h.cell, uint32(no), uint32(i)) {
				t.Fatalf("POI %q is not found by its cell", id)
			}
			all[id] = h
		}
	}
	return all
}

func inCell(x *index.Index, c grid.Cell, segment, posting uint32) bool {
	return slices.ContainsFunc(x.Cell(c, nil, nil), func(r index.Range) bool {
		return r.Segment == segment && r.First <= posting && posting < r.End
	})
}

// opened opens the segments of a release as one index.
func opened(t testing.TB, dir string) *index.Index {
	t.Helper()
	m, err := manifest.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var segments []*index.Segment
	for _, o := range m.Segments {
		s, err := index.Open(filepath.Join(dir, o.FileName(manifest.SegmentKind)), index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		segments = append(segments, s)
	}
	g, err := grid.New(grid.Size(m.Grid.CellMetres))
	if err != nil {
		t.Fatal(err)
	}
	x, err := index.New(g, segments)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// expected is a release and its summary as they follow from the rows one by
// one, without sorting, hashing, or an index.
type expected struct {
	held    map[poi.POIID]held
	summary Summary
	densest []int // POIs of the cells, the most first
}

func expect(t testing.TB, m *memory, size grid.Size) *expected {
	t.Helper()
	g, err := grid.New(size)
	if err != nil {
		t.Fatal(err)
	}
	e := &expected{held: map[poi.POIID]held{}, summary: Summary{
		ScreenedBy: map[string]int64{}, Districts: len(m.districts), Zones: len(m.zones),
	}}
	known := map[poi.POIID]bool{}
	for _, batch := range m.pois {
		for i := range batch.Rows {
			p := &batch.Rows[i].POI
			first := !known[p.ID]
			known[p.ID] = true
			e.addPOI(m, g, p, first)
		}
	}
	e.summary.Postings = int64(len(e.held))
	for _, batch := range m.memberships {
		e.summary.Memberships += int64(len(batch.Rows))
		for _, row := range batch.Rows {
			if !known[row.POI] {
				e.summary.Dangling++
			}
		}
	}
	perCell := map[grid.Cell]int{}
	combinations := map[[3]string]bool{}
	for _, h := range e.held {
		perCell[h.cell]++
		combinations[[3]string{string(h.district), h.sets, h.zones}] = true
	}
	e.summary.Combinations = len(combinations)
	e.densest = slices.SortedFunc(maps.Values(perCell), func(a, b int) int { return b - a })
	e.densest = e.densest[:min(len(e.densest), tops)]
	return e
}

func (e *expected) addPOI(m *memory, g *grid.Grid, p *poi.POI, first bool) {
	s := &e.summary
	s.Read++
	if !first {
		s.Duplicates++
		return
	}
	if z := m.screening(p.Pos); z != nil {
		s.Screened++
		s.ScreenedBy[z.Reason]++
		return
	}
	h := held{pos: p.Pos, cell: g.Cell(p.Pos), name: p.Name, kind: p.Kind, district: m.district(p.Pos)}
	for _, a := range p.Attrs {
		h.attrs += fmt.Sprintf("%q=%q ", a.Name, a.Value)
	}
	sets := m.setsOf(p.ID)
	h.sets, h.zones = fmt.Sprint(sets), fmt.Sprint(m.timedZones(p.Pos))
	e.held[p.ID] = h
	if h.district == "" {
		s.Outside++
	}
	if !slices.ContainsFunc(m.config.Tasks, func(t poi.Task) bool {
		return (t.Set == poi.AllPOIs || slices.Contains(sets, t.Set)) && t.DropsIn(h.district)
	}) {
		s.WithoutTasks++
	}
}

// screening is the zone without times, of the least id, that holds a position.
func (m *memory) screening(p coord.E7) *poi.Zone {
	var first *poi.Zone
	for _, z := range m.zones {
		if z.Always() && z.Shape.Contains(p) && (first == nil || z.ID < first.ID) {
			first = z
		}
	}
	return first
}

func (m *memory) district(p coord.E7) (first poi.Adcode) {
	for _, d := range m.districts {
		if d.Shape.Contains(p) && (first == "" || d.Adcode < first) {
			first = d.Adcode
		}
	}
	return first
}

func (m *memory) timedZones(p coord.E7) (ids []poi.ZoneID) {
	for _, z := range m.zones {
		if !z.Always() && z.Shape.Contains(p) {
			ids = append(ids, z.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *memory) setsOf(id poi.POIID) (sets []poi.SetID) {
	for _, batch := range m.memberships {
		for _, row := range batch.Rows {
			if row.POI == id {
				sets = append(sets, row.Set)
			}
		}
	}
	slices.Sort(sets)
	return slices.Compact(sets)
}

// compare holds a release and what the build said of it against expectations.
func (e *expected) compare(t testing.TB, dir string, got *Summary) {
	t.Helper()
	all := contents(t, dir)
	for id, want := range e.held {
		if all[id] != want {
			t.Fatalf("POI %q is\n%+v, want\n%+v", id, all[id], want)
		}
	}
	if len(all) != len(e.held) {
		t.Fatalf("%d POIs in the release, want %d", len(all), len(e.held))
	}
	want := &e.summary
	for _, n := range []struct {
		what      string
		got, want int64
	}{
		{"read", got.Read, want.Read},
		{"rejected", got.Rejected, want.Duplicates + want.Dangling},
		{"rejected as duplicates", got.RejectedBy[poi.CodeDuplicate], want.Duplicates},
		{"rejected as dangling", got.RejectedBy[poi.CodeDangling], want.Dangling},
		{"duplicates", got.Duplicates, want.Duplicates},
		{"dangling", got.Dangling, want.Dangling},
		{"memberships", got.Memberships, want.Memberships},
		{"screened", got.Screened, want.Screened},
		{"zones", int64(got.Zones), int64(want.Zones)},
		{"districts", int64(got.Districts), int64(want.Districts)},
		{"POIs", got.Postings, want.Postings},
		{"outside", got.Outside, want.Outside},
		{"without tasks", got.WithoutTasks, want.WithoutTasks},
		{"combinations", int64(got.Combinations), int64(want.Combinations)},
	} {
		if n.got != n.want {
			t.Errorf("%s: %d, want %d", n.what, n.got, n.want)
		}
	}
	if !maps.Equal(got.ScreenedBy, want.ScreenedBy) {
		t.Errorf("screened by reason: %v, want %v", got.ScreenedBy, want.ScreenedBy)
	}
	densest := make([]int, len(got.Densest))
	for i, c := range got.Densest {
		densest[i] = c.Count
	}
	if !slices.Equal(densest, e.densest) {
		t.Errorf("densest cells have %v, want %v", densest, e.densest)
	}
}

// drawn draws a config in which everything that may happen to a row happens
// often: few ids, small sets, areas that overlap, shared positions.
func drawn(t *rapid.T, tb testing.TB) *memory {
	m := parse(tb, "")
	origin := rapid.SampledFrom([][2]float64{{0, 0}, {51.5, -0.1}, {-33.9, 151.2}, {70, 179.99}, {89.98, 30}, {-89.99, -120}}).Draw(t, "origin")
	lat := rapid.Custom(func(t *rapid.T) float64 {
		return min(90, origin[0]+0.001*float64(rapid.IntRange(-10, 30).Draw(t, "lat")))
	})
	lng := rapid.Custom(func(t *rapid.T) float64 {
		return min(180, origin[1]+0.001*float64(rapid.IntRange(-10, 30).Draw(t, "lng")))
	})
	area := func(t *rapid.T) grid.Shape {
		south, west := min(lat.Draw(t, "south"), 89.99), min(lng.Draw(t, "west"), 179.995)
		size := rapid.IntRange(1, 20)
		return box(tb, south, west, min(90, south+0.001*float64(size.Draw(t, "high"))), min(180, west+0.001*float64(size.Draw(t, "wide"))))
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "districts") {
		m.districts = append(m.districts, &poi.District{Adcode: poi.Adcode(fmt.Sprint(7*i%5, "d")), Name: "d", Shape: area(t)})
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "zones") {
		z := &poi.Zone{ID: poi.ZoneID(fmt.Sprint(5*i%6, "z")), Reason: []string{"rail", "water"}[i%2], Shape: area(t)}
		if rapid.Bool().Draw(t, "timed") {
			z.When.Start = task(tb, []string{"", "", ""}).When.Start
		}
		m.zones = append(m.zones, z)
	}
	id := rapid.Custom(func(t *rapid.T) poi.POIID { return poi.POIID(fmt.Sprint("p", rapid.IntRange(0, 60).Draw(t, "id"))) })
	set := rapid.SampledFrom([]poi.SetID{"parks", "cafés", "a", "b"})
	for range rapid.IntRange(1, 80).Draw(t, "pois") {
		p := poi.POI{ID: id.Draw(t, "poi"), Pos: coord.WGS84{Lat: coord.Lat(lat.Draw(t, "lat")), Lng: coord.Lng(lng.Draw(t, "lng"))}.E7(),
			Name: rapid.StringMatching(`[a-z"é漢]{0,6}`).Draw(t, "name"), Kind: "k"}
		if rapid.Bool().Draw(t, "attr") {
			p.Attrs = []poi.Attr{{Name: "phone", Value: "1"}, {Name: "x", Value: "=2"}}
		}
		m.addPOI(p)
	}
	for range rapid.IntRange(0, 60).Draw(t, "memberships") {
		m.addMembership(set.Draw(t, "set"), id.Draw(t, "member"))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "tasks") {
		quota := rapid.SampledFrom([]string{"*=5", "*=0", "0d=5", "1d=5", "2d=0"})
		of := rapid.SampledFrom([]string{"all", "parks", "a"})
		f := []string{"task", fmt.Sprint("t", i), of.Draw(t, "of"), quota.Draw(t, "quota")}
		if other := quota.Draw(t, "other"); other[:2] != f[3][:2] {
			f = append(f, other)
		}
		m.add(tb, f)
	}
	return m
}

// Every POI that is not left out is in exactly one segment, with the cell,
// labels and text that follow from its row; the summary counts the same.
func TestReleaseAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		m := drawn(rt, t)
		o := Options{Out: dir, MaxRejected: 1, MaxShrink: 1,
			CellSize:     rapid.SampledFrom([]grid.Size{50, 200, 1000}).Draw(rt, "size"),
			SegmentBytes: rapid.SampledFrom([]int64{1, 500, 0}).Draw(rt, "segment"),
			WithoutHash:  rapid.Bool().Draw(rt, "without hash")}
		want := expect(t, m, o.CellSize)
		if len(want.held) == 0 {
			return // TestRefusals has the empty release
		}
		want.compare(t, dir, built(t, m, o))
	})
}

// The catalog of a release is the config, in the order that it documents.
func TestReleaseHasTheCatalog(t *testing.T) {
	dir := t.TempDir()
	m := parse(t, `
		poi a 0.5 0.5
		district 2 0 0 1 1
		district 1 0 0 1 2
		zone w water 5 5 6 6
		zone s school 0 0 1 1 timed
		task t all *=5`)
	built(t, m, Options{Out: dir})
	release, err := manifest.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier{dir: dir, m: release}
	if err := v.open(); err != nil {
		t.Fatal(err)
	}
	defer v.areas.Close()
	c := v.catalog
	if len(c.Districts) != 2 || c.Districts[0].Adcode != "1" || len(c.Tasks) != 1 || len(c.Prizes) != 1 || len(c.Merchants) != 1 {
		t.Errorf("the catalog is %+v", c)
	}
	if len(c.Zones) != 1 || c.Zones[0].ID != "s" || !c.Zones[0].When.Start.Equal(m.zones[1].When.Start) {
		t.Errorf("timed zones are %+v", c.Zones)
	}
	if area, ok := v.areas.First(coord.E7{Lat: 5000000, Lng: 5000000}); !ok || area != 0 {
		t.Errorf("the position is in area %d, %v", area, ok)
	}
	want := manifest.Source{Kind: "memory", Sequence: 7}
	if release.Source != want || release.Sequence != 7 || release.Grid != (manifest.Grid{CellMetres: 200, Radius: 2}) {
		t.Errorf("the manifest has source %+v, sequence %d, grid %+v", release.Source, release.Sequence, release.Grid)
	}
	if _, err := Verify(context.Background(), dir); err != nil {
		t.Error(err)
	}
}
