package grid_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"

	"pgregory.net/rapid"
)

func newGrid(t testing.TB, size grid.Size) *grid.Grid {
	t.Helper()
	g, err := grid.New(size)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func randomPosition(r *rand.Rand) coord.E7 {
	return coord.E7{
		Lat: int32(r.Int64N(2*int64(coord.MaxLatE7)+1) - int64(coord.MaxLatE7)),
		Lng: int32(r.Int64N(2*int64(coord.MaxLngE7)+1) - int64(coord.MaxLngE7)),
	}
}

// ugly are the positions where grids break: poles, antimeridian, equator,
// Greenwich, and their neighbours.
func ugly() []coord.E7 {
	var ps []coord.E7
	for _, lat := range []int32{-900_000_000, -899_999_999, -899_990_000, -899_900_000, -898_000_000, -850_511_287, -1, 0, 1, 850_511_287, 898_000_000, 899_900_000, 899_990_000, 899_999_999, 900_000_000} {
		for _, lng := range []int32{-1_800_000_000, -1_799_999_999, -1_799_990_000, -1_799_980_000, -1, 0, 1, 900_000_000, 1_799_980_000, 1_799_990_000, 1_799_999_999, 1_800_000_000} {
			ps = append(ps, coord.E7{Lat: lat, Lng: lng})
		}
	}
	return ps
}

func TestNewRefusesSizesOutOfRange(t *testing.T) {
	for _, size := range []grid.Size{0, 9, 1001, math.MaxUint16} {
		if _, err := grid.New(size); !errors.Is(err, grid.ErrSize) {
			t.Errorf("New(%d) = %v, want ErrSize", size, err)
		}
	}
}

func TestCellOfKnownPlaces(t *testing.T) {
	g := newGrid(t, 200)
	tests := []struct {
		name string
		p    coord.E7
		text string
	}{
		{"Gulf of Guinea", coord.E7{}, "200-50112-100184"},
		{"just south-west of it", coord.E7{Lat: -1, Lng: -1}, "200-50111-100183"},
		{"Covent Garden", coord.E7{Lat: 515_145_000, Lng: -1_270_000}, "200-78784-62224"},
		{"Wuhan", coord.E7{Lat: 305_928_000, Lng: 1_143_055_000}, "200-67139-140933"},
		{"Fiji, west of the antimeridian", coord.E7{Lat: -170_000_000, Lng: 1_799_999_999}, "200-40649-191655"},
		{"Fiji, east of the antimeridian", coord.E7{Lat: -170_000_000, Lng: -1_799_999_999}, "200-40649-0"},
		{"North Pole", coord.E7{Lat: 900_000_000}, "200-100205-40"},
		{"South Pole", coord.E7{Lat: -900_000_000}, "200-18-40"},
	}
	for _, test := range tests {
		if got := g.Text(g.Cell(test.p)); got != test.text {
			t.Errorf("%s: cell %s, want %s", test.name, got, test.text)
		}
	}
}

// TestWindowIsTheDocumentedOne compares a million random windows, and every
// pole and antimeridian case, with the definition written out cell by cell.
func TestWindowIsTheDocumentedOne(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	r := rand.New(rand.NewPCG(1, 2))
	g := newGrid(t, 200)
	var w windowCheck
	for _, p := range ugly() {
		for radius := range 7 {
			w.check(t, g, p, radius)
		}
	}
	for range 1_000_000 {
		w.check(t, g, randomPosition(r), 2)
	}
	for _, size := range []grid.Size{10, 37, 1000} {
		g := newGrid(t, size)
		for _, p := range ugly() {
			w.check(t, g, p, 2)
		}
		for range 20_000 {
			w.check(t, g, randomPosition(r), r.IntN(12))
		}
	}
}

// windowCheck keeps the buffers of its checks.
type windowCheck struct {
	cells     []grid.Cell
	got, want []rowCol
}

func (w *windowCheck) check(t *testing.T, g *grid.Grid, p coord.E7, radius int) {
	t.Helper()
	w.cells = g.Cells(p, radius, w.cells[:0])
	w.want = documentedWindow(g.Size(), p, radius, w.want[:0])
	w.got = w.got[:0]
	for _, c := range w.cells {
		row, col, ok := g.RowCol(c)
		if !ok {
			t.Fatalf("window of %v has cell %#x, which the grid has not", p, uint64(c))
		}
		w.got = append(w.got, at(row, col))
	}
	slices.Sort(w.got)
	slices.Sort(w.want)
	if !slices.Equal(w.got, w.want) {
		t.Fatalf("%d m, radius %d, window of %v:\n got %v\nwant %v", g.Size(), radius, p, w.got, w.want)
	}
}

// rowCol is a row (high half) and a column.
type rowCol uint64

func at(row, col int) rowCol { return rowCol(row)<<32 | rowCol(col) }

func (rc rowCol) String() string { return fmt.Sprintf("%d-%d", rc>>32, uint32(rc)) }

// documentedWindow follows the words of the package comment, with floating
// division of its own and no shared code.
func documentedWindow(size grid.Size, p coord.E7, radius int, dst []rowCol) []rowCol {
	edge := int64(size) * 1e9
	floor := func(lat int64) int {
		return int(math.Floor(float64(lat) * 11131949 / float64(edge)))
	}
	halfBands := int(math.Ceil(90 / (float64(size) / 111319.49) / 64))
	lowest, highest := floor(-900_000_000), floor(900_000_000)
	for row := floor(int64(p.Lat)) - radius; row <= floor(int64(p.Lat))+radius; row++ {
		if row < lowest || row > highest {
			continue
		}
		band := int(math.Floor(float64(row) / 64))
		middle := (float64(band)*64 + 32) * float64(size) / 111319.49
		cols := int(360 * 111319.49 / float64(size) * math.Cos(middle*math.Pi/180))
		cols = max(cols-cols%8, 8)
		own := int(math.Floor((float64(p.Lng)+1.8e9)*float64(cols)/3.6e9)) % cols
		for d := -radius; d <= radius; d++ {
			cell := at(row+halfBands*64, ((own+d)%cols+cols)%cols)
			if d+radius < cols { // further round, columns come again
				dst = append(dst, cell)
			}
		}
	}
	return dst
}

func TestCellsHoldTheirPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, err := grid.New(grid.Size(rapid.IntRange(10, 1000).Draw(t, "size")))
		if err != nil {
			t.Fatal(err)
		}
		p := coord.E7{
			Lat: rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7).Draw(t, "lat"),
			Lng: rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7-1).Draw(t, "lng"),
		}
		c := g.Cell(p)
		southWest, northEast, err := g.Bounds(c)
		if err != nil {
			t.Fatal(err)
		}
		const slack = 1e-9 // degrees; bounds are floating, cells are not
		d := p.WGS84()
		if d.Lat < southWest.Lat-slack || d.Lat > northEast.Lat+slack || d.Lng < southWest.Lng-slack || d.Lng > northEast.Lng+slack {
			t.Fatalf("%v is in %s, which spans %v…%v", d, g.Text(c), southWest, northEast)
		}
		back, err := g.ParseCell(g.Text(c))
		if err != nil || back != c {
			t.Fatalf("ParseCell(%s) = %#x, %v, want %#x", g.Text(c), uint64(back), err, uint64(c))
		}
		key, err := g.CellFromKey(c.SortKey())
		if err != nil || key != c {
			t.Fatalf("CellFromKey(%#x) = %#x, %v, want %#x", c.SortKey(), uint64(key), err, uint64(c))
		}
	})
}

