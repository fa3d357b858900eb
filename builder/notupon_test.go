package builder

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/poi"
	"geodrop/sync/manifest"
)

// TestNotUpon: where it is not certain that a build upon the release before gives
// the bytes of one of everything, everything is built, and the reason told.
func TestNotUpon(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(s *shop) // the release to build upon
		after  func(s *shop, o *Options)
		reason string
	}{
		"district":      {after: func(s *shop, _ *Options) { s.exec("UPDATE districts SET name = 'x'") }, reason: "districts or zones"},
		"zone":          {after: func(s *shop, _ *Options) { s.exec("DELETE FROM zones WHERE id = 'water'") }, reason: "districts or zones"},
		"cell size":     {after: func(_ *shop, o *Options) { o.CellSize = 100 }, reason: "other options"},
		"segment bytes": {after: func(_ *shop, o *Options) { o.SegmentBytes = 3000 }, reason: "another size"},
		"no hash":       {after: func(_ *shop, o *Options) { o.WithoutHash = true }, reason: "other options"},
		"rejected row": {
			after:  func(s *shop, _ *Options) { s.exec("UPDATE pois SET lat_e7 = 2000000000 WHERE id = 'poi-7'") },
			reason: "would be rejected",
		},
		"dangling membership": {
			after: func(s *shop, _ *Options) {
				s.exec("DELETE FROM pois WHERE id IN (SELECT poi_id FROM set_members LIMIT 1)")
			},
			reason: "would be rejected",
		},
		"rejects before": {
			before: func(s *shop) { s.exec("INSERT INTO set_members (poi_id, set_id) VALUES ('nowhere', 'set1')") },
			after:  func(s *shop, _ *Options) { s.exec("DELETE FROM set_members WHERE poi_id = 'nowhere'") },
			reason: "1 row of its config was rejected",
		},
		"rejected task": {after: func(s *shop, o *Options) {
			o.AcceptRejectedConfig = true
			s.exec("UPDATE tasks SET merchant = 'nobody' WHERE id = 'u'")
		}, reason: "1 row of the config is rejected now"},
		"log is gone":     {after: func(s *shop, _ *Options) { s.exec("DELETE FROM change_log WHERE n < (SELECT MAX(n) FROM change_log)") }, reason: "does not go back"},
		"notes are gone":  {after: func(s *shop, o *Options) { s.remove(o.Out, notesKind) }, reason: "no notes"},
		"damaged notes":   {after: func(s *shop, o *Options) { s.damage(o.Out, notesKind) }, reason: "damaged"},
		"damaged segment": {after: func(s *shop, o *Options) { s.damage(o.Out, manifest.SegmentKind) }, reason: "does not match"},
		"damaged areas":   {after: func(s *shop, o *Options) { s.damage(o.Out, manifest.AreasKind) }, reason: "corrupt"},
		"damaged catalog": {after: func(s *shop, o *Options) { s.damage(o.Out, manifest.CatalogKind) }, reason: "corrupt"},
		"segment is gone": {after: func(s *shop, o *Options) { s.remove(o.Out, manifest.SegmentKind) }, reason: "no such file"},
		"position is not that of the log": {after: func(s *shop, _ *Options) {
			s.exec("UPDATE pois SET name = 'x' WHERE id = 'poi-3'")
			s.exec("UPDATE change_log SET lat_e7 = lat_e7 + 1000000 WHERE id = 'poi-3' AND kind = 'poi' AND lat_e7 IS NOT NULL")
		}, reason: "1 POI is not where it was changed"},
		"rows gone past the log": {after: func(s *shop, _ *Options) {
			for _, row := range []string{
				"DELETE FROM set_members WHERE poi_id = 'poi-11'", "DELETE FROM pois WHERE id = 'poi-11'",
				"DELETE FROM change_log WHERE id = 'poi-11'",
			} {
				s.exec(row)
			}
		}, reason: "the source has 199"},
		"no base there": {after: func(s *shop, o *Options) { o.Base = s.t.TempDir() }, reason: "no release"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := openShop(t, dir, 3)
			defer s.close()
			s.fill(200)
			if test.before != nil {
				test.before(s)
			}
			o := Options{Out: filepath.Join(dir, "release"), SegmentBytes: 2000, MaxShrink: 1, MaxRejected: 0.5}
			s.build(o)
			s.exec("UPDATE pois SET name = 'y' WHERE id = 'poi-9'")
			test.after(s, &o)
			got := s.build(o)
			whole := o
			whole.Out, whole.Base, whole.Full = filepath.Join(dir, "whole"), "", true
			s.same(o.Out, got, whole.Out, s.build(whole))
			if got.Base != "" || !strings.Contains(got.NotUpon, test.reason) || got.Rebuilt != got.Segments {
				t.Errorf("built upon %q, %d segments of %d rebuilt, since %s", got.Base, got.Rebuilt, got.Segments, got.NotUpon)
			}
		})
	}
}

