//go:build amd64 || arm64

package builder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
)

// TestFailingDisk: whichever operation on a file fails, and whether the disk then
// takes nothing more or all else, a build leaves the release before or the new one,
// whole, and says what failed; the next one makes it, and leaves nothing over. A full
// disk ends a build upon a release: everything would take more.
func TestFailingDisk(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	faults := disktest.NewFaults(t)
	for name, tt := range map[string]struct {
		errno   syscall.Errno
		lasting bool
		full    bool
	}{
		"upon, full disk":       {syscall.ENOSPC, true, false},
		"upon, EIO":             {syscall.EIO, false, false},
		"everything, full disk": {syscall.ENOSPC, true, true},
		"everything, EIO":       {syscall.EIO, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openShop(t, dir, 5)
			defer s.close()
			s.fill(60)
			o := Options{Out: filepath.Join(dir, "release"), SegmentBytes: 4000, MaxShrink: 1, Full: tt.full}
			before, ended := s.build(o).Release, 0
			for n := 1; ; n += stride(5) {
				s.exec("UPDATE pois SET name = ? WHERE id = 'poi-7'", n)
				s.exec("UPDATE tasks SET title = ?", n)
				src, err := s.store.Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				faults.Fail(o.Out, n, tt.errno, tt.lasting)
				summary, err := Build(t.Context(), src, o)
				failed := faults.End()
				if closeErr := src.Close(); closeErr != nil {
					t.Error(closeErr)
				}
				found, verifyErr := Verify(context.Background(), o.Out)
				switch {
				case verifyErr != nil:
					t.Fatalf("%q: %v", failed, verifyErr)
				case err != nil && (!errors.Is(err, tt.errno) || len(failed) == 0):
					t.Fatalf("%q: it ends with %v", failed, err)
				case err == nil && found.ID != summary.Release:
					t.Fatalf("%q: there is %s, and %s was made", failed, found.ID, summary.Release)
				case err != nil && tt.lasting && summary.NotUpon != "":
					t.Fatalf("%q: everything was built", failed)
				}
				again := s.build(o).Release
				if err != nil && found.ID != before && found.ID != again {
					t.Fatalf("%q: there is %s, want %s or %s", failed, found.ID, before, again)
				}
				if err != nil {
					ended++
				}
				if before = again; len(failed) == 0 {
					break
				}
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
			if t.Logf("%d builds ended", ended); ended < 3 {
				t.Errorf("%d builds ended", ended)
			}
		})
	}
}

// stride is from one operation that fails to the next: n, more where tests are to be
// short, and one where they may be long.
func stride(n int) int {
	switch {
	case os.Getenv("GEODROP_LONG") != "":
		return 1
	case testing.Short():
		return 3 * n
	}
	return n
}
