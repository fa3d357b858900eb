package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestMkdirAllSyncsParents(t *testing.T) {
	tests := []struct {
		name string
		dir  string
		want []string // the folders that got a name
	}{
		{"there", ".", nil},
		{"one", "a", []string{"."}},
		{"three", "b/c/d", []string{".", "b", "b/c"}},
		{"below one that is there", "b/e", []string{"b"}},
		{"unclean", "./b//f/../g/", []string{"b"}},
	}
	root := t.TempDir()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var synced []string
			must(t, mkdirAll(root+"/"+tt.dir, 0o755, func(dir string) error {
				name, err := filepath.Rel(root, dir)
				synced = append(synced, name)
				return err
			}))
			slices.Sort(synced)
			if !slices.Equal(synced, tt.want) {
				t.Errorf("synced %q, want %q", synced, tt.want)
			}
			if info, err := os.Stat(filepath.Join(root, tt.dir)); err != nil || !info.IsDir() {
				t.Errorf("%v, %v, want a folder", info, err)
			}
		})
	}
}

func TestMkdirAllRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		must(t, MkdirAll("a/b", 0o755))
	}
	if got := names(t, "a"); !slices.Equal(got, []string{"b"}) {
		t.Errorf("in a are %q, want b", got)
	}
}

func TestMkdirAllFails(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	for _, in := range []string{"file", "file/a"} {
		if err := MkdirAll(filepath.Join(dir, in), 0o755); err == nil || errors.Is(err, ErrNotDurable) {
			t.Errorf("MkdirAll in a file = %v, want the error of the file system", err)
		}
	}
	broken := errors.New("broken disk")
	err := mkdirAll(filepath.Join(dir, "a"), 0o755, func(string) error { return broken })
	if !errors.Is(err, ErrNotDurable) || !errors.Is(err, broken) {
		t.Errorf("MkdirAll = %v, want ErrNotDurable and its cause", err)
	}
}