// TestNotUponACopy: a copy of a store that went its own way is told apart, though
// it has the same change sequence.
func TestNotUponACopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openShop(t, dir, 4)
	s.fill(100)
	s.exec("PRAGMA wal_checkpoint(TRUNCATE)")
	text, err := os.ReadFile(filepath.Join(dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "store.db"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	s.exec("UPDATE pois SET name = 'one way' WHERE id = 'poi-5'")
	o := Options{Out: filepath.Join(dir, "release"), SegmentBytes: 2000}
	s.build(o)
	s.close()
	s = openShop(t, other, 4)
	defer s.close()
	s.exec("UPDATE pois SET name = 'the other' WHERE id = 'poi-6'")
	s.exec("UPDATE pois SET name = 'the other' WHERE id = 'poi-7'")
	if got := s.check(o); got.Base != "" || !strings.Contains(got.NotUpon, "another store") {
		t.Errorf("built upon %q, since %s", got.Base, got.NotUpon)
	}
}

// TestUponRefuses: what a build of everything refuses, one upon a release does.
func TestUponRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openShop(t, dir, 6)
	defer s.close()
	s.fill(200)
	o := Options{Out: filepath.Join(dir, "release"), SegmentBytes: 2000}
	s.build(o)
	before := listing(t, o.Out)
	for _, statement := range []string{
		"DELETE FROM set_members", "DELETE FROM pois WHERE id > 'poi-4'",
	} {
		s.exec(statement)
	}
	src, err := s.store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	_, err = Build(context.Background(), src, o)
	if err == nil || !strings.Contains(err.Error(), ErrShrink.Error()) {
		t.Errorf("a build of a third of the POIs: %v", err)
	}
	if after := listing(t, o.Out); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("the folder has %q, had %q", after, before)
	}
}

var _ poi.Tracker = stepping{}

// stepping is a tracker that fails in the middle.
type stepping struct {
	poi.Tracker
	cancel context.CancelFunc
}

func (s stepping) ChangesSince(ctx context.Context, since poi.Mark) (*poi.Changes, error) {
	changes, err := s.Tracker.ChangesSince(ctx, since)
	if err == nil {
		s.cancel()
	}
	return changes, err
}

// TestUponCancelled: a build that is cancelled does not go on with everything.
func TestUponCancelled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openShop(t, dir, 7)
	defer s.close()
	s.fill(100)
	o := Options{Out: filepath.Join(dir, "release")}
	s.build(o)
	before := listing(t, o.Out)
	s.exec("UPDATE pois SET name = 'x'")
	src, err := s.store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	ctx, cancel := context.WithCancel(t.Context())
	summary, err := Build(ctx, stepping{src.(poi.Tracker), cancel}, o)
	if err == nil || ctx.Err() == nil || len(summary.Stages) != 1 {
		t.Errorf("stages %v, %v", summary.Stages, err)
	}
	if after := listing(t, o.Out); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("the folder has %q, had %q", after, before)
	}
}

// remove removes the first file of a kind.
func (s *shop) remove(dir, kind string) {
	s.t.Helper()
	if err := os.Remove(s.first(dir, kind)); err != nil {
		s.t.Fatal(err)
	}
}

// damage flips a bit in the middle of the first file of a kind.
func (s *shop) damage(dir, kind string) {
	s.t.Helper()
	path := s.first(dir, kind)
	b, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.Remove(path); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o444); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) first(dir, kind string) string {
	s.t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+kind))
	if err != nil || len(paths) == 0 {
		s.t.Fatalf("no %s in %s: %v", kind, dir, err)
	}
	return paths[0]
}
