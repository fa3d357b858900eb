package node

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"geodrop/sync/atomicfile"
)

func openTestShelf(t *testing.T, dir string) *shelf {
	t.Helper()
	s, err := openShelf(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { _ = s.close() }) // or the test has closed it
	return s
}

// begin makes the folder of the next release.
func begin(t *testing.T, s *shelf) uint64 {
	t.Helper()
	no, err := s.next()
	must(t, err)
	must(t, os.Mkdir(s.path(no), 0o755))
	return no
}

func TestShelf(t *testing.T) {
	s := openTestShelf(t, t.TempDir())
	steps := []struct {
		name       string
		do         func()
		candidates []uint64
		folders    []uint64
	}{
		{"new", func() {}, nil, nil},
		{"first", func() { must(t, s.adopt(begin(t, s))) }, []uint64{1}, []uint64{1}},
		{"second", func() { must(t, s.adopt(begin(t, s))) }, []uint64{2, 1}, []uint64{1, 2}},
		{"third", func() { must(t, s.adopt(begin(t, s))) }, []uint64{3, 2}, []uint64{2, 3}},
		{"killed build", func() { begin(t, s) }, []uint64{3, 2}, []uint64{2, 3}},
		{"damage", func() { must(t, s.quarantine(3)) }, []uint64{2}, []uint64{2, 3}},
		{"fourth", func() { must(t, s.adopt(begin(t, s))) }, []uint64{4, 2}, []uint64{2, 3, 4}},
		{"damage of what is not served", func() { must(t, s.quarantine(2)) }, []uint64{4}, []uint64{2, 4}},
		{"damage of all", func() { must(t, s.quarantine(4)) }, nil, []uint64{4}},
	}
	for _, tt := range steps {
		tt.do()
		must(t, s.prune())
		folders, err := s.numbers()
		must(t, err)
		if !slices.Equal(s.candidates(), tt.candidates) || !slices.Equal(folders, tt.folders) {
			t.Errorf("%s: candidates %v, want %v; folders %v, want %v", tt.name, s.candidates(), tt.candidates, folders, tt.folders)
		}
		must(t, s.close()) // as if the process had died here
		again := openTestShelf(t, s.dir)
		if !slices.Equal(again.candidates(), tt.candidates) {
			t.Errorf("%s: candidates %v after a restart, want %v", tt.name, again.candidates(), tt.candidates)
		}
		must(t, again.close())
		unlock, err := atomicfile.LockDir(s.dir)
		must(t, err)
		s.unlock, again.unlock = unlock, func() error { return nil }
	}
}

func TestShelfIsLocked(t *testing.T) {
	s := openTestShelf(t, t.TempDir())
	if _, err := openShelf(s.dir, slog.New(slog.DiscardHandler)); !errors.Is(err, errBusy) {
		t.Errorf("a second node: %v", err)
	}
}

// TestShelfIndexLost: without its index the newest releases are tried, and none
// is removed.
func TestShelfIndexLost(t *testing.T) {
	dir := t.TempDir()
	for _, no := range []string{"7", "9", "10", "x", "0"} {
		must(t, os.MkdirAll(filepath.Join(dir, releasesDir, no), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(dir, shelfName), []byte("{"), 0o600))
	s := openTestShelf(t, dir)
	if got := s.candidates(); !slices.Equal(got, []uint64{10, 9, 7}) {
		t.Errorf("candidates %v", got)
	}
	if no, err := s.next(); no != 11 || err != nil {
		t.Errorf("next %d, %v", no, err)
	}
}
