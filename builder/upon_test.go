package builder

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"geodrop/data/sqlite"
	"geodrop/data/sqlstore"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

// shop is a store that is edited and built, again and again.
type shop struct {
	t     testing.TB
	store *sqlstore.Store
	other *sql.DB // as any other client
	r     *rand.Rand
	next  int // number of the next POI
}

func openShop(t testing.TB, dir string, seed uint64) *shop {
	t.Helper()
	path := filepath.Join(dir, "store.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	return &shop{t: t, store: store, other: other, r: rand.New(rand.NewPCG(seed, 1))}
}

func (s *shop) close() {
	if err := s.other.Close(); err != nil {
		s.t.Error(err)
	}
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *shop) write(fn func(context.Context, poi.Writer) error) {
	s.t.Helper()
	if err := s.store.Write(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

// exec runs a statement past the store.
func (s *shop) exec(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.other.Exec(statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// position is in town, or in the country, where most tiles have one POI or
// none, or far away.
func (s *shop) position() coord.E7 {
	within := func(size int32) coord.E7 {
		return coord.E7{Lat: 100_000_000 + s.r.Int32N(size), Lng: 100_000_000 + s.r.Int32N(size)}
	}
	switch s.r.IntN(20) {
	case 0:
		return within(700_000_000)
	case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
		return within(5_000_000)
	}
	return within(500_000)
}

func (s *shop) newPOI() poi.POIRow {
	s.next++
	return poi.POIRow{POI: poi.POI{ID: poi.POIID(fmt.Sprint("poi-", s.next)), Name: fmt.Sprint("Place ", s.r.IntN(10)), Pos: s.position()}}
}

func (s *shop) anyPOI() string { return fmt.Sprint("poi-", s.r.IntN(max(s.next, 1))+1) }

// sets that there may be; the last is not there at first.
var shopSets = []poi.SetID{"set0", "set1", "set2", "later"}

// fill writes a config of n POIs.
func (s *shop) fill(n int) {
	s.t.Helper()
	m := parse(s.t.(failer), `
		district d1 10.00 10.00 10.02 10.05
		district d2 10.02 10.00 10.05 10.05
		zone water water 10.01 10.01 10.013 10.013
		zone rail rail 10.03 10.03 10.031 10.031
		zone fair fair 10.02 10.00 10.03 10.02 timed
		task t all d1=5
		task u set1 *=5`)
	s.write(func(ctx context.Context, w poi.Writer) error {
		var rows []poi.POIRow
		var members []poi.MembershipRow
		for range n {
			p := s.newPOI()
			rows = append(rows, p)
			for _, set := range shopSets[:3] {
				if s.r.IntN(4) == 0 {
					members = append(members, poi.MembershipRow{Membership: poi.Membership{Set: set, POI: p.ID}})
				}
			}
		}
		for _, err := range []error{
			w.PutMerchants(ctx, m.config.Merchants), w.PutPrizes(ctx, m.config.Prizes), w.PutTasks(ctx, m.config.Tasks),
			w.PutSets(ctx, shopSets[:3]), w.PutDistricts(ctx, m.districts), w.PutZones(ctx, m.zones),
			w.PutPOIs(ctx, rows), w.PutMemberships(ctx, members),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// edit changes something, in one of the ways in which people and programs do;
// areas are left alone.
func (s *shop) edit() {
	switch s.r.IntN(14) {
	case 0:
		s.write(func(ctx context.Context, w poi.Writer) error {
			return w.PutPOIs(ctx, []poi.POIRow{s.newPOI(), s.newPOI()})
		})
	case 1:
		id := s.anyPOI()
		s.exec("DELETE FROM set_members WHERE poi_id = ?", id)
		s.exec("DELETE FROM pois WHERE id = ?", id)
	case 2:
		p := s.position()
		s.exec("UPDATE pois SET lat_e7 = ?, lng_e7 = ? WHERE id = ?", p.Lat, p.Lng, s.anyPOI())
	case 3:
		s.exec("UPDATE pois SET name = name || '!' WHERE id = ?", s.anyPOI())
	case 4:
		id := s.anyPOI()
		s.exec("DELETE FROM set_members WHERE poi_id = ?", id)
		s.exec("UPDATE OR REPLACE pois SET id = ? WHERE id = ?", s.anyPOI()+strings.Repeat("x", s.r.IntN(2)), id)
		s.exec("DELETE FROM set_members WHERE poi_id NOT IN (SELECT id FROM pois)")
	case 5:
		p := s.position()
		s.exec("REPLACE INTO pois (id, name, lat_e7, lng_e7) VALUES (?, 'replaced', ?, ?)", s.anyPOI(), p.Lat, p.Lng)
	case 6:
		s.exec("INSERT OR REPLACE INTO set_members (poi_id, set_id) SELECT id, ? FROM pois WHERE id = ?", shopSets[s.r.IntN(3)], s.anyPOI())
	case 7:
		s.exec("DELETE FROM set_members WHERE poi_id = ?", s.anyPOI())
	case 8:
		s.exec("UPDATE tasks SET title = title || '!'")
	case 9:
		s.exec("UPDATE quotas SET units = units + 1 WHERE task = 't'")
	case 10: // a set comes with what is in it
		s.exec("INSERT OR IGNORE INTO poi_sets (id) VALUES ('later')")
		s.exec("INSERT OR IGNORE INTO set_members (poi_id, set_id) SELECT id, 'later' FROM pois WHERE id LIKE '%7'")
	case 11: // and goes
		s.exec("DELETE FROM set_members WHERE set_id = 'later'")
		s.exec("DELETE FROM poi_sets WHERE id = 'later'")
	case 12: // many at one place
		s.exec("UPDATE pois SET name = 'N' || name WHERE lat_e7 < 100100000 AND lng_e7 < 100100000")
	case 13: // and back, all in one transaction
		s.write(func(ctx context.Context, w poi.Writer) error {
			p := s.newPOI()
			if err := w.PutPOIs(ctx, []poi.POIRow{p}); err != nil {
				return err
			}
			p.Pos = s.position()
			if err := w.PutPOIs(ctx, []poi.POIRow{p}); err != nil || s.r.IntN(2) == 0 {
				return err
			}
			return w.DeletePOIs(ctx, []poi.POIID{p.ID})
		})
	}
}

// build builds the store as it is.
func (s *shop) build(o Options) *Summary {
	s.t.Helper()
	src, err := s.store.Snapshot(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer src.Close()
	return built(s.t, src, o)
}

// check builds the store as it is, and everything in another folder, which has
// to be the same.
func (s *shop) check(o Options) *Summary {
	s.t.Helper()
	got := s.build(o)
	whole := Options{Out: filepath.Join(filepath.Dir(o.Out), "whole"), SegmentBytes: o.SegmentBytes, scale: o.scale, MaxShrink: 1, Full: true}
	s.same(o.Out, got, whole.Out, s.build(whole))
	return got
}

// same fails unless two releases have equal bytes; the summaries but for what
// tells how they came about.
func (s *shop) same(dir string, got *Summary, whole string, want *Summary) {
	s.t.Helper()
	a, err := os.ReadFile(filepath.Join(dir, manifest.Name))
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(whole, manifest.Name))
	if err != nil {
		s.t.Fatal(err)
	}
	if string(a) != string(b) {
		s.t.Fatalf("the manifests differ:\n%s\n%s", a, b)
	}
	x, y := *got, *want
	for _, s := range []*Summary{&x, &y} {
		s.Stages, s.Base, s.NotUpon, s.Rebuilt, s.Reused = nil, "", "", 0, 0
		slices.SortFunc(s.zones, func(a, b ZoneCount) int { return cmp.Compare(a.ID, b.ID) })
	}
	if !reflect.DeepEqual(x, y) {
		s.t.Fatalf("the summaries differ:\n%+v\n%+v", x, y)
	}
}

// TestUpon: a chain of releases, each built upon the one before, is byte for
// byte the chain of builds of everything; in one folder, or in a new one each.
func TestUpon(t *testing.T) {
	t.Parallel()
	reused, rebuilt := 0, 0
	for seed := range uint64(full(8)) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			dir := t.TempDir()
			s := openShop(t, dir, seed)
			defer s.close()
			s.fill(20 + s.r.IntN(400))
			o := Options{Out: filepath.Join(dir, "0"), SegmentBytes: []int64{1, 1000, 4000, 20_000}[seed%4], MaxShrink: 1}
			s.build(o)
			for i := 1; i <= 10; i++ {
				for range s.r.IntN(4) {
					s.edit()
				}
				if seed/4%2 == 0 {
					o.Base, o.Out = o.Out, filepath.Join(dir, fmt.Sprint(i))
				}
				got := s.check(o)
				if got.Base == "" {
					t.Fatalf("release %d was built anew: %s", i, got.NotUpon)
				}
				reused, rebuilt = reused+got.Reused, rebuilt+got.Rebuilt
			}
		})
	}
	if reused < 100 || rebuilt < 100 {
		t.Errorf("only %d segments were reused and %d rebuilt", reused, rebuilt)
	}
}

// TestUponStep: where the size of segments steps, up or down, everything is built
// anew, and only there.
func TestUponStep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openShop(t, dir, 1)
	defer s.close()
	s.fill(398)
	o := Options{Out: filepath.Join(dir, "release"), scale: scale{1000, 200}, MaxShrink: 1}
	segments := s.build(o).Segments
	for _, step := range []struct {
		pois int // more; below 0: less
		upon bool
	}{{2, true}, {1, true}, {1, false}, {1, true}, {-3, false}, {-1, true}} {
		s.grow(step.pois)
		got := s.check(o)
		if (got.Base != "") != step.upon || (got.NotUpon == "") != step.upon {
			t.Errorf("with %d POIs: built upon %q, not upon one since %q", got.Read, got.Base, got.NotUpon)
		}
		if larger := got.Segments < segments*3/4; larger != (got.Read > 401) {
			t.Errorf("%d POIs are in %d segments, 398 were in %d", got.Read, got.Segments, segments)
		}
	}
}

// grow puts so many POIs, or deletes some of the last.
func (s *shop) grow(n int) {
	s.t.Helper()
	s.write(func(ctx context.Context, w poi.Writer) error {
		if n > 0 {
			var rows []poi.POIRow
			for range n {
				rows = append(rows, s.newPOI())
			}
			return w.PutPOIs(ctx, rows)
		}
		var ids []poi.POIID
		for ; n < 0; n++ {
			ids = append(ids, poi.POIID(fmt.Sprint("poi-", s.next)))
			s.next--
		}
		return w.DeletePOIs(ctx, ids)
	})
}

// TestUponGoneTile: where the first tile of a segment goes, the segment before
// may end elsewhere.
func TestUponGoneTile(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	t.Parallel()
	dir := t.TempDir()
	s := openShop(t, dir, 1)
	defer s.close()
	s.fill(300)
	o := Options{Out: filepath.Join(dir, "release"), SegmentBytes: 2000, MaxShrink: 1}
	s.build(o)
	grown := 0
	for i := 1; ; i++ {
		m, err := manifest.Read(o.Out)
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(m.Segments) {
			break
		}
		s.clearTile(filepath.Join(o.Out, m.Segments[i].FileName(manifest.SegmentKind)))
		got := s.check(o)
		if got.Base == "" {
			t.Fatalf("release %d was built anew: %s", i, got.NotUpon)
		}
		after, err := manifest.Read(o.Out)
		if err != nil {
			t.Fatal(err)
		}
		if after.Segments[i-1].LastTile != m.Segments[i-1].LastTile {
			grown++
		}
	}
	if grown == 0 {
		t.Error("no segment ended elsewhere")
	}
}

// clearTile deletes the POIs of the first tile of a segment.
func (s *shop) clearTile(path string) {
	s.t.Helper()
	segment, err := index.Open(path, index.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer segment.Close()
	g, err := grid.New(segment.CellSize())
	if err != nil {
		s.t.Fatal(err)
	}
	first, _ := segment.Tiles()
	for _, p := range segment.Postings() {
		if g.Cell(p.Pos).Tile() != first {
			break
		}
		text, err := catalog.ParseText(segment.Text(p))
		if err != nil {
			s.t.Fatal(err)
		}
		s.exec("DELETE FROM set_members WHERE poi_id = ?", string(text.ID))
		s.exec("DELETE FROM pois WHERE id = ?", string(text.ID))
	}
}

// TestUponTask: an edit of a task rebuilds nothing, one of a POI little.
func TestUponTask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openShop(t, dir, 2)
	defer s.close()
	s.fill(500)
	o := Options{Out: filepath.Join(dir, "release"), SegmentBytes: 1000, MaxShrink: 1}
	n := s.build(o).Segments
	for _, test := range []struct {
		statement string
		most      int // segments rebuilt
	}{
		{"UPDATE tasks SET title = 'Another'", 0},
		{"UPDATE quotas SET units = 0", 0},
		{"UPDATE tasks SET paused = 1", 0},
		{"UPDATE pois SET name = 'Another' WHERE id = 'poi-9'", 3},
	} {
		s.exec(test.statement)
		if got := s.check(o); got.Base == "" || got.Rebuilt > test.most || got.Reused < n-test.most {
			t.Errorf("%s: %d of %d segments rebuilt, %s", test.statement, got.Rebuilt, n, got.NotUpon)
		}
	}
}
