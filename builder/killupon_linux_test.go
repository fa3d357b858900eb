package builder

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"geodrop/data/sqlite"
	"geodrop/sync/manifest"
)

// uponBytes is the size of segments in builds upon others that are killed.
const uponBytes = 4000

// buildUpon builds the store in a file.
func (s *steps) buildUpon(path string, o Options) int {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		s.Fatal(err)
	}
	src, err := store.Snapshot(ctx)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := Build(ctx, src, o); err != nil {
		s.Fatal(err)
	}
	if err := errors.Join(src.Close(), store.Close()); err != nil {
		s.Fatal(err)
	}
	return 0
}

// A build upon a release that is killed after any of its writes leaves the one
// before, the new one or, in a folder of its own, none; and the next one is built
// upon what there is, to the same bytes.
func TestKilledUpon(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	t.Parallel()
	dir := t.TempDir()
	s := openShop(t, dir, 5)
	defer s.close()
	s.fill(600)
	k := &killing{t: t, old: filepath.Join(dir, "old"), accepted: map[string]int{}}
	k.oldID = s.build(Options{Out: k.old, SegmentBytes: uponBytes}).Release
	for range 20 {
		s.edit()
	}
	whole := Options{Out: filepath.Join(dir, "whole"), SegmentBytes: uponBytes, Full: true}
	k.newID = s.build(whole).Release
	for _, inPlace := range []bool{true, false} {
		k.env = []string{storeEnv + "=" + filepath.Join(dir, "store.db")}
		if !inPlace {
			k.env = append(k.env, baseEnv+"="+k.old)
		}
		events := 0
		out := k.start(inPlace)
		steps, _ := k.run(out, 0, killAt(t, out, math.MaxInt, &events))
		for i, kills := 0, full(10); i < kills; i++ {
			out, seen := k.start(inPlace), 0
			if _, killed := k.run(out, 0, killAt(t, out, 1+i*(events-1)/(kills-1), &seen)); killed {
				k.checkUpon(s, out, inPlace)
			}
		}
		for step := max(steps-4, 1); step <= steps; step++ { // the last is after the seal
			out := k.start(inPlace)
			if _, killed := k.run(out, step, nil); killed {
				k.checkUpon(s, out, inPlace)
			}
		}
	}
	k.report(full(14) + 4)
	if k.accepted[k.newID] == 0 || k.accepted[k.oldID] == 0 || k.accepted[""] == 0 {
		t.Errorf("a release was there %v times: kills before and after the seal are expected", k.accepted)
	}
}

// checkUpon looks at what a killed child left, and builds again.
func (k *killing) checkUpon(s *shop, out string, inPlace bool) {
	k.t.Helper()
	m, err := Verify(context.Background(), out)
	switch {
	case err == nil && (m.ID == k.newID || inPlace && m.ID == k.oldID):
		k.accepted[m.ID]++
	case errors.Is(err, manifest.ErrNone) && !inPlace:
		k.accepted[""]++
	default:
		k.t.Fatalf("after kill %d, in place %v: release %v, %v", k.kills, inPlace, m, err)
	}
	o := Options{Out: out, SegmentBytes: uponBytes, MaxShrink: 1}
	if !inPlace {
		o.Base = k.old
	}
	if got := s.build(o); got.Release != k.newID || got.Base == "" {
		k.t.Fatalf("the next run made release %s upon %q, want %s: %s", got.Release, got.Base, k.newID, got.NotUpon)
	}
	m, err = manifest.Read(out)
	if err != nil {
		k.t.Fatal(err)
	}
	files := 2 // the manifest and the notes
	for range m.Objects {
		files++
	}
	if got := listing(k.t, out); len(got) != files {
		k.t.Fatalf("after the next run the folder has %d files, want %d: %q", len(got), files, got)
	}
	if err := os.RemoveAll(out); err != nil {
		k.t.Fatal(err)
	}
}
