package index_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
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

// shapes are a star of many edges, a box that it laps over, and a box over the
// antimeridian.
func shapes(edges int) []grid.Shape {
	star := make(grid.Ring, edges)
	for i := range star {
		a, radius := 2*math.Pi*float64(i)/float64(edges), float64(400_000-200_000*(i%2))
		star[i] = coord.E7{Lat: 515_000_000 + int32(radius*math.Sin(a)), Lng: int32(radius * math.Cos(a))}
	}
	box := func(south, west, north, east int32) grid.Ring {
		return grid.Ring{{Lat: south, Lng: west}, {Lat: south, Lng: east}, {Lat: north, Lng: east}, {Lat: north, Lng: west}}
	}
	return []grid.Shape{
		{{star, box(514_950_000, -50_000, 515_050_000, 50_000)}},
		{{box(515_000_000, 0, 516_000_000, 1_000_000)}},
		{{box(510_000_000, 1_799_000_000, 511_000_000, -1_799_000_000)}},
	}
}

func areaFile(t testing.TB, shapes []grid.Shape) []byte {
	t.Helper()
	x, err := grid.NewAreaIndex(shapes)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := index.WriteAreas(&out, x.Tables()); err != nil || n != int64(out.Len()) {
		t.Fatalf("WriteAreas = %d, %v, wrote %d bytes", n, err, out.Len())
	}
	return out.Bytes()
}

func newAreaVictim(t *testing.T, whole []byte) *victim {
	v := newVictim(t, whole)
	v.path = filepath.Join(t.TempDir(), "victim.areas")
	v.open = func(path string) (io.Closer, error) { return index.OpenAreas(path, index.Options{}) }
	return v
}

