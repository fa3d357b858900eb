package disktest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"geodrop/sync/atomicfile"
)

const (
	childDir = "GEODROP_TEST_WRITE_IN"
	childHow = "GEODROP_TEST_WRITE_HOW"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		runtime.LockOSThread() // strace counts the calls of each thread
		must(nil, ways[os.Getenv(childHow)](dir))
		Mark("written")
		return
	}
	os.Exit(m.Run())
}

func must(t testing.TB, err error) {
	switch {
	case err == nil:
	case t == nil:
		panic(err) // in a child
	default:
		t.Helper()
		t.Fatal(err)
	}
}

var (
	old   = bytes.Repeat([]byte("old\n"), 1000)
	fresh = bytes.Repeat([]byte("new\n"), 1500)
)

// ways to replace the file f, of which one is right.
var ways = map[string]func(dir string) error{
	"as it should be": func(dir string) error { return atomicfile.Write(dir, "f", fresh) },
	"in place":        func(dir string) error { return os.WriteFile(filepath.Join(dir, "f"), fresh, 0o600) },
	"no fsync": func(dir string) error {
		err := os.WriteFile(filepath.Join(dir, "g"), fresh, 0o600)
		if err == nil {
			err = os.Rename(filepath.Join(dir, "g"), filepath.Join(dir, "f"))
		}
		return errors.Join(err, atomicfile.SyncDir(dir))
	},
	"no fsync of the folder": func(dir string) error {
		f, err := os.Create(filepath.Join(dir, "g"))
		if err != nil {
			return err
		}
		_, err = f.Write(fresh)
		err = errors.Join(err, f.Sync(), f.Close())
		return errors.Join(err, os.Rename(filepath.Join(dir, "g"), filepath.Join(dir, "f")))
	},
	"folder": moveFolder,
	"a part, tried twice": func(dir string) error {
		if err := commitPart(dir); err == nil {
			return errors.New("no fsync failed")
		}
		return errors.Join(commitPart(dir), atomicfile.SyncDir(dir))
	},
	"removed first": func(dir string) error {
		return errors.Join(os.Remove(filepath.Join(dir, "f")), atomicfile.Write(dir, "f", fresh))
	},
}

// TestReplay finds what is wrong with each way but the right one.
func TestReplay(t *testing.T) {
	tests := []struct {
		how                                string
		half, missing, old, unwritten, new bool // seen; unwritten: old, though the process was done
	}{
		{how: "as it should be", old: true, new: true},
		{how: "in place", half: true, old: true, unwritten: true, new: true},
		{how: "no fsync", half: true, old: true, new: true},
		{how: "no fsync of the folder", old: true, unwritten: true, new: true},
		{how: "removed first", missing: true, old: true, new: true},
	}
	for _, tt := range tests {
		t.Run(tt.how, func(t *testing.T) {
			dir := t.TempDir()
			must(t, atomicfile.Write(dir, "f", old))
			must(t, os.Chmod(filepath.Join(dir, "f"), 0o600))
			got := tt
			got.half, got.missing, got.old, got.unwritten, got.new = false, false, false, false, false
			r := Record(t, dir, child(dir, tt.how))
			n := r.Replay(t, Cuts{}, func(c Cut) {
				b, err := os.ReadFile(filepath.Join(c.Dir, "f"))
				switch {
				case errors.Is(err, fs.ErrNotExist):
					got.missing = true
				case err != nil:
					t.Fatal(err)
				case bytes.Equal(b, old):
					got.old = true
					got.unwritten = got.unwritten || c.Marked("written")
				case bytes.Equal(b, fresh):
					got.new = true
				default:
					got.half = true
				}
			})
			if got != tt {
				t.Errorf("in %d folders seen %+v, want %+v", n, got, tt)
			}
		})
	}
}

func child(dir, how string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childDir+"="+dir, childHow+"="+how)
	return c
}

// moveFolder moves a folder with a file that has another name as well.
func moveFolder(dir string) error {
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	err := atomicfile.MkdirAll(filepath.Join(a, "x"), 0o755)
	if err == nil {
		err = atomicfile.Write(filepath.Join(a, "x"), "f", fresh)
	}
	if err == nil {
		err = os.Link(filepath.Join(a, "x", "f"), filepath.Join(b, "g"))
	}
	if err == nil {
		err = os.Rename(filepath.Join(a, "x"), filepath.Join(b, "y"))
	}
	Mark("moved")
	return errors.Join(err, atomicfile.SyncDir(b), os.RemoveAll(filepath.Join(b, "y")))
}

// commitPart makes the file f of a part, and goes on with what is there of it.
func commitPart(dir string) error {
	p, err := atomicfile.OpenPart(dir, "f")
	if err != nil {
		return err
	}
	there, err := io.ReadAll(p)
	if err == nil {
		_, err = p.Write(fresh[len(there):])
	}
	if err == nil {
		err = p.Commit()
	}
	return errors.Join(err, p.Close())
}

// TestFailedSync: what an fsync that failed was to make durable is not taken for
// durable because a later one works.
func TestFailedSync(t *testing.T) {
	dir := t.TempDir()
	must(t, atomicfile.Write(dir, "f", old))
	seen := 0
	Record(t, dir, child(dir, "a part, tried twice"), "-e", Failing("fsync", "EIO", 1)).Replay(t, Cuts{}, func(c Cut) {
		b, err := os.ReadFile(filepath.Join(c.Dir, "f"))
		if err != nil || !bytes.Equal(b, fresh) && (c.Marked("written") || !bytes.Equal(b, old)) {
			t.Errorf("after %s there are %d bytes, %v", c.What, len(b), err)
		}
		if bytes.Equal(b, fresh) {
			seen++
		}
	})
	if seen == 0 {
		t.Error("the file was never there")
	}
}

// TestReplayFolders: of a folder that is moved each name may be there or not,
// and of what was removed in it as well.
func TestReplayFolders(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "a"), 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "b"), 0o755))
	seen := map[string]bool{}
	Record(t, dir, child(dir, "folder")).Replay(t, Cuts{Random: 8}, func(c Cut) {
		for _, name := range []string{"a/x/f", "b/g", "b/y/f", "b/y"} {
			b, err := os.ReadFile(filepath.Join(c.Dir, name))
			if err == nil && !bytes.Equal(b, fresh) {
				t.Errorf("%s has %d bytes after %s", name, len(b), c.What)
			}
			if info, err := os.Stat(filepath.Join(c.Dir, name)); err == nil && (c.Marked("moved") || info.IsDir()) {
				seen[name] = true
			}
		}
		_, x := os.Stat(filepath.Join(c.Dir, "a/x"))
		_, y := os.Stat(filepath.Join(c.Dir, "b/y"))
		seen["both"] = seen["both"] || x == nil && y == nil
		seen["none"] = seen["none"] || c.Marked("moved") && x != nil && y != nil
	})
	for _, want := range []string{"a/x/f", "b/g", "b/y/f", "b/y", "both", "none"} {
		if !seen[want] {
			t.Errorf("never %s", want)
		}
	}
}
