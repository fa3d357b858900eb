package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// names are the names in a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestNothingIsVisibleBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	must(t, Write(dir, "a", []byte("old")))
	f, err := Create(dir)
	must(t, err)
	for range 3 {
		_, err := f.Write([]byte("new"))
		must(t, err)
		if got, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(got) != "old" {
			t.Fatalf("before Commit %q, %v, want the old content", got, err)
		}
	}
	must(t, f.Commit("a"))
	got, err := os.ReadFile(filepath.Join(dir, "a"))
	must(t, err)
	if string(got) != "newnewnew" {
		t.Errorf("after Commit %q", got)
	}
	info, err := os.Stat(filepath.Join(dir, "a"))
	must(t, err)
	if info.Mode() != 0o444 {
		t.Errorf("mode %v, want 0444", info.Mode())
	}
	must(t, f.Abort()) // harmless now
	if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("files %q, want a alone", got)
	}
}

func TestAbort(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(dir)
	must(t, err)
	_, err = f.Write([]byte("half"))
	must(t, err)
	must(t, f.Abort())
	must(t, f.Abort())
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files %q after Abort, want none", got)
	}
	if err := f.Commit("a"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Commit after Abort = %v, want ErrClosed", err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files %q after a refused Commit, want none", got)
	}
}

func TestCommitFails(t *testing.T) {
	tests := []struct {
		name, target string
	}{
		{"a folder is in the way", "folder"},
		{"no such folder", filepath.Join("no", "a")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
			must(t, os.WriteFile(filepath.Join(dir, "folder", "a"), nil, 0o600))
			err := Write(dir, tt.target, []byte("new"))
			if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, tt.target)) {
				t.Errorf("Write = %v, want an error that names the file", err)
			}
			if got := names(t, dir); !slices.Equal(got, []string{"folder"}) {
				t.Errorf("files %q, want no temporary one", got)
			}
		})
	}
}

// A file that is visible though its folder could not be synced says so, and no
// other failure does.
func TestCommitNotDurable(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(dir)
	must(t, err)
	_, err = f.Write([]byte("new"))
	must(t, err)
	broken := errors.New("broken disk")
	err = f.commit("a", func(string) error { return broken })
	if !errors.Is(err, ErrNotDurable) || !errors.Is(err, broken) || !strings.Contains(err.Error(), filepath.Join(dir, "a")) {
		t.Errorf("Commit = %v, want ErrNotDurable, its cause and the file", err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(got) != "new" {
		t.Errorf("%q, %v, want the new content", got, err)
	}
	if err := Write(dir, filepath.Join("no", "a"), nil); err == nil || errors.Is(err, ErrNotDurable) {
		t.Errorf("Write = %v, want an error that is not ErrNotDurable", err)
	}
}

func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	for what, err := range map[string]error{
		"Write": Write(dir, "a", nil), "SyncDir": SyncDir(dir), "RemoveStale": RemoveStale(dir),
	} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s = %v, want ErrNotExist", what, err)
		}
	}
}

func TestRemoveStale(t *testing.T) {
	dir := t.TempDir()
	must(t, Write(dir, "a", nil))
	for range 3 { // as a process that dies would leave them
		f, err := Create(dir)
		must(t, err)
		must(t, f.f.Close())
	}
	if got := len(names(t, dir)); got != 4 {
		t.Fatalf("%d files, want 4", got)
	}
	must(t, RemoveStale(dir))
	if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("files %q, want a alone", got)
	}
}

// TestReadersSeeWholeFiles: while a file is replaced again and again, each
// reader sees one of the contents.
func TestReadersSeeWholeFiles(t *testing.T) {
	dir := t.TempDir()
	contents := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 50_000)}
	must(t, Write(dir, "f", contents[0]))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := os.ReadFile(filepath.Join(dir, "f"))
				if err != nil || !bytes.Equal(got, contents[0]) && !bytes.Equal(got, contents[1]) {
					t.Errorf("read %d bytes, %v", len(got), err)
					return
				}
			}
		})
	}
	for i := range 20 {
		must(t, Write(dir, "f", contents[i%2]))
	}
	close(done)
	readers.Wait()
}
