package disktest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Recording is what a process did to the files below a folder.
type Recording struct {
	root   *inode
	events []event
}

// recorder follows the calls of a process.
type recorder struct {
	Recording
	dir   string // the folder
	keep  string // copies of what was there
	open  map[int64]*opened
	count int
	began []int // number of events by number of calls
}

// opened is an open file.
type opened struct {
	inode *inode
	at    int64
}

// Record runs a command, which must succeed, and records what it does to the
// files below dir. What is there when it begins is durable. Further arguments are
// strace's, such as -e with Failing.
func Record(t testing.TB, dir string, c *exec.Cmd, args ...string) *Recording {
	t.Helper()
	r := &recorder{dir: filepath.Clean(dir), keep: t.TempDir(), open: map[int64]*opened{}}
	root, err := r.load(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	r.root = root
	for _, call := range trace(t, c, args) {
		r.began = append(r.began, len(r.events))
		if err := r.follow(call); err != nil {
			t.Fatalf("follow %s: %v", call.name, err)
		}
	}
	return &r.Recording
}

// Events is how many changes and syncs there are.
func (r *Recording) Events() int { return len(r.events) }

func (r *recorder) inode(dir bool) *inode {
	r.count++
	n := &inode{id: r.count, dir: dir}
	if dir {
		n.names, n.start, n.mode = map[string]*inode{}, map[string]*inode{}, 0o755
	}
	return n
}

// load reads what is there. A file of several names is one.
func (r *recorder) load(dir string) (*inode, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	n := r.inode(true)
	for _, e := range entries {
		var child *inode
		if name := filepath.Join(dir, e.Name()); e.IsDir() {
			child, err = r.load(name)
		} else {
			child, err = r.loadFile(name)
		}
		if err != nil {
			return nil, err
		}
		n.names[e.Name()], n.start[e.Name()] = child, child
	}
	return n, nil
}

func (r *recorder) loadFile(name string) (*inode, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	n := r.inode(false)
	n.mode, n.size, n.source = info.Mode().Perm(), int64(len(b)), filepath.Join(r.keep, fmt.Sprint(n.id))
	if err := os.WriteFile(n.source, b, 0o600); err != nil {
		return nil, err
	}
	return n, os.Chmod(n.source, n.mode)
}

// at finds the folder and the name within it that a path leads to; nil for one
// that is not below the recorded folder.
func (r *recorder) at(folder, name arg) (dir *inode, base string) {
	p := name.text
	if !path.IsAbs(p) {
		p = path.Join(folder.path, p)
	}
	rest, ok := strings.CutPrefix(path.Clean(p), r.dir+"/")
	if !ok {
		return nil, ""
	}
	dir = r.root
	parts := strings.Split(rest, "/")
	for _, part := range parts[:len(parts)-1] {
		if dir = dir.names[part]; dir == nil {
			return nil, ""
		}
	}
	return dir, parts[len(parts)-1]
}

func (r *recorder) add(c *change) { r.events = append(r.events, event{change: c}) }

// name notes that names of a folder change, at once.
func (r *recorder) name(dir *inode, text string, names map[string]*inode) {
	for name, n := range names {
		if n == nil {
			delete(dir.names, name)
		} else {
			dir.names[name] = n
		}
	}
	r.add(&change{inode: dir, text: text, names: names})
}

// follow notes what a call did. One that changes files in a way that is not
// known here is an error: nothing shall be missed.
func (r *recorder) follow(c call) error {
	if mark := c.marks(); mark != "" {
		r.events = append(r.events, event{mark: mark})
		return nil
	}
	switch c.name {
	case "openat":
		return r.followOpen(c)
	case "close":
		delete(r.open, c.args[0].number())
	case "read", "write", "lseek", "pwrite64", "pread64", "ftruncate", "fchmod", "fsync", "fdatasync":
		if f := r.open[c.args[0].number()]; f != nil {
			r.followFile(c, f)
		}
	case "mkdirat":
		if dir, name := r.at(c.args[0], c.args[1]); dir != nil {
			r.name(dir, "mkdir "+name, map[string]*inode{name: r.inode(true)})
		}
	case "unlinkat":
		if dir, name := r.at(c.args[0], c.args[1]); dir != nil {
			r.name(dir, "remove "+name, map[string]*inode{name: nil})
		}
	case "renameat", "renameat2":
		return r.followRename(c)
	case "linkat":
		return r.followLink(c)
	default:
		return r.followOther(c)
	}
	return nil
}

func (r *recorder) followOpen(c call) error {
	delete(r.open, c.ret) // closed in a way that was not seen
	dir, name := r.at(c.args[0], c.args[1])
	if dir == nil {
		if path.Clean(c.args[1].text) == r.dir {
			r.open[c.ret] = &opened{inode: r.root}
		}
		return nil
	}
	n, flags := dir.names[name], strings.Split(c.args[2].text, "|")
	if n == nil {
		if !slices.Contains(flags, "O_CREAT") {
			return fmt.Errorf("%s is opened, and nobody made it", name)
		}
		n = r.inode(false)
		n.mode = fs.FileMode(c.args[3].number()).Perm()
		r.name(dir, "create "+name, map[string]*inode{name: n})
	} else if slices.Contains(flags, "O_TRUNC") && n.size > 0 {
		n.size = 0
		r.add(&change{inode: n, text: "truncate " + name, resize: true})
	}
	f := &opened{inode: n}
	if slices.Contains(flags, "O_APPEND") {
		f.at = n.size
	}
	r.open[c.ret] = f
	return nil
}

func (r *recorder) followFile(c call, f *opened) {
	name := path.Base(c.args[0].path)
	switch c.name {
	case "read":
		f.at += c.ret
	case "lseek":
		f.at = c.ret
	case "write":
		r.write(f.inode, name, c.args[1].text[:c.ret], f.at)
		f.at += c.ret
	case "pwrite64":
		r.write(f.inode, name, c.args[1].text[:c.ret], c.args[3].number())
	case "ftruncate":
		f.inode.size = c.args[1].number()
		r.add(&change{inode: f.inode, text: "truncate " + name, resize: true, at: f.inode.size})
	case "fchmod":
		r.add(&change{inode: f.inode, text: "chmod " + name, chmod: true, mode: fs.FileMode(c.args[1].number())})
	case "fsync", "fdatasync":
		r.events = append(r.events, event{synced: f.inode, upTo: r.eventsAt(c.began), failed: c.ret < 0})
	}
}

// eventsAt is how many events there were when so many calls had come back.
func (r *recorder) eventsAt(calls int) int {
	if calls < len(r.began) {
		return r.began[calls]
	}
	return len(r.events)
}

func (r *recorder) write(n *inode, name, bytes string, at int64) {
	if bytes == "" {
		return
	}
	n.size = max(n.size, at+int64(len(bytes)))
	r.add(&change{inode: n, text: fmt.Sprintf("write of %d bytes at %d of %s", len(bytes), at, name), bytes: bytes, at: at})
}

func (r *recorder) followRename(c call) error {
	from, old := r.at(c.args[0], c.args[1])
	to, name := r.at(c.args[2], c.args[3])
	switch {
	case from == nil && to == nil:
		return nil
	case from == nil || to == nil || from.names[old] == nil:
		return fmt.Errorf("%s becomes %s, from or to outside of the folder", old, name)
	}
	n, text := from.names[old], "rename "+old+" to "+name
	if from == to {
		r.name(from, text, map[string]*inode{old: nil, name: n})
		return nil
	}
	r.name(to, text+", the new name", map[string]*inode{name: n})
	r.name(from, text+", the old name", map[string]*inode{old: nil})
	return nil
}

func (r *recorder) followLink(c call) error {
	from, old := r.at(c.args[0], c.args[1])
	to, name := r.at(c.args[2], c.args[3])
	switch {
	case to == nil:
		return nil
	case from == nil || from.names[old] == nil:
		return fmt.Errorf("%s is a link to a file outside of the folder", name)
	}
	r.name(to, "link "+name, map[string]*inode{name: from.names[old]})
	return nil
}

// followOther passes calls that have nothing to do with the folder.
func (r *recorder) followOther(c call) error {
	for _, a := range c.args {
		if strings.HasPrefix(a.path, r.dir) || strings.HasPrefix(a.text, r.dir) {
			return fmt.Errorf("it is not known what this does to %s%s", a.path, a.text)
		}
	}
	return nil
}
