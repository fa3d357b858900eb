package shelf

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"geodrop/sync/atomicfile"
)

func openTestShelf(t *testing.T, dir string) *Shelf {
	t.Helper()
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { _ = s.Close() }) // or the test has closed it
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// begin makes the folder of the next release.
func begin(t *testing.T, s *Shelf) uint64 {
	t.Helper()
	no, err := s.Next()
	must(t, err)
	must(t, os.Mkdir(s.Path(no), 0o755))
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
		{"first", func() { must(t, s.Adopt(begin(t, s))) }, []uint64{1}, []uint64{1}},
		{"second", func() { must(t, s.Adopt(begin(t, s))) }, []uint64{2, 1}, []uint64{1, 2}},
		{"third", func() { must(t, s.Adopt(begin(t, s))) }, []uint64{3, 2}, []uint64{2, 3}},
		{"killed build", func() { begin(t, s) }, []uint64{3, 2}, []uint64{2, 3}},
		{"damage", func() { must(t, s.Quarantine(3)) }, []uint64{2}, []uint64{2, 3}},
		{"fourth", func() { must(t, s.Adopt(begin(t, s))) }, []uint64{4, 2}, []uint64{2, 3, 4}},
		{"damage of what is not served", func() { must(t, s.Quarantine(2)) }, []uint64{4}, []uint64{2, 4}},
		{"damage of all", func() { must(t, s.Quarantine(4)) }, nil, []uint64{4}},
	}
	for _, tt := range steps {
		tt.do()
		must(t, s.Prune())
		folders, err := s.numbers()
		must(t, err)
		if !slices.Equal(s.Candidates(), tt.candidates) || !slices.Equal(folders, tt.folders) {
			t.Errorf("%s: candidates %v, want %v; folders %v, want %v", tt.name, s.Candidates(), tt.candidates, folders, tt.folders)
		}
		must(t, s.Close()) // as if the process had died here
		again := openTestShelf(t, s.dir)
		if !slices.Equal(again.Candidates(), tt.candidates) {
			t.Errorf("%s: candidates %v after a restart, want %v", tt.name, again.Candidates(), tt.candidates)
		}
		must(t, again.Close())
		unlock, err := atomicfile.LockDir(s.dir)
		must(t, err)
		s.unlock, again.unlock = unlock, func() error { return nil }
	}
}

func TestShelfIsLocked(t *testing.T) {
	s := openTestShelf(t, t.TempDir())
	if _, err := Open(s.dir, slog.New(slog.DiscardHandler)); !errors.Is(err, ErrBusy) {
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
	must(t, os.WriteFile(filepath.Join(dir, indexName), []byte("{"), 0o600))
	s := openTestShelf(t, dir)
	if got := s.Candidates(); !slices.Equal(got, []uint64{10, 9, 7}) {
		t.Errorf("candidates %v", got)
	}
	if no, err := s.Next(); no != 11 || err != nil {
		t.Errorf("next %d, %v", no, err)
	}
	changed := s.Changed()
	must(t, s.Quarantine(10))
	<-changed
	if got := s.Candidates(); !slices.Equal(got, []uint64{9, 7}) {
		t.Errorf("candidates %v after damage", got)
	}
	must(t, s.Adopt(begin(t, s)))
	if got := s.Candidates(); !slices.Equal(got, []uint64{11}) {
		t.Errorf("candidates %v, want the one that was adopted", got)
	}
}
