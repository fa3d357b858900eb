package sample

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(dir string) error
	}{
		{"no folder", os.Remove},
		{"empty folder", func(string) error { return nil }},
		{"twice", Write},
		{"one file lost", func(dir string) error {
			return errors.Join(Write(dir), os.Remove(filepath.Join(dir, "tasks.yaml")))
		}},
		{"hidden file", func(dir string) error { return put(dir, ".gitignore", "*") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := tt.prepare(dir); err != nil {
				t.Fatal(err)
			}
			if err := Write(dir); err != nil {
				t.Fatal(err)
			}
			for _, name := range list(t, FS()) {
				want, err := fs.ReadFile(FS(), name)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes, error %v; want the %d bytes of the bundle", name, len(got), err, len(want))
				}
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(dir string) error
	}{
		{"foreign file", func(dir string) error { return put(dir, "notes.txt", "mine") }},
		{"own file changed", func(dir string) error { return put(dir, "pois.csv", "id,name,lat,lng\n") }},
		{"folder in place of a file", func(dir string) error { return os.Mkdir(filepath.Join(dir, "pois.csv"), 0o755) }},
		{"link in place of a file", func(dir string) error { return os.Symlink("elsewhere", filepath.Join(dir, "pois.csv")) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := tt.prepare(dir); err != nil {
				t.Fatal(err)
			}
			if err := Write(dir); !errors.Is(err, ErrForeign) {
				t.Errorf("error %v, want %v", err, ErrForeign)
			}
			if there := list(t, os.DirFS(dir)); len(there) != 1 {
				t.Errorf("refused, but the folder holds %q", there)
			}
		})
	}
}

func TestAttribution(t *testing.T) {
	text, err := bundle.ReadFile("ATTRIBUTION.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range Attribution() {
		if !strings.Contains(string(text), "\n> "+line+"\n") {
			t.Errorf("ATTRIBUTION.md does not ask for %q", line)
		}
	}
	if got, want := len(Attribution()), strings.Count(string(text), "\n> "); got < 2 || got > want {
		t.Errorf("%d lines, ATTRIBUTION.md quotes %d", got, want)
	}
}

func TestWriteNeedsAFolder(t *testing.T) {
	dir := t.TempDir()
	if err := put(dir, "file", ""); err != nil {
		t.Fatal(err)
	}
	var pathErr *fs.PathError
	if err := Write(filepath.Join(dir, "file")); !errors.As(err, &pathErr) {
		t.Errorf("error %v, want one that names the path", err)
	}
}

func put(dir, name, content string) error {
	return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644)
}

func list(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
