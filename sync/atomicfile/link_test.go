package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestLink: a name is added, or takes the place of another file's, whole.
func TestLink(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, from, to string){
		"new":      func(*testing.T, string, string) {},
		"replaced": func(t *testing.T, _, to string) { write(t, to, "damaged") },
		"again": func(t *testing.T, from, to string) {
			if err := os.Link(from, to); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, dir := filepath.Join(t.TempDir(), "a"), t.TempDir()
			write(t, from, "content")
			prepare(t, from, filepath.Join(dir, "b"))
			if err := Link(from, dir, "b"); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "b")); err != nil || string(got) != "content" {
				t.Errorf("the name leads to %q, %v", got, err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
				t.Errorf("the folder has %v, %v", entries, err)
			}
		})
	}
	if err := Link(filepath.Join(t.TempDir(), "missing"), t.TempDir(), "b"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
