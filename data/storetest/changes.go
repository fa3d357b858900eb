package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// changes: what is told to have changed since a mark is what other clients and
// the store itself changed, with the positions before.
func changes(t *testing.T, f *Fixture) {
	fill(t, f)
	begin := markOf(t, f)
	for _, test := range []struct {
		statement string // several, with semicolons
		want      string
	}{
		{"UPDATE pois SET name = 'x' WHERE id = 'a'", "a 1→1 [s1]"},
		{"UPDATE pois SET lat_e7 = 7 WHERE id = 'a'; UPDATE pois SET lat_e7 = 8 WHERE id = 'a'", "a 1→8 [s1]"},
		{"UPDATE pois SET lat_e7 = 1 WHERE id IN ('a', 'c')", "a 8→1 [s1]; c 3→1 []"},
		{"INSERT INTO pois (id, lat_e7, lng_e7) VALUES ('d', 4, 0)", "d ∅→4 []"},
		{"REPLACE INTO pois (id, lat_e7, lng_e7) VALUES ('d', 5, 0)", "d 4→5 []"},
		{"DELETE FROM pois WHERE id = 'd'", "d 5→∅ []"},
		{"INSERT INTO pois (id, lat_e7, lng_e7) VALUES ('e', 4, 0); DELETE FROM pois WHERE id = 'e'", ""},
		{"UPDATE pois SET id = 'f' WHERE id = 'c'", "c 1→∅ []; f ∅→1 []"},
		{"INSERT INTO set_members (poi_id, set_id) VALUES ('f', 's1')", "f 1→1 [s1]"},
		{"REPLACE INTO set_members (poi_id, set_id) VALUES ('f', 's2')", "f 1→1 [s1 s2]"},
		{"UPDATE set_members SET set_id = 's3' WHERE set_id = 's2'; INSERT INTO poi_sets (id) VALUES ('s3')", "b 2→2 [s3]; f 1→1 [s1 s3]"},
		{"UPDATE set_members SET poi_id = 'a' WHERE poi_id = 'f' AND set_id = 's3'", "a 1→1 [s1 s3]; f 1→1 [s1]"},
		{"DELETE FROM set_members WHERE set_id = 's3'; DELETE FROM poi_sets WHERE id = 's3'", "a 1→1 [s1]; b 2→2 []"},
		{"UPDATE tasks SET title = 'x'; DELETE FROM quotas; UPDATE merchants SET name = 'x'", ""},
		{"UPDATE districts SET name = 'x'", "districts"},
		{"INSERT INTO zones (id, reason, shape) VALUES ('z', 'r', '{}'); DELETE FROM zones WHERE id = 'z'", "zones"},
		{"DELETE FROM districts", "districts"},
	} {
		since := markOf(t, f)
		if err := f.Foreign(strings.Split(test.statement, ";")...); err != nil {
			t.Fatalf("%s: %v", test.statement, err)
		}
		if got, err := since.changes(t, f); err != nil || got != test.want {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", test.statement, got, err, test.want)
		}
	}
	since := markOf(t, f)
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		return errors.Join(
			w.PutPOIs(ctx, rows(poi.POI{ID: "a", Pos: coord.E7{Lat: 9}}, poi.POI{ID: "g", Pos: coord.E7{Lat: 6}})),
			w.PutMemberships(ctx, []poi.MembershipRow{{Membership: poi.Membership{Set: "s1", POI: "g"}}}),
			w.DeletePOIs(ctx, []poi.POIID{"f"}))
	})
	if got, err := since.changes(t, f); err != nil || got != "a 1→9 [s1]; f 1→∅ []; g ∅→6 [s1]" {
		t.Errorf("after a write: %s, %v", got, err)
	}
	if got, err := begin.changes(t, f); err != nil || got != "districts; zones; a 1→9 [s1]; b 2→2 []; c 3→∅ []; g ∅→6 [s1]" {
		t.Errorf("since the beginning: %s, %v", got, err)
	}
}

// untracked: what cannot be told is not.
func untracked(t *testing.T, f *Fixture) {
	fill(t, f)
	begin := markOf(t, f)
	for _, other := range []mark{"", "1", "x.1", "999999.1", begin + "0"} {
		if got, err := other.changes(t, f); !errors.Is(err, poi.ErrUntracked) {
			t.Errorf("since %q: %s, %v", other, got, err)
		}
	}
	for _, statement := range []string{
		"UPDATE pois SET lat_e7 = 2000000000 WHERE id = 'a'", "UPDATE pois SET lat_e7 = 1 WHERE id = 'a'",
		"INSERT INTO set_members (poi_id, set_id) VALUES ('nowhere', 's1')", "DELETE FROM set_members WHERE poi_id = 'nowhere'",
		"DELETE FROM poi_sets WHERE id = 's2'", "INSERT INTO poi_sets (id) VALUES ('s2')",
	} {
		since := markOf(t, f)
		if err := f.Foreign(statement); err != nil {
			t.Fatal(err)
		}
		mended := strings.HasSuffix(statement, "= 'nowhere'") || strings.HasSuffix(statement, "('s2')")
		if got, err := since.changes(t, f); errors.Is(err, poi.ErrUntracked) == mended {
			t.Errorf("%s: %s, %v", statement, got, err)
		}
	}
	since := markOf(t, f)
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		many := make([]poi.MembershipRow, 50_000)
		for i := range many {
			many[i].Membership = poi.Membership{Set: "s1", POI: "a"}
		}
		for range 3 {
			if err := w.PutMemberships(ctx, many); err != nil {
				return err
			}
		}
		return w.PutPOIs(ctx, rows(poi.POI{ID: "a", Pos: coord.E7{Lat: 77}}))
	})
	if got, err := since.changes(t, f); !errors.Is(err, poi.ErrUntracked) {
		t.Errorf("after very many rows: %s, %v", got, err)
	}
	since = markOf(t, f)
	if err := f.Foreign("UPDATE pois SET lat_e7 = 2 WHERE id = 'a'"); err != nil {
		t.Fatal(err)
	}
	if got, err := since.changes(t, f); err != nil || got != "a 77→2 [s1]" {
		t.Errorf("after that: %s, %v", got, err)
	}
	if err := f.Foreign("DELETE FROM change_log"); err != nil {
		t.Fatal(err)
	}
	if got, err := since.changes(t, f); !errors.Is(err, poi.ErrUntracked) {
		t.Errorf("without a log: %s, %v", got, err)
	}
}

