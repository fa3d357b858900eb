package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestPart writes a file in three goes; the second begins anew.
func TestPart(t *testing.T) {
	dir := t.TempDir()
	goes := []struct {
		found   string // by the one who opens it
		restart bool
		write   []string
	}{
		{"", false, []string{"one ", "two "}},
		{"one two ", true, []string{"1 ", "2 "}},
		{"1 2 ", false, []string{"3"}},
	}
	for i, g := range goes {
		p, err := OpenPart(dir, "a")
		must(t, err)
		found, err := io.ReadAll(p)
		must(t, err)
		if string(found) != g.found {
			t.Errorf("go %d finds %q, want %q", i, found, g.found)
		}
		if g.restart {
			must(t, p.Restart())
		}
		for _, s := range g.write {
			_, err := io.WriteString(p, s)
			must(t, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "a")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("go %d: the file is there (%v)", i, err)
		}
		if i == len(goes)-1 {
			must(t, p.Commit())
		}
		must(t, p.Close())
	}
	got, err := os.ReadFile(filepath.Join(dir, "a"))
	must(t, err)
	info, err := os.Stat(filepath.Join(dir, "a"))
	must(t, err)
	if string(got) != "1 2 3" || info.Mode() != 0o444 {
		t.Errorf("%q of mode %v", got, info.Mode())
	}
	if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("files %q, want a alone", got)
	}
}

func TestPartFails(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenPart(filepath.Join(dir, "none"), "a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenPart = %v, want ErrNotExist", err)
	}
	must(t, os.Mkdir(filepath.Join(dir, "a"), 0o700))
	p, err := OpenPart(dir, "a")
	must(t, err)
	_, err = io.WriteString(p, "kept")
	must(t, err)
	if err := p.Commit(); err == nil {
		t.Error("a folder was replaced")
	}
	if err := p.Restart(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Restart after Commit = %v, want ErrClosed", err)
	}
	must(t, p.Close())
	p, err = OpenPart(dir, "a")
	must(t, err)
	found, err := io.ReadAll(p)
	must(t, errors.Join(err, p.Close()))
	if string(found) != "kept" {
		t.Errorf("after a refused Commit %q is left", found)
	}
}

func TestMoveDir(t *testing.T) {
	dir := t.TempDir()
	must(t, MkdirAll(filepath.Join(dir, "from", "a"), 0o755))
	must(t, MkdirAll(filepath.Join(dir, "to", "full", "b"), 0o755))
	if err := MoveDir(filepath.Join(dir, "from", "a"), filepath.Join(dir, "to", "full")); err == nil {
		t.Error("a folder that holds something was replaced")
	}
	must(t, Write(filepath.Join(dir, "from", "a"), "x", []byte("content")))
	must(t, MoveDir(filepath.Join(dir, "from", "a"), filepath.Join(dir, "to", "a")))
	if got := names(t, filepath.Join(dir, "from")); len(got) != 0 {
		t.Errorf("%q is left", got)
	}
	if got := names(t, filepath.Join(dir, "to", "a")); !slices.Equal(got, []string{"x"}) {
		t.Errorf("moved %q", got)
	}
}

// TestPartRewindsAndDrops: what was written can be read again, and given up.
func TestPartRewindsAndDrops(t *testing.T) {
	dir := t.TempDir()
	begun := func(want bool) {
		t.Helper()
		if got := Begun(dir, "a"); got != want {
			t.Errorf("begun %v, want %v", got, want)
		}
	}
	begun(false)
	p, err := OpenPart(dir, "a")
	must(t, err)
	begun(false)
	_, err = io.WriteString(p, "one ")
	must(t, err)
	begun(true)
	must(t, p.Rewind())
	if b, err := io.ReadAll(p); string(b) != "one " || err != nil {
		t.Errorf("after Rewind there is %q, %v", b, err)
	}
	_, err = io.WriteString(p, "two")
	must(t, err)
	if b, err := os.ReadFile(filepath.Join(dir, "a.part")); string(b) != "one two" || err != nil {
		t.Errorf("the part has %q, %v", b, err)
	}
	must(t, p.Drop())
	begun(false)
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files %q, want none", got)
	}
	if err := p.Rewind(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Rewind after Drop = %v, want ErrClosed", err)
	}
	must(t, p.Drop())
}
