package index_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// A point is one entry before it is sorted.
type point struct {
	pos    coord.E7
	text   string
	labels []string
}

func newGrid(t testing.TB) *grid.Grid {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// clustered are n points in towns all over the Earth, among them the poles and
// both sides of the antimeridian.
func clustered(r *rand.Rand, n int) []point {
	towns := []coord.E7{
		{Lat: 899_990_000}, {Lat: -899_990_000, Lng: 5}, {Lat: 600_000_000, Lng: 1_799_990_000},
		{Lat: -170_000_000, Lng: -1_799_995_000}, {Lat: 0, Lng: 0}, {Lat: 515_145_000, Lng: -1_270_000},
	}
	for range 40 {
		towns = append(towns, coord.E7{
			Lat: int32(r.Int64N(2*890_000_000) - 890_000_000), Lng: int32(r.Int64N(2*1_799_000_000) - 1_799_000_000),
		})
	}
	points := make([]point, n)
	for i := range points {
		town := towns[r.IntN(len(towns))]
		lng := int64(town.Lng) + int64(r.NormFloat64()*200_000)
		points[i] = point{
			pos:    coord.E7{Lat: town.Lat + int32(r.NormFloat64()*3_000), Lng: wrap(lng)},
			text:   fmt.Sprintf("p%d", i),
			labels: labels(r),
		}
		if !points[i].pos.Valid() {
			points[i].pos.Lat = town.Lat
		}
	}
	return points
}

func wrap(lng int64) int32 {
	const turn = 2 * int64(coord.MaxLngE7)
	return int32((lng+int64(coord.MaxLngE7)+turn)%turn - int64(coord.MaxLngE7))
}

func labels(r *rand.Rand) []string {
	var ls []string
	for i := range 5 {
		if r.IntN(3) == 0 {
			ls = append(ls, fmt.Sprintf("set%d", i))
		}
	}
	return ls
}

// build writes the points as segments of at most size postings and opens them.
func build(t testing.TB, g *grid.Grid, points []point, size int, opts index.Options) *index.Index {
	t.Helper()
	dir := t.TempDir()
	var segments []*index.Segment
	for i, file := range encode(t, g, points, size) {
		path := filepath.Join(dir, fmt.Sprintf("%d.seg", i))
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := index.Open(path, opts)
		if err != nil {
			t.Fatal(err)
		}
		segments = append(segments, s)
	}
	x, err := index.New(g, segments)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// encode writes the points as segments, cut at the first tile edge after size
// postings.
func encode(t testing.TB, g *grid.Grid, points []point, size int) [][]byte {
	t.Helper()
	points = slices.Clone(points)
	slices.SortFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(g.Cell(a.pos), g.Cell(b.pos)), cmp.Compare(a.text, b.text))
	})
	var combos index.Combinations
	w := index.NewWriter(g, &combos)
	var files [][]byte
	flush := func() {
		var out bytes.Buffer
		n, err := w.WriteTo(&out)
		if err != nil || n != int64(out.Len()) {
			t.Fatalf("WriteTo = %d, %v, wrote %d bytes", n, err, out.Len())
		}
		files = append(files, out.Bytes())
	}
	for i, p := range points {
		c := g.Cell(p.pos)
		if i > 0 && w.Len() >= size && c.Tile() != g.Cell(points[i-1].pos).Tile() {
			flush()
		}
		e := index.Entry{Cell: c, Pos: p.pos, Combo: combos.Add(p.labels), Text: []byte(p.text)}
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	flush()
	return files
}

// found are the texts in the window of a position, sorted.
func found(x *index.Index, p coord.E7, radius int, visible []index.Visible) []string {
	var texts []string
	for _, r := range x.Window(p, radius, visible, nil) {
		seg := x.Segments()[r.Segment]
		for _, posting := range seg.Postings()[r.First:r.End] {
			if visible == nil || visible[r.Segment].Sees(posting.Combo) {
				texts = append(texts, string(seg.Text(posting)))
			}
		}
	}
	slices.Sort(texts)
	return texts
}

