//go:build unix

package index_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

func TestProtectLetsBugsThrough(t *testing.T) {
	var none []int
	if err := index.Protect(func() error { _ = none[len(none)]; return nil }); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("index out of range: Protect = %v, want ErrCorrupt", err)
	}
	if err := index.Protect(func() error { _ = none[:1][0]; return nil }); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("slice out of range: Protect = %v, want ErrCorrupt", err)
	}
	for name, bug := range map[string]func() error{
		"nil pointer":     func() error { var p *coord.E7; _ = p.Lat; return nil },
		"panic of ours":   func() error { panic("bug") },
		"type assertion":  func() error { var v any = 1; _ = v.(string); return nil },
		"integer divided": func() error { _ = 1 / len(none); return nil },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Protect hid the panic", name)
				}
			}()
			err := index.Protect(bug)
			t.Errorf("%s: Protect = %v, want a panic", name, err)
		}()
	}
}

// neighbours are two open segments on disk, the points of each, and their paths.
type neighbours struct {
	x      *index.Index
	points [2][]point
	paths  [2]string
}

func openNeighbours(t *testing.T) *neighbours {
	t.Helper()
	g := newGrid(t)
	files := encode(t, g, clustered(rand.New(rand.NewPCG(21, 22)), 6_000), 3_000)[:2]
	n := &neighbours{}
	var segments []*index.Segment
	dir := t.TempDir()
	for i, file := range files {
		n.paths[i] = filepath.Join(dir, string('a'+rune(i))+".seg")
		if err := os.WriteFile(n.paths[i], file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := index.Open(n.paths[i], index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		segments = append(segments, s)
		n.points[i] = points(s)
	}
	var err error
	if n.x, err = index.New(g, segments); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.x.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// ask looks up the cells of the points, each inside Protect, compares the
// answers with the points, and counts those that failed with ErrFault.
func (n *neighbours) ask(t *testing.T, points []point) (faults int) {
	g := n.x.Grid()
	byCell := map[grid.Cell][]string{}
	for _, p := range points {
		byCell[g.Cell(p.pos)] = append(byCell[g.Cell(p.pos)], p.text)
	}
	for c, want := range byCell {
		slices.Sort(want)
		var got []string
		err := index.Protect(func() error {
			for _, r := range n.x.Cell(c, nil, nil) {
				s := n.x.Segments()[r.Segment]
				for _, p := range s.Postings()[r.First:r.End] {
					got = append(got, string(s.Text(p)))
				}
			}
			return nil
		})
		slices.Sort(got)
		switch {
		case errors.Is(err, index.ErrFault):
			faults++
		case err != nil:
			t.Errorf("cell %s: %v, want ErrFault or an answer", g.Text(c), err)
		case !slices.Equal(got, want):
			t.Errorf("cell %s: %d postings without an error, want %d", g.Text(c), len(got), len(want))
		}
	}
	return faults
}

// TestCutUnderMapping cuts a mapped file at every page edge, from its end to
// nothing, while look-ups run in several goroutines.
func TestCutUnderMapping(t *testing.T) {
	n := openNeighbours(t)
	page := os.Getpagesize()
	info, err := os.Stat(n.paths[0])
	if err != nil {
		t.Fatal(err)
	}
	pages := (int(info.Size()) - 1) / page
	step := max(pages/12, 1)
	before := 0
	for cut := pages; cut >= 0; cut -= step {
		if cut < step {
			cut = 0
		}
		if err := os.Truncate(n.paths[0], int64(cut*page)); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var faults [3]int
		for i := range faults {
			wg.Go(func() { faults[i] = n.ask(t, n.points[0]) })
		}
		wg.Go(func() {
			if f := n.ask(t, n.points[1]); f > 0 {
				t.Errorf("%d faults in the whole segment", f)
			}
		})
		wg.Wait()
		if faults[0] != faults[1] || faults[0] != faults[2] || faults[0] < before {
			t.Errorf("cut to %d pages: %v look-ups failed, %d before", cut, faults, before)
		}
		before = faults[0]
	}
	if before == 0 {
		t.Error("no look-up failed in an empty file")
	}
	cut := n.x.Segments()[0]
	if err := cut.Verify(); !errors.Is(err, index.ErrFault) {
		t.Errorf("Verify = %v, want ErrFault", err)
	}
	if _, err := cut.Stats(1); !errors.Is(err, index.ErrFault) {
		t.Errorf("Stats = %v, want ErrFault", err)
	}
}

// TestCutInsidePage cuts a mapped file where no page ends: the process lives,
// whatever the zeros in the rest of the page say, and CheckFile tells.
func TestCutInsidePage(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	n := openNeighbours(t)
	info, err := os.Stat(n.paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for size := info.Size() - 1; size > 0; size -= size/8 + 1 {
		if err := os.Truncate(n.paths[0], size); err != nil {
			t.Fatal(err)
		}
		if err := n.x.Segments()[0].CheckFile(); !errors.Is(err, index.ErrFault) || !strings.Contains(err.Error(), n.paths[0]) {
			t.Errorf("cut to %d bytes: CheckFile = %v, want ErrFault and the path", size, err)
		}
		for _, p := range n.points[0] {
			err := index.Protect(func() error {
				found(n.x, p.pos, grid.DefaultRadius, nil)
				return nil
			})
			if err != nil && !errors.Is(err, index.ErrFault) && !errors.Is(err, index.ErrCorrupt) {
				t.Fatalf("cut to %d bytes: look-up at %v = %v", size, p.pos, err)
			}
		}
	}
	if f := n.ask(t, n.points[1]); f > 0 {
		t.Errorf("%d faults in the whole segment", f)
	}
	if err := n.x.Segments()[1].CheckFile(); err != nil {
		t.Errorf("CheckFile of the whole segment = %v", err)
	}
}

// TestReplacedUnderMapping renames another file over one segment and removes
// the other: the mappings stay what they were.
func TestReplacedUnderMapping(t *testing.T) {
	n := openNeighbours(t)
	other := n.paths[0] + ".new"
	if err := os.WriteFile(other, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, n.paths[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(n.paths[1]); err != nil {
		t.Fatal(err)
	}
	for i, points := range n.points {
		if f := n.ask(t, points); f > 0 {
			t.Errorf("segment %d: %d faults", i, f)
		}
		if err := n.x.Segments()[i].Verify(); err != nil {
			t.Error(err)
		}
	}
}
