package disktest

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Cut is a folder as it may be found after a power cut.
type Cut struct {
	Dir    string   // made anew for each
	Marks  []string // that the process had come to, in order
	What   string   // was lost
	Number int      // of those before it
}

// Marked reports whether the process had come to a mark.
func (c Cut) Marked(name string) bool { return slices.Contains(c.Marks, name) }

// Cuts are the bounds of an exploration.
type Cuts struct {
	Random int    // seeded subsets at each point; default 2
	Most   int    // folders in all, a seeded choice of those there are, at all marks; default: no bound
	Seed   uint64 // default 1
}

// Replay makes each folder that the recording may leave, once, and has it
// checked. At each point all that is not durable is lost or kept; each change
// alone is lost, or kept, or torn; and there are some random subsets. It returns
// how many folders there were.
func (r *Recording) Replay(t testing.TB, o Cuts, check func(Cut)) int {
	t.Helper()
	if o.Random == 0 {
		o.Random = 2
	}
	random := rand.New(rand.NewPCG(max(o.Seed, 1), 1))
	pictures := r.pictures(random, o.Random)
	if o.Most > 0 && len(pictures) > o.Most {
		pictures = choose(pictures, o.Most, random)
	}
	parent := t.TempDir()
	for i, p := range pictures {
		c := Cut{Dir: filepath.Join(parent, fmt.Sprint(i)), Marks: r.marks(p.point), What: r.describe(p), Number: i}
		if err := r.make(p, c.Dir); err != nil {
			t.Fatal(err)
		}
		check(c)
		if t.Failed() {
			t.Fatalf("after %s", c.What)
		}
		if err := os.RemoveAll(c.Dir); err != nil {
			t.Fatal(err)
		}
	}
	return len(pictures)
}

func (r *Recording) marks(point int) (names []string) {
	for _, e := range r.events[:point] {
		if e.mark != "" {
			names = append(names, e.mark)
		}
	}
	return names
}

// left is what is left of an inode.
type left struct {
	names   map[string]*inode
	changes []int
	fates   []fate
}

func (r *Recording) left(p picture) map[*inode]*left {
	all := map[*inode]*left{}
	for i, number := range p.changes {
		c := r.events[number].change
		if p.fates[i] == lost {
			continue
		}
		l := all[c.inode]
		if l == nil {
			l = &left{names: maps.Clone(c.inode.start)}
			all[c.inode] = l
		}
		for name, n := range c.names {
			if n == nil {
				delete(l.names, name)
			} else {
				l.names[name] = n
			}
		}
		if !c.inode.dir {
			l.changes, l.fates = append(l.changes, number), append(l.fates, p.fates[i])
		}
	}
	return all
}

// walk visits what can be found in a picture.
func (r *Recording) walk(p picture, visit func(path string, n *inode, l *left) error) error {
	all := r.left(p)
	var descend func(path string, n *inode) error
	descend = func(path string, n *inode) error {
		l := all[n]
		if l == nil {
			l = &left{names: n.start}
		}
		err := visit(path, n, l)
		for _, name := range slices.Sorted(maps.Keys(l.names)) {
			if err == nil {
				err = descend(filepath.Join(path, name), l.names[name])
			}
		}
		return err
	}
	return descend("", r.root)
}

// signature is the same for pictures that look the same at the same mark.
func (r *Recording) signature(p picture) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, p.marks)
	_ = r.walk(p, func(path string, n *inode, l *left) error {
		fmt.Fprint(h, path, n.id, l.changes, l.fates, "\n")
		return nil
	})
	return h.Sum64()
}

// make makes the folder of a picture.
func (r *Recording) make(p picture, dir string) error {
	return r.walk(p, func(path string, n *inode, l *left) error {
		path = filepath.Join(dir, path)
		switch {
		case n.dir:
			return os.Mkdir(path, n.mode)
		case len(l.changes) == 0 && n.source != "" && n.mode&0o222 == 0:
			return os.Link(n.source, path) // nobody writes to it
		}
		b, mode, err := r.content(n, l)
		if err == nil {
			err = os.WriteFile(path, b, 0o600)
		}
		if err == nil {
			err = os.Chmod(path, mode)
		}
		return err
	})
}

func (r *Recording) content(n *inode, l *left) (b []byte, mode fs.FileMode, err error) {
	mode = n.mode
	if n.source != "" {
		if b, err = os.ReadFile(n.source); err != nil {
			return nil, 0, err
		}
	}
	for i, number := range l.changes {
		c := r.events[number].change
		switch {
		case c.chmod:
			mode = c.mode
		case c.resize:
			b = resized(b, c.at)
		default:
			bytes := c.bytes
			if l.fates[i] == torn {
				bytes = bytes[:len(bytes)/2]
			}
			b = resized(b, max(int64(len(b)), c.at+int64(len(bytes))))
			copy(b[c.at:], bytes)
		}
	}
	return b, mode, nil
}

// resized is b with another length; what is new are zeros.
func resized(b []byte, n int64) []byte {
	if n <= int64(len(b)) {
		return b[:n]
	}
	return append(b, make([]byte, n-int64(len(b)))...)
}

// describe says what a picture lacks.
func (r *Recording) describe(p picture) string {
	last := "the beginning"
	for _, e := range r.events[:p.point] {
		if e.change != nil {
			last = e.change.text
		}
	}
	var parts []string
	for i, number := range p.changes {
		if c := r.events[number].change; p.fates[i] != kept {
			parts = append(parts, []string{"without ", "with half of "}[p.fates[i]]+c.text)
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing lost"}
	}
	return fmt.Sprintf("event %d of %d, %s: %s", p.point, len(r.events), last, strings.Join(parts, ", "))
}