func TestWindowFindsWhatBruteForceFinds(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	g := newGrid(t)
	r := rand.New(rand.NewPCG(3, 4))
	points := clustered(r, 20_000)
	byCell := map[grid.Cell][]point{}
	for _, p := range points {
		byCell[g.Cell(p.pos)] = append(byCell[g.Cell(p.pos)], p)
	}
	indexes := map[string]*index.Index{
		"hash":            build(t, g, points, 1_000, index.Options{}),
		"bisection":       build(t, g, points, 1_000, index.Options{ForceBisection: true}),
		"unchecked":       build(t, g, points, 1_000, index.Options{SkipChecksums: true}),
		"huge pages":      build(t, g, points, 1_000, index.Options{HugePages: true}),
		"one big segment": build(t, g, points, len(points), index.Options{}),
	}
	for name, x := range indexes {
		visible := make([]index.Visible, len(x.Segments()))
		for i, s := range x.Segments() {
			if want := name != "bisection"; s.Hashed() != want {
				t.Errorf("%s: segment %d: Hashed() = %v", name, i, !want)
			}
			if err := s.Verify(); err != nil {
				t.Error(err)
			}
			for n := range uint32(s.Combos()) {
				if slices.Contains(s.Combo(n, nil), "set3") {
					visible[i].Show(n)
				}
			}
		}
		for range 3_000 {
			p, radius := points[r.IntN(len(points))].pos, r.IntN(5)
			p.Lat = min(max(p.Lat+int32(r.IntN(80_000)-40_000), -coord.MaxLatE7), coord.MaxLatE7)
			var all, seen []string
			for _, c := range g.Cells(p, radius, nil) {
				for _, q := range byCell[c] {
					all = append(all, q.text)
					if slices.Contains(q.labels, "set3") {
						seen = append(seen, q.text)
					}
				}
			}
			slices.Sort(all)
			slices.Sort(seen)
			if got := found(x, p, radius, nil); !slices.Equal(got, all) {
				t.Fatalf("%s: window of %v, radius %d: %d postings, want %d", name, p, radius, len(got), len(all))
			}
			if got := found(x, p, radius, visible); !slices.Equal(got, seen) {
				t.Fatalf("%s: visible in window of %v, radius %d: %d postings, want %d", name, p, radius, len(got), len(seen))
			}
		}
		for c, want := range byCell {
			n := 0
			for _, r := range x.Cell(c, nil, nil) {
				n += int(r.End - r.First)
			}
			if n != len(want) {
				t.Fatalf("%s: cell %s has %d postings, want %d", name, g.Text(c), n, len(want))
			}
		}
	}
}

func TestBytesDoNotDependOnArrival(t *testing.T) {
	g := newGrid(t)
	r := rand.New(rand.NewPCG(5, 6))
	points := clustered(r, 3_000)
	want := encode(t, g, points, 500)
	var combos index.Combinations // numbered in another order
	for _, p := range slices.Backward(points) {
		combos.Add(p.labels)
	}
	r.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	got := encode(t, g, points, 500)
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Error("the same points in another order gave other bytes")
	}
}

func TestWriterRefuses(t *testing.T) {
	g := newGrid(t)
	var combos index.Combinations
	none := combos.Add(nil)
	at := func(lat int32, text string) index.Entry {
		pos := coord.E7{Lat: lat}
		return index.Entry{Cell: g.Cell(pos), Pos: pos, Combo: none, Text: []byte(text)}
	}
	w := index.NewWriter(g, &combos)
	if _, err := w.WriteTo(&bytes.Buffer{}); !errors.Is(err, index.ErrState) {
		t.Errorf("WriteTo of nothing = %v, want ErrState", err)
	}
	if err := w.Add(at(0, "b")); err != nil {
		t.Fatal(err)
	}
	for _, e := range []index.Entry{at(0, "a"), at(0, "b"), at(-20_000, "c")} {
		if err := w.Add(e); !errors.Is(err, index.ErrOrder) {
			t.Errorf("Add(%v %s) = %v, want ErrOrder", e.Pos, e.Text, err)
		}
	}
	if w.Len() != 1 {
		t.Errorf("%d entries after refusals, want 1", w.Len())
	}
}