// TestCellWidths holds the stated width of a cell: at least its size on the
// middle parallel of its band, at most 1.2 % off at 85 degrees.
func TestCellWidths(t *testing.T) {
	g := newGrid(t, 200)
	for lat := int32(-850_000_000); lat <= 850_000_000; lat += 1_234_567 {
		southWest, northEast, err := g.Bounds(g.Cell(coord.E7{Lat: lat, Lng: 77}))
		if err != nil {
			t.Fatal(err)
		}
		middle := float64(southWest.Lat+northEast.Lat) / 2 * math.Pi / 180
		width := float64(northEast.Lng-southWest.Lng) * 111319.49 * math.Cos(middle)
		if math.Abs(width/200-1) > 0.012 {
			t.Errorf("a cell at %v is %.2f m wide", southWest, width)
		}
	}
}

// TestNumbersAreUnique reads the text of the first cell of every block of a
// grid: no two may share a number.
func TestNumbersAreUnique(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	g := newGrid(t, 1000)
	seen := map[grid.Block]string{}
	for row := 0; ; row += 64 {
		first := fmt.Sprintf("1000-%d-0", max(row, 29)) // row 29 holds the South Pole
		if _, err := g.ParseCell(first); err != nil {
			break
		}
		for col := 0; ; col += 64 {
			text := fmt.Sprintf("1000-%d-%d", max(row, 29), col)
			c, err := g.ParseCell(text)
			if err != nil {
				break
			}
			if other, ok := seen[c.Block()]; ok {
				t.Fatalf("%s and %s are both in block %#x", text, other, c.Block())
			}
			seen[c.Block()] = text
			if g.Text(c) != text {
				t.Fatalf("%s reads back as %s", text, g.Text(c))
			}
		}
	}
	if len(seen) < 120_000 {
		t.Errorf("only %d blocks", len(seen))
	}
}

