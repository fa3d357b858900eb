// Package storetest is the contract of config stores, as tests that run on each
// of them, and a MariaDB server to run them on. Only tests import it.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/data/schema"
	"geodrop/data/sqlstore"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// Fixture is a store that a test may fill, and another way to its database.
type Fixture struct {
	Store   poi.Store
	Reopen  func(ctx context.Context) (poi.Store, error) // as it is, without migrating
	Foreign func(statements ...string) error             // as any other client would
	// Impatient opens it for a writer that waits for others a second at most.
	Impatient func(ctx context.Context) (poi.Store, error)
}

// Run runs the contract; open makes a new, empty store for each test.
func Run(t *testing.T, open func(*testing.T) *Fixture) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *Fixture)
	}{
		{"round trip", roundTrip},
		{"upsert and delete", upsertAndDelete},
		{"counts", counts},
		{"changes", changes},
		{"untracked", untracked},
		{"pruned", pruned},
		{"order of keys", orderOfKeys},
		{"isolation", isolation},
		{"foreign writes", foreignWrites},
		{"bad rows", badRows},
		{"refused writes", refusedWrites},
		{"writers take turns", writersTakeTurns},
		{"busy", busy},
		{"imports", imports},
		{"one stream at a time", oneStream},
		{"cancelled", cancelled},
		{"schema", otherSchema},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// Clear is the statements that empty a store for the next test; the last test
// leaves none to empty.
func Clear() (statements []string) {
	for _, table := range []string{"merchants", "prizes", "tasks", "task_prizes", "quotas", "poi_sets", "set_members",
		"pois", "districts", "zones", "imports", "writes"} {
		statements = append(statements, "DELETE FROM "+table)
	}
	return statements
}

func write(t *testing.T, s poi.Store, fn func(context.Context, poi.Writer) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func sequence(t *testing.T, s poi.Store) uint64 {
	t.Helper()
	n, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// State is all that a snapshot holds.
type State struct {
	Config      poi.Config
	POIs        []poi.POI
	Memberships []poi.Membership
	Districts   []poi.District
	Zones       []poi.Zone
	Rejects     []string
}

// Read reads all of a store.
func Read(t *testing.T, s poi.Store) *State {
	t.Helper()
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	return ReadSource(t, src)
}

// ReadSource reads all of a source.
func ReadSource(t *testing.T, src poi.Source) *State {
	t.Helper()
	ctx := t.Context()
	config, err := src.Config(ctx)
	if err != nil {
		t.Fatal(err)
	}
	state := &State{Config: *config}
	for _, b := range all(t, src.POIs(ctx)) {
		for _, row := range b.Rows {
			state.POIs = append(state.POIs, row.POI)
		}
	}
	for _, b := range all(t, src.Memberships(ctx)) {
		for _, row := range b.Rows {
			state.Memberships = append(state.Memberships, row.Membership)
		}
	}
	for _, d := range all(t, src.Districts(ctx)) {
		state.Districts = append(state.Districts, *d)
	}
	for _, z := range all(t, src.Zones(ctx)) {
		state.Zones = append(state.Zones, *z)
	}
	for _, r := range src.Rejects().Kept() {
		state.Rejects = append(state.Rejects, r.String())
	}
	return state
}

func all[T any](t *testing.T, seq iter.Seq2[T, error]) (list []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// equal compares what reflect can; times are compared in their text.
func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func rows(pois ...poi.POI) []poi.POIRow {
	var list []poi.POIRow
	for _, p := range pois {
		list = append(list, poi.POIRow{POI: p})
	}
	return list
}

func box(south, west, north, east int32) grid.Shape {
	return grid.Shape{{{{Lat: south, Lng: west}, {Lat: south, Lng: east}, {Lat: north, Lng: east}, {Lat: north, Lng: west}}}}
}

// sample is a config with something in every column.
func sample() *State {
	shanghai, _ := poi.ParseTimeZone("Asia/Shanghai")
	session, _ := poi.ParseSession("Sat,Sun 23:00-01:00")
	start := time.Date(2027, 1, 1, 0, 0, 0, 123456789, time.UTC)
	hole := grid.Ring{{Lat: 200, Lng: 200}, {Lat: 200, Lng: 300}, {Lat: 300, Lng: 300}}
	withHole := box(-7, -1_800_000_000, 515_000_001, 1_270_000_000)
	withHole[0] = append(withHole[0], hole)
	return &State{
		Config: poi.Config{
			Merchants: []poi.Merchant{{ID: "m1", Name: "茶馆 “Tea\"", Attrs: []poi.Attr{{Name: "z", Value: "1"}, {Name: "a", Value: "x\\\n\ty"}}}, {ID: "m2"}},
			Prizes: []poi.Prize{{ID: "p1", Name: "P", Kind: poi.Cash, Merchant: "m1", Value: 188, Currency: "CNY", Units: poi.MaxUnits},
				{ID: "p2", Name: "Q", Kind: poi.Collectable, Merchant: "m2", Attrs: []poi.Attr{{Name: "c", Value: "<&>"}}}},
			Sets: []poi.SetID{"empty", "parks"},
			Tasks: []poi.Task{{ID: "t1", Title: "T", Merchant: "m1", Set: "parks",
				When:    poi.Schedule{Start: start, End: start.AddDate(1, 0, 0), Sessions: []poi.Session{session}, TimeZone: shanghai},
				Preview: 15 * time.Minute, ClaimRadius: 12.345678901234567, Caps: poi.Caps{PerDay: 3, Total: 10, Cooldown: 90 * time.Second},
				Prizes: []poi.TaskPrize{{Prize: "p2", Weight: 10}, {Prize: "p1", Weight: 90}},
				Quotas: []poi.Quota{{Prize: "p2", District: "d2", Units: 5}, {Prize: "p1", District: "*", Units: 7}, {Prize: "p1", District: "d1"}},
				Paused: true, Priority: -3},
				{ID: "t2", Title: "U", Merchant: "m2", Set: poi.AllPOIs, When: poi.Schedule{Start: start, End: start.Add(time.Hour)},
					ClaimRadius: 50, Prizes: []poi.TaskPrize{{Prize: "p2", Weight: 1}}}},
		},
		POIs: []poi.POI{
			{ID: "1", Name: "River Street", Pos: coord.E7{Lat: 515291630, Lng: -1099710}, Kind: "cycle_hire",
				Attrs: []poi.Attr{{Name: "source", Value: "tfl"}, {Name: "area", Value: `Clerkenwell "x", y`}}},
			{ID: "2", Pos: coord.E7{Lat: -900_000_000, Lng: -1_800_000_000}},
		},
		Memberships: []poi.Membership{{Set: "parks", POI: "1"}, {Set: "parks", POI: "nowhere"}},
		Districts:   []poi.District{{Adcode: "d1", Name: "One", Parent: "d", Shape: withHole}, {Adcode: "d2", Shape: append(box(0, 0, 9, 9), box(20, 20, 30, 30)...)}},
		Zones: []poi.Zone{{ID: "z1", Name: "Z", Reason: "school", Shape: box(0, 0, 1e7, 1e7),
			When: poi.Schedule{Start: start, Sessions: []poi.Session{session, session}, TimeZone: shanghai}}, {ID: "z2", Reason: "rail", Shape: box(5, 5, 8, 8)}},
	}
}

// Put writes all of a state in one transaction.
func Put(ctx context.Context, w poi.Writer, s *State) error {
	var members []poi.MembershipRow
	for _, m := range s.Memberships {
		members = append(members, poi.MembershipRow{Membership: m})
	}
	return errors.Join(
		w.PutZones(ctx, pointers(s.Zones)), w.PutDistricts(ctx, pointers(s.Districts)),
		w.PutMemberships(ctx, members), w.PutPOIs(ctx, rows(s.POIs...)), w.PutTasks(ctx, s.Config.Tasks),
		w.PutSets(ctx, s.Config.Sets), w.PutPrizes(ctx, s.Config.Prizes), w.PutMerchants(ctx, s.Config.Merchants),
	)
}

func pointers[T any](list []T) (out []*T) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

func roundTrip(t *testing.T, f *Fixture) {
	want := sample()
	for range 2 { // the second time all of it is there
		write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return Put(ctx, w, want) })
		equal(t, Read(t, f.Store), want)
	}
}

func upsertAndDelete(t *testing.T, f *Fixture) {
	want := sample()
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return Put(ctx, w, want) })
	want.POIs[0] = poi.POI{ID: "1", Name: "moved", Pos: coord.E7{Lat: 1, Lng: 2}}
	want.Config.Tasks[0].Quotas = want.Config.Tasks[0].Quotas[:1]
	want.Config.Tasks[0].Prizes = want.Config.Tasks[0].Prizes[:1]
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		return errors.Join(w.PutPOIs(ctx, rows(want.POIs[0])), w.PutTasks(ctx, want.Config.Tasks[:1]))
	})
	equal(t, Read(t, f.Store), want)
	before := sequence(t, f.Store)
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		return errors.Join(
			w.DeletePOIs(ctx, []poi.POIID{"1", "none"}), w.DeleteMemberships(ctx, want.Memberships),
			w.DeleteTasks(ctx, []poi.TaskID{"t1", "t2"}), w.DeleteSets(ctx, []poi.SetID{"parks", "empty"}),
			w.DeletePrizes(ctx, []poi.PrizeID{"p1", "p2"}), w.DeleteMerchants(ctx, []poi.MerchantID{"m1", "m2"}),
			w.DeleteDistricts(ctx, []poi.Adcode{"d1", "d2"}), w.DeleteZones(ctx, []poi.ZoneID{"z1", "z2"}))
	})
	equal(t, Read(t, f.Store), &State{POIs: want.POIs[1:]})
	if after := sequence(t, f.Store); after <= before {
		t.Errorf("deleting led the change sequence from %d to %d", before, after)
	}
}

