//go:build amd64 || arm64

package builder

import (
	"context"
	"iter"
	"path/filepath"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
)

// TestFailingDisk: whichever operation on a file fails, and whether the disk then
// takes nothing more or all else, a build leaves the release before or the new one,
// whole, and says what failed; the next one makes it, and leaves nothing over. A full
// disk ends a build upon a release: everything would take more.
func TestFailingDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	if !disktest.Alone(t, 0) {
		return
	}
	faults := disktest.NewFaults(t)
	for name, full := range map[string]bool{"upon": false, "everything": true} {
		t.Run(name, func(t *testing.T) {
			sweep := disktest.Sweep{Stride: 5, Ends: 3}
			faults.Sweep(t, sweep, func(t *testing.T, attempts iter.Seq[*disktest.Attempt]) {
				buildOnFailingDisk(t, Options{Out: filepath.Join(t.TempDir(), "release"), SegmentBytes: 4000, MaxShrink: 1, Full: full}, attempts)
			})
		})
	}
}

// buildOnFailingDisk fails where an attempt leaves anything but a whole release, or
// the next build does not make the new one.
func buildOnFailingDisk(t *testing.T, o Options, attempts iter.Seq[*disktest.Attempt]) {
	t.Helper()
	s := openShop(t, t.TempDir(), 5)
	defer s.close()
	s.fill(60)
	before := s.build(o).Release
	for a := range attempts {
		s.exec("UPDATE pois SET name = ? WHERE id = 'poi-7'", a.N)
		s.exec("UPDATE tasks SET title = ?", a.N)
		src, err := s.store.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var summary *Summary
		err = a.Fail(o.Out, func() (err error) {
			summary, err = Build(t.Context(), src, o)
			return err
		})
		if closeErr := src.Close(); closeErr != nil {
			t.Error(closeErr)
		}
		found, verifyErr := Verify(context.Background(), o.Out)
		switch {
		case verifyErr != nil:
			t.Fatalf("%q: %v", a.Failed, verifyErr)
		case err == nil && found.ID != summary.Release:
			t.Fatalf("%q: there is %s, and %s was made", a.Failed, found.ID, summary.Release)
		case err != nil && a.Lasting && summary.NotUpon != "":
			t.Fatalf("%q: everything was built", a.Failed)
		}
		again := s.build(o).Release
		if err != nil && found.ID != before && found.ID != again {
			t.Fatalf("%q: there is %s, want %s or %s", a.Failed, found.ID, before, again)
		}
		before = again
	}
	m, err := manifest.Read(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	want := 2 // the manifest and the notes
	for range m.Objects {
		want++
	}
	if files := listing(t, o.Out); len(files) != want {
		t.Errorf("%d files are there, want %d: %q", len(files), want, files)
	}
}
