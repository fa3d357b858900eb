package index_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// seeds are small sound files.
func seeds(f *testing.F) [][]byte {
	files := [][]byte{readGolden(f, "v1.seg"), readGolden(f, "v1-without-hash.seg")}
	for _, n := range []int{1, 3} {
		files = append(files, encode(f, newGrid(f), goldenPoints()[:n], n)[0])
	}
	return files
}

// FuzzParse reads any bytes as a segment file.
func FuzzParse(f *testing.F) {
	for _, file := range seeds(f) {
		f.Add(file)
		f.Add(file[:len(file)/2])
	}
	grids := map[grid.Size]*grid.Grid{}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := bytes.Clone(data) // aligned
		for _, opts := range []index.Options{{}, {SkipChecksums: true}} {
			s, err := index.Parse(file, opts)
			if err != nil {
				if !errors.Is(err, index.ErrCorrupt) && !errors.Is(err, index.ErrVersion) {
					t.Fatalf("Parse = %v, want ErrCorrupt or ErrVersion", err)
				}
				continue
			}
			checkAccepted(t, grids, file, s)
		}
	})
}

// FuzzContent reads any content with right lengths and checksums.
func FuzzContent(f *testing.F) {
	for _, file := range seeds(f) {
		m := index.Numbers(file)
		var c [11][]byte
		for i, s := range index.Spans(file) {
			c[i] = file[s.Offset:s.End]
		}
		f.Add(uint16(m[0]), m[1], m[2], c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10])
	}
	grids := map[grid.Size]*grid.Grid{}
	f.Fuzz(func(t *testing.T, size uint16, first, last uint64,
		blocks, stages, slots, tiles, starts, postings, combos, members, labels, names, texts []byte) {
		file := index.Assemble([4]uint64{uint64(size), first, last}, [][]byte{
			blocks, stages, slots, tiles, starts, postings, combos, members, labels, names, texts,
		})
		s, err := index.Parse(file, index.Options{})
		if err != nil {
			if !errors.Is(err, index.ErrCorrupt) {
				t.Fatalf("Parse = %v, want ErrCorrupt", err)
			}
		} else {
			checkAccepted(t, grids, file, s)
		}
		var out bytes.Buffer
		if err := index.Dump(&out, file, index.DumpOptions{}); err != nil {
			t.Fatal(err)
		}
		checkCoverage(t, "dump", out.String(), len(file))
	})
}

// entryBytes are the bytes from which FuzzWriter makes a point.
const entryBytes = 10

// FuzzWriter writes any points: what it writes must verify, hold them, and be
// found where they are.
func FuzzWriter(f *testing.F) {
	f.Add(uint16(200), []byte{})
	for _, size := range []uint16{10, 200, 1000} {
		var data []byte
		for i, p := range goldenPoints() {
			data = binary.LittleEndian.AppendUint32(data, uint32(p.pos.Lat))
			data = binary.LittleEndian.AppendUint32(data, uint32(p.pos.Lng))
			data = append(data, byte(i), byte(i*37))
		}
		f.Add(size, data)
	}
	grids := map[grid.Size]*grid.Grid{}
	f.Fuzz(func(t *testing.T, size uint16, data []byte) {
		g := gridOf(t, grids, grid.Size(size%1001))
		ps := pointsOf(data[:min(len(data), 400*entryBytes)])
		if g == nil || len(ps) == 0 {
			t.Skip()
		}
		ps = unique(g, ps)
		file := encode(t, g, ps, len(ps))[0]
		s := parse(t, file)
		if !checkAccepted(t, grids, file, s) {
			t.Fatal(s.Verify())
		}
		checkAnswers(t, joined(t, g, s), ps)
		if !s.Hashed() {
			t.Errorf("no hash for %d postings", len(ps))
		}
	})
}

// pointsOf makes a point of each 10 bytes: a position anywhere or, where it
// would be none, near the place before; then a text and labels.
func pointsOf(data []byte) []point {
	var ps []point
	var last coord.E7
	for ; len(data) >= entryBytes; data = data[entryBytes:] {
		at := coord.E7{
			Lat: int32(binary.LittleEndian.Uint32(data)),
			Lng: int32(binary.LittleEndian.Uint32(data[4:])),
		}
		if !at.Valid() {
			at = coord.E7{Lat: last.Lat + at.Lat%64, Lng: last.Lng + at.Lng%64}
		}
		if !at.Valid() {
			continue
		}
		p := point{pos: at, text: fmt.Sprintf("%.*s", data[8]%8, "texts red 红")}
		for i, label := range []string{"", "a", "ab", "b", "红包"} {
			if data[9]>>i&1 == 1 {
				p.labels = append(p.labels, label)
			}
		}
		ps, last = append(ps, p), at
	}
	return ps
}

// unique makes texts different where they are the same in a cell.
func unique(g *grid.Grid, ps []point) []point {
	seen := map[string]bool{}
	ps = slices.Clone(ps)
	for i := range ps {
		key := func() string { return fmt.Sprint(g.Cell(ps[i].pos), " ", ps[i].text) }
		for seen[key()] {
			ps[i].text += "+"
		}
		seen[key()] = true
	}
	return ps
}