func counts(t *testing.T, f *Fixture) {
	want := sample()
	for range 2 {
		write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
			if err := Put(ctx, w, want); err != nil {
				return err
			}
			for table, n := range map[poi.Table]int{poi.TableMerchants: 2, poi.TablePrizes: 2, poi.TableTasks: 2,
				poi.TableDistricts: 2, poi.TableZones: 2, poi.TablePOIs: 2} {
				if got, err := w.Count(ctx, table); err != nil || got != int64(n) {
					t.Errorf("table %s has %d rows, %v; want %d", table, got, err, n)
				}
			}
			if n, err := w.Count(ctx, "changes"); err == nil {
				t.Errorf("a table that is none of the config has %d rows", n)
			}
			return nil
		})
	}
}

func orderOfKeys(t *testing.T, f *Fixture) {
	ids := []string{"b", "B", "a", "a!", "a b", "aa", "é", "e", "😀", "中", "～", "10", "9", "ß", "ss"}
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		for _, id := range ids {
			m := []poi.MembershipRow{{Membership: poi.Membership{Set: "s", POI: poi.POIID(id)}}}
			if err := errors.Join(w.PutPOIs(ctx, rows(poi.POI{ID: poi.POIID(id)})), w.PutMemberships(ctx, m)); err != nil {
				return err
			}
		}
		return w.PutSets(ctx, []poi.SetID{"s"})
	})
	got := Read(t, f.Store)
	slices.Sort(ids)
	for i, id := range ids {
		if i >= len(got.POIs) || i >= len(got.Memberships) || string(got.POIs[i].ID) != id || string(got.Memberships[i].POI) != id {
			t.Fatalf("want POIs and memberships in the order %q, got\n%v\n%v", ids, got.POIs, got.Memberships)
		}
	}
}