// pruned: the log does not grow for ever, whoever writes, and recent entries stay.
func pruned(t *testing.T, f *Fixture) {
	const keep = 1 << 18
	fill(t, f)
	begin := markOf(t, f)
	if err := f.Foreign(fmt.Sprintf("INSERT INTO change_log (n, mark, kind) VALUES (%d, 1, 'set')", 2*keep-2)); err != nil {
		t.Fatal(err)
	}
	recent := markOf(t, f)
	if _, err := begin.changes(t, f); err != nil {
		t.Errorf("before the log is pruned: %v", err)
	}
	for range 3 {
		if err := f.Foreign("UPDATE pois SET lat_e7 = lat_e7 + 10 WHERE id = 'a'"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := begin.changes(t, f); !errors.Is(err, poi.ErrUntracked) {
		t.Errorf("since what was pruned: %s, %v", got, err)
	}
	if err := f.Foreign(fmt.Sprintf("INSERT INTO change_log (n, mark, kind) VALUES (%d, 1, 'set')", 3*keep+1)); err != nil {
		t.Fatal(err)
	}
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.DeletePOIs(ctx, []poi.POIID{"b"}) })
	if got, err := recent.changes(t, f); err != nil || got != "a 1→31 [s1]; b 2→∅ []" {
		t.Errorf("since a state that was not: %s, %v", got, err)
	}
	if err := f.Foreign(fmt.Sprintf("INSERT INTO change_log (n, mark, kind) VALUES (%d, 1, 'set')", 5*keep+1)); err != nil {
		t.Fatal(err)
	}
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.DeletePOIs(ctx, []poi.POIID{"a"}) })
	if got, err := recent.changes(t, f); !errors.Is(err, poi.ErrUntracked) {
		t.Errorf("since what a write pruned: %s, %v", got, err)
	}
}

// fill writes three POIs and what is needed to have sets, tasks and districts.
func fill(t *testing.T, f *Fixture) {
	t.Helper()
	s := sample()
	s.Config.Sets = []poi.SetID{"parks", "s1", "s2"}
	s.POIs = []poi.POI{{ID: "a", Pos: coord.E7{Lat: 1}}, {ID: "b", Pos: coord.E7{Lat: 2}}, {ID: "c", Pos: coord.E7{Lat: 3}}}
	s.Memberships, s.Zones = []poi.Membership{{Set: "s1", POI: "a"}, {Set: "s2", POI: "b"}}, nil
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return Put(ctx, w, s) })
}

// mark is a state of a store.
type mark poi.Mark

func markOf(t *testing.T, f *Fixture) (m mark) {
	t.Helper()
	snapshot(t, f, func(src poi.Tracker) {
		now, err := src.Mark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m = mark(now)
	})
	return m
}

// changes is what differs from the mark, as text.
func (m mark) changes(t *testing.T, f *Fixture) (text string, err error) {
	t.Helper()
	var parts []string
	snapshot(t, f, func(src poi.Tracker) {
		c, changesErr := src.ChangesSince(t.Context(), poi.Mark(m))
		if err = changesErr; err != nil {
			return
		}
		if c.Districts {
			parts = append(parts, "districts")
		}
		if c.Zones {
			parts = append(parts, "zones")
		}
		members := int64(0)
		for _, b := range all(t, src.Memberships(t.Context())) {
			members += int64(len(b.Rows))
		}
		pois := int64(0)
		for _, b := range all(t, src.POIs(t.Context())) {
			pois += int64(len(b.Rows))
		}
		var list []string
		for change, streamErr := range c.POIs {
			if err = streamErr; err != nil {
				return
			}
			list = append(list, describe(change))
		}
		if c.Memberships != members {
			t.Errorf("%d memberships, there are %d", c.Memberships, members)
		}
		if c.Rows != pois {
			t.Errorf("%d POIs, there are %d", c.Rows, pois)
		}
		slices.Sort(list)
		parts = append(parts, list...)
		if n := src.Rejects().Total(); n != 0 {
			t.Errorf("%d rows were rejected", n)
		}
	})
	return strings.Join(parts, "; "), err
}

func describe(c *poi.POIChange) string {
	was, now := "∅", "∅"
	if c.Was != nil {
		was = fmt.Sprint(c.Was.Lat)
	}
	if c.Now != nil {
		now = fmt.Sprint(c.Now.Pos.Lat)
	}
	return fmt.Sprintf("%s %s→%s %v", c.ID, was, now, c.Sets)
}

func snapshot(t *testing.T, f *Fixture, fn func(poi.Tracker)) {
	t.Helper()
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	fn(src.(poi.Tracker))
}