func TestWriterRefusesEntries(t *testing.T) {
	g := newGrid(t)
	var combos index.Combinations
	combos.Add(nil)
	w := index.NewWriter(g, &combos)
	east := coord.E7{Lng: 90_000_000}
	outside := coord.E7{Lat: coord.MaxLatE7 + 1}
	coarse, err := grid.New(2 * grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		e    index.Entry
		says string
	}{
		{"unknown combination", index.Entry{Cell: g.Cell(east), Pos: east, Combo: 1}, "combination 1 of 1"},
		{"another cell", index.Entry{Cell: g.Cell(coord.E7{}), Pos: east}, "in cell " + g.Text(g.Cell(east))},
		{"cell of another grid", index.Entry{Cell: coarse.Cell(east), Pos: east}, "in cell " + g.Text(g.Cell(east))},
		{"no cell", index.Entry{Cell: 1<<64 - 1, Pos: east}, "0xffffffffffffffff"},
		{"no position", index.Entry{Cell: g.Cell(east), Pos: outside}, "no position"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := w.Add(tt.e); !errors.Is(err, index.ErrEntry) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Add = %v, want ErrEntry that says %q", err, tt.says)
			}
		})
	}
	known := index.Entry{Cell: g.Cell(east), Pos: east, Combo: combos.Add([]string{"late"})}
	if err := w.Add(known); err != nil || w.Len() != 1 {
		t.Errorf("Add of a combination that came later = %v, %d entries", err, w.Len())
	}
}

// A writer that fails after so many bytes says that it has written them.
func TestWriteToCountsWhatItWrote(t *testing.T) {
	g := newGrid(t)
	pos := coord.E7{Lat: 10, Lng: 10}
	for _, room := range []int{0, 1, 500, 512, 700} {
		var combos index.Combinations
		w := index.NewWriter(g, &combos)
		if err := w.Add(index.Entry{Cell: g.Cell(pos), Pos: pos, Combo: combos.Add(nil), Text: []byte("text")}); err != nil {
			t.Fatal(err)
		}
		if n, err := w.WriteTo(&full{room: room}); n != int64(room) || !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("WriteTo with room for %d bytes = %d, %v", room, n, err)
		}
		if w.Len() != 0 {
			t.Errorf("%d entries are left", w.Len())
		}
	}
}

// full takes so many bytes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n := f.room
		f.room = 0
		return n, io.ErrShortWrite
	}
	f.room -= len(p)
	return len(p), nil
}

func TestNewRefusesOverlap(t *testing.T) {
	g := newGrid(t)
	files := encode(t, g, clustered(rand.New(rand.NewPCG(1, 1)), 100), 1000)
	a, err := index.Parse(files[0], index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := index.New(g, []*index.Segment{a, a}); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("New of a segment twice = %v, want ErrCorrupt", err)
	}
}

func TestWindowAllocatesNothing(t *testing.T) {
	g := newGrid(t)
	r := rand.New(rand.NewPCG(7, 8))
	points := clustered(r, 10_000)
	x := build(t, g, points, 2_000, index.Options{})
	ranges := make([]index.Range, 0, 64)
	sum, i := 0, 0
	if n := testing.AllocsPerRun(1000, func() {
		ranges = x.Window(points[i%len(points)].pos, grid.DefaultRadius, nil, ranges[:0])
		for _, r := range ranges {
			for _, p := range x.Segments()[r.Segment].Postings()[r.First:r.End] {
				sum += int(p.Pos.Lat)
			}
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations a look-up, want 0", n)
	}
}