// manyRows is more than any batch or statement holds.
const manyRows = 1500

func many(name string) []poi.POI {
	pois := make([]poi.POI, manyRows)
	for i := range pois {
		pois[i] = poi.POI{ID: poi.POIID(fmt.Sprintf("%06d", i)), Name: name, Pos: coord.E7{Lat: int32(i), Lng: int32(i)},
			Attrs: []poi.Attr{{Name: "long", Value: strings.Repeat("x", i%700+1)}}}
	}
	return pois
}

// isolation holds a snapshot to its state while others write between and during
// its streams.
func isolation(t *testing.T, f *Fixture) {
	first := many("first")
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(first...)) })
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if !src.KeyOrder() {
		t.Error("a store's rows are in the order of their keys")
	}
	before, err := src.Revision(t.Context())
	if err != nil || before.Sequence != sequence(t, f.Store) {
		t.Errorf("revision %+v, %v; the change sequence is %d", before, err, sequence(t, f.Store))
	}
	for round := range 2 {
		var got []poi.POI
		for batch, err := range src.POIs(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range batch.Rows {
				got = append(got, row.POI)
			}
			write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
				if err := w.DeletePOIs(ctx, []poi.POIID{"001499"}); err != nil {
					return err
				}
				return w.PutPOIs(ctx, rows(many(fmt.Sprint("second", round))[:700]...))
			})
		}
		equal(t, got, first)
	}
	if after := sequence(t, f.Store); after <= before.Sequence {
		t.Errorf("writing led the change sequence from %d to %d", before.Sequence, after)
	}
	if now := Read(t, f.Store); len(now.POIs) != manyRows-1 || now.POIs[0].Name != "second1" {
		t.Errorf("a new snapshot has %d POIs, the first is %+v", len(now.POIs), now.POIs[0])
	}
}

