package builder

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/sync/manifest"
)

// However small segments are cut, they are disjoint, follow each other, and
// hold the same POIs together.
func TestCutting(t *testing.T) {
	t.Parallel()
	m := town(t, 3000, 50)
	var want map[poi.POIID]held
	last := 0
	for _, bytes := range []int64{256 << 20, 100_000, 10_000, 1} {
		dir := t.TempDir()
		built(t, m, Options{Out: dir, SegmentBytes: bytes})
		got := contents(t, dir)
		if want == nil {
			want = got
		}
		if !maps.Equal(got, want) {
			t.Errorf("segments of %d bytes hold other POIs", bytes)
		}
		release, err := manifest.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		segments := release.Segments
		for i := 1; i < len(segments); i++ {
			if segments[i-1].LastTile >= segments[i].FirstTile {
				t.Fatalf("segments %d and %d overlap", i-1, i)
			}
		}
		for i, s := range segments[:len(segments)-1] {
			if s.Bytes < bytes/2*9/10 {
				t.Errorf("segment %d was cut at %d bytes, before half of %d", i, s.Bytes, bytes)
			}
		}
		if len(segments) <= last {
			t.Errorf("%d segments of %d bytes, %d of more", len(segments), bytes, last)
		}
		last = len(segments)
	}
	if last < 100 {
		t.Errorf("only %d segments of 1 byte: one for each tile is expected", last)
	}
}

// A tile is never cut, so neither is a crowded cell.
func TestOneCellIsOneSegment(t *testing.T) {
	m := parse(t, "poi far 10 10")
	for i := range 5000 {
		m.addPOI(poi.POI{ID: poi.POIID(fmt.Sprint("p", i)), Pos: coord.E7{Lat: 515_000_000, Lng: int32(i % 3)}})
	}
	dir := t.TempDir()
	s := built(t, m, Options{Out: dir, SegmentBytes: 1})
	if s.Segments != 2 || s.Densest[0].Count != 5000 || s.Densest[1].Count != 1 {
		t.Errorf("%d segments, densest cells %v", s.Segments, s.Densest)
	}
	if all := contents(t, dir); len(all) != 5001 {
		t.Errorf("%d POIs", len(all))
	}
}

// A POI may be in more zones with times than fit in a byte.
func TestManyZones(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	m := parse(t, "poi a 0.5 0.5\npoi b 5 5")
	for i := range 300 {
		m.add(t, strings.Fields(fmt.Sprintf("zone z%03d school 0 0 1 1 timed", i)))
	}
	dir := t.TempDir()
	want := expect(t, m, 200)
	want.compare(t, dir, built(t, m, Options{Out: dir}))
	if zones := contents(t, dir)["a"].zones; strings.Count(zones, "z") != 300 {
		t.Errorf("the POI is in %s", zones)
	}
}

// A config may have very many sets, and a POI be in all of them.
func TestManySets(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	t.Parallel()
	sets := full(100_000)
	m := parse(t, "poi everywhere 1 1\npoi nowhere 1 1")
	for i := range sets {
		set := poi.SetID(fmt.Sprintf("set-%06d", i))
		m.config.Sets = append(m.config.Sets, set)
		id := poi.POIID(fmt.Sprint("p", i))
		m.addPOI(poi.POI{ID: id, Pos: coord.E7{Lat: int32(i * 1000), Lng: 5}})
		m.addMembership(set, id)
		if i%50 == 0 {
			m.addMembership(set, "everywhere")
		}
	}
	dir := t.TempDir()
	s := built(t, m, Options{Out: dir, Memory: MinMemory})
	if s.Combinations != sets+2 {
		t.Errorf("%d combinations", s.Combinations)
	}
	all := contents(t, dir)
	if n := strings.Count(all["everywhere"].sets, "set-"); n != sets/50 || all["p77"].sets != "[set-000077]" || all["nowhere"].sets != "[]" {
		t.Errorf("in %d sets, %s and %s", n, all["p77"].sets, all["nowhere"].sets)
	}
}

// Rows as large as the domain allows are sorted and written with the least
// memory.
func TestHugeRows(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	m := parse(t, "")
	for i := range 200 {
		p := poi.POI{
			ID: poi.POIID(fmt.Sprintf("%03d", i) + strings.Repeat("i", poi.MaxIDBytes-3)), Name: strings.Repeat("n", poi.MaxNameBytes),
			Kind: strings.Repeat("k", poi.MaxKindBytes), Pos: coord.E7{Lat: int32(i), Lng: int32(i)},
		}
		for a := range 4 {
			p.Attrs = append(p.Attrs, poi.Attr{Name: fmt.Sprint("a", a), Value: strings.Repeat("\n", 1000)})
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		m.addPOI(p)
		for set := range 40 {
			m.addMembership(poi.SetID(fmt.Sprintf("%02d", set)+strings.Repeat("s", poi.MaxIDBytes-2)), p.ID)
		}
	}
	dir := t.TempDir()
	want := expect(t, m, 200)
	want.compare(t, dir, built(t, m, Options{Out: dir, Memory: MinMemory}))
}

// The first adcode wins where districts overlap, whatever their order.
func TestOverlappingDistricts(t *testing.T) {
	text := []string{"poi a 0.5 0.5", "poi b 0.5 1.5", "poi c 0.5 2.5", "poi d 9 9",
		"district 20 0 0 1 3", "district 3 0 0 1 2", "district 1 0 0 1 1"}
	want := map[poi.POIID]poi.Adcode{"a": "1", "b": "20", "c": "20", "d": ""}
	for range 2 {
		dir := t.TempDir()
		s := built(t, parse(t, strings.Join(text, "\n")), Options{Out: dir})
		for id, h := range contents(t, dir) {
			if h.district != want[id] {
				t.Errorf("POI %s is in district %q, want %q", id, h.district, want[id])
			}
		}
		if s.Outside != 1 || s.Districts != 3 {
			t.Errorf("%d outside of %d districts", s.Outside, s.Districts)
		}
		slices.Reverse(text)
	}
}

// A leaf district without any POI, and a zone that hits none, change nothing
// but the area file and the catalog.
func TestSegmentsKnowNoTasks(t *testing.T) {
	text := "poi a 0.5 0.5\nin parks a\ndistrict 1 0 0 1 1\n"
	dirs := []string{t.TempDir(), t.TempDir()}
	built(t, parse(t, text+"task t parks 1=5"), Options{Out: dirs[0]})
	built(t, parse(t, text+"task t parks 1=6\ntask u all *=1\ndistrict 2 5 5 6 6\nzone w water 7 7 8 8"), Options{Out: dirs[1]})
	first, second := objects(t, dirs[0]), objects(t, dirs[1])
	if first[0] != second[0] || first[1] == second[1] || first[2] == second[2] {
		t.Errorf("the objects are %q and %q", first, second)
	}
}