func TestParseCellRefuses(t *testing.T) {
	g := newGrid(t, 200)
	for _, text := range []string{
		"", "-", "200", "200-1", "200--1", "200-78784-62311-1", "100-78784-62311", "200-078784-62311",
		"200-+78784-62311", "200-17-0", "200-100206-0", "200-78784-124808", "200-50112-200376",
		"200-78784-99999999999999999999", "200-0x1-2", "200-78784-62311 ", "２００-1-1",
	} {
		if c, err := g.ParseCell(text); !errors.Is(err, grid.ErrCell) {
			t.Errorf("ParseCell(%q) = %#x, %v, want ErrCell", text, uint64(c), err)
		}
	}
}

func FuzzParseCell(f *testing.F) {
	f.Add("200-78784-62311")
	f.Add("200-100205-87")
	g := newGrid(f, 200)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := g.ParseCell(text)
		if err == nil && g.Text(c) != text {
			t.Errorf("ParseCell(%q) reads back as %q", text, g.Text(c))
		}
	})
}

func FuzzCellFromKey(f *testing.F) {
	f.Add(uint64(0))
	f.Add(uint64(1)<<44 - 1)
	g := newGrid(f, 200)
	f.Fuzz(func(t *testing.T, key uint64) {
		c, err := g.CellFromKey(key)
		if err != nil {
			return
		}
		if c.SortKey() != key {
			t.Errorf("key %#x came back as %#x", key, c.SortKey())
		}
		if back, err := g.ParseCell(g.Text(c)); err != nil || back != c {
			t.Errorf("%#x is %q, which is %#x, %v", uint64(c), g.Text(c), uint64(back), err)
		}
	})
}

func TestWindowAllocatesNothing(t *testing.T) {
	g := newGrid(t, 200)
	p := coord.E7{Lat: 515_145_000, Lng: -1_270_000}
	if n := testing.AllocsPerRun(100, func() {
		var buf [4]grid.TileWindow
		if len(g.Window(p, 2, buf[:0])) == 0 {
			t.Error("empty window")
		}
	}); n != 0 {
		t.Errorf("%v allocations a window, want 0", n)
	}
}

func BenchmarkWindow(b *testing.B) {
	g := newGrid(b, 200)
	r := rand.New(rand.NewPCG(1, 2))
	ps := make([]coord.E7, 4096)
	for i := range ps {
		ps[i] = randomPosition(r)
	}
	b.ReportAllocs()
	tiles := 0
	for i := 0; b.Loop(); i++ {
		var buf [4]grid.TileWindow
		tiles += len(g.Window(ps[i%len(ps)], 2, buf[:0]))
	}
	b.ReportMetric(float64(tiles)/float64(b.N), "tiles/op")
}