// foreignWrites looks that triggers see each kind of write to each table.
func foreignWrites(t *testing.T, f *Fixture) {
	const square = `{"type":"Polygon","coordinates":[[[0,0],[0.5,0],[0.5,0.5],[0,0]]]}`
	for _, table := range []struct{ name, insert, update string }{
		{"merchants", "(id) VALUES ('m')", "name = 'x'"},
		{"prizes", "(id, kind, merchant) VALUES ('p', 'cash', 'm')", "name = 'x'"},
		{"tasks", "(id, merchant, poi_set, starts_at, ends_at) VALUES ('t', 'm', 'all', '2027-01-01T08:00:00+08:00', '2028-01-01T00:00:00Z')", "paused = 1"},
		{"task_prizes", "(task, prize) VALUES ('t', 'p')", "weight = 2"},
		{"quotas", "(task, prize, district, units) VALUES ('t', 'p', '*', 3)", "units = 4"},
		{"poi_sets", "(id) VALUES ('s')", "id = 's'"},
		{"set_members", "(poi_id, set_id) VALUES ('1', 's')", "set_id = 's'"},
		{"pois", "(id, lat_e7, lng_e7) VALUES ('1', 515000000, -1270000)", "name = 'x'"},
		{"districts", "(adcode, name, shape) VALUES ('d', 'D', '" + square + "')", "name = 'x'"},
		{"zones", "(id, reason, shape) VALUES ('z', 'school', '" + square + "')", "name = 'x'"},
	} {
		for _, statement := range []string{
			"INSERT INTO " + table.name + " " + table.insert, "UPDATE " + table.name + " SET " + table.update,
			"DELETE FROM " + table.name, "INSERT INTO " + table.name + " " + table.insert,
		} {
			before := sequence(t, f.Store)
			if err := f.Foreign(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if after := sequence(t, f.Store); after <= before {
				t.Errorf("%s: the change sequence went from %d to %d", statement, before, after)
			}
		}
	}
	got := Read(t, f.Store)
	if len(got.Rejects) > 0 || len(got.Config.Tasks) != 1 || len(got.Zones) != 1 || len(got.Memberships) != 1 || len(got.POIs) != 1 {
		t.Errorf("what another client wrote reads as %+v", got)
	}
	if k := got.Config.Tasks[0]; k.ClaimRadius != poi.DefaultClaimRadius || !k.When.Start.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the task of another client reads as %+v", k)
	}
}

