package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/poi"
)

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
