package index_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"geodrop/grid/index"

	"go.uber.org/goleak"
)

// held counts the descriptors of this process, and the mappings of files under
// a folder.
func held(t *testing.T, dir string) (descriptors, mappings int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds), bytes.Count(maps, []byte(dir))
}

// TestNothingIsLeftOpen opens and closes segments, sound and damaged.
func TestNothingIsLeftOpen(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	file := mediumSegment(t)
	sound, damaged := filepath.Join(dir, "sound.seg"), filepath.Join(dir, "damaged.seg")
	if err := os.WriteFile(sound, file, 0o600); err != nil {
		t.Fatal(err)
	}
	file[len(file)/2] ^= 1
	if err := os.WriteFile(damaged, file, 0o600); err != nil {
		t.Fatal(err)
	}
	descriptors, _ := held(t, dir)
	for range 100 {
		s, err := index.Open(sound, index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if fds, mappings := held(t, dir); fds != descriptors+1 || mappings != 1 {
			t.Fatalf("%d descriptors and %d mappings with a segment open, want %d and 1", fds, mappings, descriptors+1)
		}
		for range 2 { // closing twice is harmless
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := index.Open(damaged, index.Options{}); err == nil {
			t.Fatal("Open accepts a damaged segment")
		}
		if _, err := index.Open(dir, index.Options{}); err == nil {
			t.Fatal("Open accepts a folder")
		}
	}
	if fds, mappings := held(t, dir); fds != descriptors || mappings != 0 {
		t.Errorf("%d descriptors and %d mappings are left, want %d and 0", fds, mappings, descriptors)
	}
}