func badRows(t *testing.T, f *Fixture) {
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return Put(ctx, w, sample()) })
	if err := f.Foreign(
		"INSERT INTO pois (id, lat_e7, lng_e7) VALUES ('far', 900000001, 0)",
		"INSERT INTO pois (id, lat_e7, lng_e7, attrs) VALUES ('json', 1, 1, '{\"a\":1}')",
		"INSERT INTO pois (id, lat_e7, lng_e7, attrs) VALUES ('reserved', 1, 1, '{\"crs\":\"x\"}')",
		"INSERT INTO pois (id, lat_e7, lng_e7, attrs) VALUES ('twice', 1, 1, '{\"a\":\"1\", \"a\":\"2\"}')",
		"INSERT INTO prizes (id, kind, merchant) VALUES ('p9', 'cash', 'nobody')",
		"INSERT INTO merchants (id, attrs) VALUES ('m9', 'junk')",
		"INSERT INTO poi_sets (id) VALUES ('all')",
		"INSERT INTO set_members (poi_id, set_id) VALUES ('1', 'lost')",
		"INSERT INTO task_prizes (task, prize) VALUES ('lost', 'p1')",
		"UPDATE tasks SET ends_at = 'soon' WHERE id = 't1'",
		"UPDATE task_prizes SET weight = 0 WHERE task = 't2'",
		"INSERT INTO districts (adcode, shape) VALUES ('bow', '{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}')",
		"INSERT INTO districts (adcode, shape) VALUES ('point', '{\"type\":\"Point\",\"coordinates\":[0,0]}')",
		"INSERT INTO zones (id, reason, shape, sessions) VALUES ('zs', 'x', '{}', '[\"20:00-22:00\"]')",
	); err != nil {
		t.Fatal(err)
	}
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	got := ReadSource(t, src)
	want := []string{
		`poi_sets: id of "all" "all" is the built-in set of every POI (reserved)`,
		`merchants: attrs of "m9" are not a JSON object of strings (bad_format)`,
		`prizes: merchant of "p9" is not in merchants (dangling)`,
		`task_prizes: task of "lost, p1" is not in tasks (dangling)`,
		`tasks: ends_at of "t1" "soon" is not a time such as 2027-01-01T20:00:00+08:00 (bad_format)`,
		`tasks: prizes[0].weight of "t2" 0 is not within 1…1000000 (out_of_range)`,
		`pois: lat, lng of "far" are not a position: 900000001, 0 (1e-7 degrees) (out_of_range)`,
		`pois: attrs of "json" are not a JSON object of strings (bad_format)`,
		`pois: attrs of "reserved" have the name "crs" of a column of pois.csv (reserved)`,
		`pois: attrs of "twice" have the name "a" twice (duplicate)`,
		`set_members: set_id of "1, lost" is not in poi_sets (dangling)`,
	}
	if len(got.Rejects) != len(want)+3 || !slices.Equal(got.Rejects[:len(want)], want) {
		t.Errorf("got\n%s\nwant\n%s\nand three more", strings.Join(got.Rejects, "\n"), strings.Join(want, "\n"))
	}
	equal(t, got.POIs, sample().POIs)
	if len(got.Districts) != 2 || len(got.Zones) != 2 || len(got.Config.Tasks) != 0 {
		t.Errorf("rows that are right are missing, or wrong ones are there: %+v", got)
	}
	if again := ReadSource(t, src); !slices.Equal(again.Rejects, got.Rejects) {
		t.Errorf("reading again reported more: %q", again.Rejects)
	}
}

func refusedWrites(t *testing.T, f *Fixture) {
	ctx := t.Context()
	for _, test := range []struct {
		name string
		fn   func(w poi.Writer) error
		code poi.Code
	}{
		{"no id", func(w poi.Writer) error { return w.PutPOIs(ctx, rows(poi.POI{})) }, poi.CodeMissing},
		{"south of the pole", func(w poi.Writer) error {
			return w.PutPOIs(ctx, rows(poi.POI{ID: "x", Pos: coord.E7{Lat: -900_000_001}}))
		}, poi.CodeRange},
		{"reserved", func(w poi.Writer) error {
			return w.PutPOIs(ctx, rows(poi.POI{ID: "x", Attrs: []poi.Attr{{Name: "lat", Value: "1"}}}))
		}, poi.CodeReserved},
		{"twice", func(w poi.Writer) error {
			return w.PutMerchants(ctx, []poi.Merchant{{ID: "x", Attrs: []poi.Attr{{Name: "a", Value: "1"}, {Name: "a", Value: "1"}}}})
		}, poi.CodeDuplicate},
		{"set all", func(w poi.Writer) error { return w.PutSets(ctx, []poi.SetID{poi.AllPOIs}) }, poi.CodeReserved},
		{"no prizes", func(w poi.Writer) error {
			k := sample().Config.Tasks[0]
			k.Prizes = nil
			return w.PutTasks(ctx, []poi.Task{k})
		}, poi.CodeMissing},
	} {
		before := sequence(t, f.Store)
		err := f.Store.Write(ctx, func(ctx context.Context, w poi.Writer) error {
			if err := w.PutPOIs(ctx, rows(many("half")...)); err != nil {
				return err
			}
			return test.fn(w)
		})
		inv, ok := errors.AsType[*poi.Invalid](err)
		if !ok || inv.Code != test.code {
			t.Errorf("%s: got the error %v, want code %s", test.name, err, test.code)
		}
		if after := sequence(t, f.Store); after != before {
			t.Errorf("%s: the change sequence went from %d to %d though nothing was written", test.name, before, after)
		}
	}
	if got := Read(t, f.Store); len(got.POIs) > 0 {
		t.Errorf("%d POIs of failed writes are there", len(got.POIs))
	}
}

