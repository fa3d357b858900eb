package grid

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"geodrop/grid/coord"
)

func cloneTables(t AreaTables) AreaTables {
	t.Cells, t.Lists, t.Vertices = slices.Clone(t.Cells), slices.Clone(t.Lists), slices.Clone(t.Vertices)
	return t
}

func TestOpenAreaIndex(t *testing.T) {
	shapes := fixtures(t)
	x, err := OpenAreaIndex(cloneTables(newIndex(t, shapes).Tables()))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, x, bruteForce(shapes), probes(shapes, 1_000))
	for i, s := range shapes {
		if _, err := OpenAreaIndex(newIndex(t, []Shape{s}).Tables()); err != nil {
			t.Errorf("shape %d: %v", i, err)
		}
	}
}

func TestOpenAreaIndexRefuses(t *testing.T) {
	good := newIndex(t, fixtures(t)).Tables()
	for _, tc := range []struct {
		name   string
		damage func(*AreaTables)
	}{
		{"nothing", func(t *AreaTables) { *t = AreaTables{} }},
		{"shift too large", func(t *AreaTables) { t.Shift = 32 }},
		{"more root cells", func(t *AreaTables) { t.Rows++ }},
		{"root cells overflow", func(t *AreaTables) { t.Cols, t.Rows = 1<<31, 1<<31 }},
		{"no cells", func(t *AreaTables) { t.Cells = nil }},
		{"cells cut", func(t *AreaTables) { t.Cells = t.Cells[:len(t.Cells)-1] }},
		{"cells too many", func(t *AreaTables) { t.Cells = append(t.Cells, 0) }},
		{"lists cut", func(t *AreaTables) { t.Lists = t.Lists[:len(t.Lists)-1] }},
		{"lists too many", func(t *AreaTables) { t.Lists = append(t.Lists, 0) }},
		{"vertices cut", func(t *AreaTables) { t.Vertices = t.Vertices[:len(t.Vertices)/2] }},
		{"fewer areas", func(t *AreaTables) { t.Areas = 1 }},
		{"node that is its own", func(t *AreaTables) { t.Cells[0] = 0<<tagBits | tagNode }},
	} {
		tables := cloneTables(good)
		tc.damage(&tables)
		if _, err := OpenAreaIndex(tables); !errors.Is(err, ErrTables) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// Whatever OpenAreaIndex accepts can be looked up.
func TestDamagedTablesNeverPanic(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	shapes := fixtures(t)
	good := newIndex(t, shapes).Tables()
	points := probes(shapes, 200)
	rng := rand.New(rand.NewPCG(9, 10))
	accepted := 0
	for range 2_000 {
		tables := cloneTables(good)
		words := [][]uint32{tables.Cells, tables.Lists}[rng.IntN(2)]
		words[rng.IntN(len(words))] ^= 1 << rng.IntN(32)
		x, err := OpenAreaIndex(tables)
		if err != nil {
			continue
		}
		accepted++
		for range 20 {
			x.Find(points[rng.IntN(len(points))], nil)
		}
	}
	if accepted == 2_000 {
		t.Error("no damage was found")
	}
}

// FuzzShape decodes vertices from the input: nothing may panic, and the index
// agrees with brute force, whether the shape is valid or not.
func FuzzShape(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x05\x00\x00\x05\x05\x00\x00"), int32(0), int32(0))
	f.Add([]byte("\x01\x00\x00\x7f\x00\xff\x80\x01\x00\x02\x02\x02\x02\x03\x03\x03"), coord.MaxLatE7-40, coord.MaxLngE7)
	f.Add([]byte("\x02\x40\x00\x00\x40\x40\x80\x00\x40\xc0\x00\x00"), -coord.MaxLatE7, int32(5))
	f.Fuzz(func(t *testing.T, data []byte, lat, lng int32) {
		shapes := []Shape{decodeShape(data, lat, lng)}
		_ = shapes[0].Validate()
		x, err := NewAreaIndex(shapes)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenAreaIndex(x.Tables()); err != nil {
			t.Fatal(err)
		}
		compare(t, x, bruteForce(shapes), append(probes(append(shapes, mustShape(t, square)), 20), decodePoint([]byte{0, 0, 0, 0}, lat, lng)))
		if _, err := FindSeams(t.Context(), append(shapes, mustShape(t, square)), SeamOptions{MaxCrossings: 1_000}); err != nil {
			t.Fatal(err)
		}
		if s, err := NewShape(shapes[0]); err == nil {
			compare(t, bruteForce{s}, bruteForce(shapes), probes(shapes, 20))
		}
	})
}

// decodeShape reads vertices of 4 bytes: how far from the origin, in 1e-7
// degrees or in 2.8 degrees, and where a ring or polygon begins.
func decodeShape(data []byte, lat, lng int32) Shape {
	s := Shape{{{}}}
	for ; len(data) >= 4; data = data[4:] {
		polygon := &s[len(s)-1]
		switch data[0] >> 6 {
		case 2:
			*polygon = append(*polygon, Ring{})
		case 3:
			s = append(s, Polygon{{}})
			polygon = &s[len(s)-1]
		}
		ring := &(*polygon)[len(*polygon)-1]
		*ring = append(*ring, decodePoint(data, lat, lng))
	}
	return s
}

func decodePoint(data []byte, lat, lng int32) coord.E7 {
	unit := int64(1)
	if data[0]&1 == 1 {
		unit = turn / 128
	}
	const pole = int64(coord.MaxLatE7)
	origin := min(max(int64(lat), -pole), pole)
	return coord.E7{
		Lat: int32(min(max(origin+int64(int8(data[1]))*unit, -pole), pole)),
		Lng: int32(eastward(0, int32((int64(lng)+int64(int8(data[2]))*unit)%turn/2*2+int64(data[3])%2))),
	}
}