// A file answers as the index that it was written from.
func TestAreasRoundTrip(t *testing.T) {
	all := shapes(400)
	want, err := grid.NewAreaIndex(all)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "good.areas")
	if err := os.WriteFile(path, areaFile(t, all), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, opts := range []index.Options{{}, {SkipChecksums: true}, {HugePages: true}} {
		got, err := index.OpenAreas(path, opts)
		if err != nil {
			t.Fatal(err)
		}
		r, held := rand.New(rand.NewPCG(1, 2)), 0
		for range 5_000 {
			p := coord.E7{Lat: 515_000_000 + r.Int32N(1_000_000) - 500_000, Lng: r.Int32N(1_200_000) - 500_000}
			areas := got.Find(p, nil)
			if held += len(areas); !slices.Equal(areas, want.Find(p, nil)) {
				t.Fatalf("%v is in %v, want %v", p, areas, want.Find(p, nil))
			}
		}
		if held < 1000 {
			t.Errorf("only %d times in an area", held)
		}
		if err := got.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenAreasRefusesCutFiles(t *testing.T) {
	v := newAreaVictim(t, areaFile(t, shapes(40)))
	spans := index.AreaSpans(v.whole)
	cuts := []int{len(v.whole) - 1}
	for n := range index.AreaHeaderSize() + 1 {
		cuts = append(cuts, n)
	}
	for _, s := range spans {
		cuts = append(cuts, s.Offset-1, s.Offset, s.Offset+1, s.End-1, s.End, s.End+1)
	}
	for _, n := range cuts {
		if n < len(v.whole) {
			v.refused(v.whole[:n], index.ErrCorrupt, "header", "cut to %d bytes", n)
		}
	}
	for i, s := range spans { // and they say their length
		for _, n := range []int{s.Offset - 1, s.Offset, s.Offset + 1, s.End - 1} {
			file := bytes.Clone(v.whole[:n])
			binary.LittleEndian.PutUint64(file[16:], uint64(n))
			index.ResealAreaHeader(file)
			section := s.Name
			if i > 0 && n < spans[i-1].End {
				section = spans[i-1].Name
			}
			v.refused(file, index.ErrCorrupt, section, "cut to %d bytes, length right", n)
		}
	}
}

func TestOpenAreasRefusesEveryHeaderBitFlip(t *testing.T) {
	v := newAreaVictim(t, areaFile(t, shapes(40)))
	disk := v.onDisk()
	for bit := range 8 * index.AreaHeaderSize() {
		want := index.ErrCorrupt
		if at := bit / 8; at == 8 || at == 9 {
			want = index.ErrVersion
		}
		v.flip(disk, bit, func() { v.openRefuses(want, "header", "bit %d flipped", bit) })
	}
}

func TestOpenAreasRefusesBodyBitFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	v := newAreaVictim(t, areaFile(t, shapes(400)))
	disk := v.onDisk()
	spans := index.AreaSpans(v.whole)
	r := rand.New(rand.NewPCG(15, 16))
	for range 10_000 {
		bit := 8*index.AreaHeaderSize() + r.IntN(8*(len(v.whole)-index.AreaHeaderSize()))
		section := "header" // zeros after the last section
		for _, s := range slices.Backward(spans) {
			if bit/8 < s.End {
				section = s.Name // the zeros before it, too
			}
		}
		v.flip(disk, bit, func() { v.openRefuses(index.ErrCorrupt, section, "bit %d flipped", bit) })
	}
}

// Numbers of the header that are larger than what they count are refused, not
// cut to their lower half.
func TestOpenAreasRefusesNumbers(t *testing.T) {
	v := newAreaVictim(t, areaFile(t, shapes(40)))
	contents := areaContents(v.whole)
	good := index.Numbers(v.whole)
	if again := index.AssembleAreas(good, contents); !bytes.Equal(again, v.whole) {
		t.Fatal("the parts of a file do not make it again")
	}
	tests := []struct {
		name    string
		number  int
		change  uint64
		section string
	}{
		{"upper half of shift", 0, 1 << 32, "header"},
		{"upper bit of shift", 0, 1 << 63, "header"},
		{"upper half of areas", 3, 1 << 32, "header"},
		{"upper bit of areas", 3, 1 << 63, "header"},
		{"shift", 0, 1 << 31, "area cells"},
		{"columns", 2, 1 << 31, "area cells"},
		{"rows", 2, 1 << 63, "area cells"},
	}
	for _, tt := range tests {
		numbers := good
		numbers[tt.number] ^= tt.change
		v.refused(index.AssembleAreas(numbers, contents), index.ErrCorrupt, tt.section, "%s", tt.name)
	}
}

func areaContents(file []byte) (contents [][]byte) {
	for _, s := range index.AreaSpans(file) {
		contents = append(contents, file[s.Offset:s.End])
	}
	return contents
}

// FuzzAreas reads any content with right lengths and checksums: what is
// accepted answers every position with areas that there are.
func FuzzAreas(f *testing.F) {
	for _, some := range [][]grid.Shape{nil, shapes(3)[1:2], shapes(3), shapes(60)} {
		file := areaFile(f, some)
		m, c := index.Numbers(file), areaContents(file)
		f.Add(m[0], m[1], m[2], m[3], c[0], c[1], c[2])
	}
	f.Fuzz(func(t *testing.T, shift, origin, extent, areas uint64, cells, lists, vertices []byte) {
		file := index.AssembleAreas([4]uint64{shift, origin, extent, areas}, [][]byte{cells, lists, vertices})
		x, err := index.ParseAreas(file, index.Options{})
		if err != nil {
			if !errors.Is(err, index.ErrCorrupt) || !strings.Contains(err.Error(), "section ") {
				t.Fatalf("ParseAreas = %v, want ErrCorrupt in a section", err)
			}
			return
		}
		for _, p := range areaProbes(x.Tables()) {
			found := x.Find(p, nil)
			if len(found) > 0 && uint64(slices.Max(found)) >= areas {
				t.Fatalf("%v is in %v, there are %d areas", p, found, areas)
			}
			if first, ok := x.First(p); ok != (len(found) > 0) || ok && first != found[0] {
				t.Fatalf("%v is first in %d, %v, and in %v", p, first, ok, found)
			}
		}
	})
}

// areaProbes are positions at the edges of the Earth, in the first root cells,
// and at vertices.
func areaProbes(t grid.AreaTables) []coord.E7 {
	const m, pole = coord.MaxLngE7, coord.MaxLatE7
	probes := []coord.E7{{Lat: -pole, Lng: -m}, {Lat: pole, Lng: m}, {Lat: pole}, {Lat: -pole, Lng: m}, {}}
	for _, v := range t.Vertices[:min(len(t.Vertices), 100)] {
		for _, p := range []coord.E7{v, {Lat: v.Lat + 1, Lng: v.Lng - 1}} {
			if p.Valid() {
				probes = append(probes, p)
			}
		}
	}
	for i := range int64(64) {
		lng := (int64(t.West)+i%8)<<t.Shift + i - int64(m)
		lat := (int64(t.South)+i/8)<<t.Shift + i - int64(pole)
		if lng <= int64(m) && lat <= int64(pole) && lng >= -int64(m) && lat >= -int64(pole) {
			probes = append(probes, coord.E7{Lat: int32(lat), Lng: int32(lng)})
		}
	}
	return probes
}