func writersTakeTurns(t *testing.T, f *Fixture) {
	const writers, each = 4, 3
	done := make(chan error)
	before := sequence(t, f.Store)
	for n := range writers {
		go func() {
			var err error
			for i := range each {
				err = errors.Join(err, f.Store.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
					return errors.Join(w.PutPOIs(ctx, rows(poi.POI{ID: "shared", Name: fmt.Sprint(n)})),
						w.PutPOIs(ctx, rows(poi.POI{ID: poi.POIID(fmt.Sprintf("%d-%d", n, i))})))
				}))
			}
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := Read(t, f.Store); len(got.POIs) != writers*each+1 {
		t.Errorf("%d POIs are there, want %d", len(got.POIs), writers*each+1)
	}
	if n := sequence(t, f.Store) - before; n != writers*each {
		t.Errorf("%d writes advanced the sequence by %d", writers*each, n)
	}
}

func imports(t *testing.T, f *Fixture) {
	one, two := poi.ImportedFile{Name: "a.csv", Rows: 1}, poi.ImportedFile{Name: "b.csv", Rows: 2}
	put := func(run string, file poi.ImportedFile) {
		write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutImported(ctx, run, file) })
	}
	check := func(when, run string, want ...poi.ImportedFile) {
		t.Helper()
		got, err := f.Store.Imported(t.Context(), run)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", when, got, err, want)
		}
	}
	check("at first", "r")
	put("r", one)
	put("r", two)
	check("after two files", "r", one, two)
	check("of another import", "other")
	if err := f.Foreign("INSERT INTO poi_sets (id) VALUES ('s')"); err != nil {
		t.Fatal(err)
	}
	check("after a foreign write", "r")
	put("r", two)
	check("going on all the same", "r", one, two)
	put("other", one)
	check("after another import", "r")
	check("of the other import", "other", one)
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.ForgetImports(ctx) })
	check("at the end", "other")
}

func oneStream(t *testing.T, f *Fixture) {
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(many("x")...)) })
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for range src.POIs(t.Context()) {
		for _, err := range src.Zones(t.Context()) {
			if !errors.Is(err, sqlstore.ErrStream) {
				t.Errorf("a second stream has the error %v", err)
			}
		}
		break
	}
	for _, err := range src.Zones(t.Context()) { // the first one was left early
		t.Error(err)
	}
}

func cancelled(t *testing.T, f *Fixture) {
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(many("x")...)) })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range src.POIs(ctx) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled stream ends with %v", last)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	err = f.Store.Write(ctx, func(context.Context, poi.Writer) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled write ends with %v", err)
	}
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.DeletePOIs(ctx, []poi.POIID{"000001"}) })
}

func otherSchema(t *testing.T, f *Fixture) {
	droppedTable(t, f)
	for _, test := range []struct {
		statement string
		want      error
	}{
		{fmt.Sprintf("UPDATE goose_db_version SET version_id = %d WHERE version_id > 0", schema.Version+1), schema.ErrTooNew},
		{"DELETE FROM goose_db_version WHERE version_id > 0", schema.ErrTooOld},
		{"DROP TABLE goose_db_version", schema.ErrTooOld},
	} {
		if err := f.Foreign(test.statement); err != nil {
			t.Fatal(err)
		}
		_, err := f.Store.Snapshot(t.Context())
		if !errors.Is(err, test.want) || !errors.As(err, new(*schema.VersionError)) {
			t.Errorf("%s: a snapshot gives %v", test.statement, err)
		}
		err = f.Store.Write(t.Context(), func(context.Context, poi.Writer) error { return nil })
		if !errors.Is(err, test.want) {
			t.Errorf("%s: a write gives %v", test.statement, err)
		}
		s, err := f.Reopen(t.Context())
		if !errors.Is(err, test.want) {
			t.Errorf("%s: opening gives %v, %v", test.statement, s, err)
		}
	}
}
