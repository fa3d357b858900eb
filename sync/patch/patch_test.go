package patch_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
	"geodrop/sync/patch"
)

// record is a record of a segment in a test.
type record struct {
	pos    coord.E7
	labels []string
	text   string
}

func newGrid(t testing.TB) *grid.Grid {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// segment writes records, by their ids, as the segment that holds them.
func segment(t testing.TB, g *grid.Grid, records map[int]record) ([]byte, patch.Segment) {
	t.Helper()
	sorted := slices.SortedFunc(maps.Values(records), func(a, b record) int {
		return cmp.Or(cmp.Compare(g.Cell(a.pos), g.Cell(b.pos)), cmp.Compare(a.text, b.text))
	})
	var combos index.Combinations
	w := index.NewWriter(g, &combos)
	for _, r := range sorted {
		e := index.Entry{Cell: g.Cell(r.pos), Pos: r.pos, Combo: combos.Add(r.labels), Text: []byte(r.text)}
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	s, err := index.Parse(out.Bytes(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(out.Bytes())
	return out.Bytes(), patch.Segment{Segment: s, Object: manifest.Object{
		Digest: manifest.Digest(hex.EncodeToString(sum[:])), Bytes: int64(out.Len()),
	}}
}

// split writes records as several segments, which are cut between tiles.
func split(t testing.TB, g *grid.Grid, records map[int]record, cuts int) []patch.Segment {
	t.Helper()
	tiles := map[grid.Tile]map[int]record{}
	for i, r := range records {
		tile := g.Cell(r.pos).Tile()
		if tiles[tile] == nil {
			tiles[tile] = map[int]record{}
		}
		tiles[tile][i] = r
	}
	parts := make([]map[int]record, cuts+1)
	for n, tile := range slices.Sorted(maps.Keys(tiles)) {
		part := &parts[n*len(parts)/len(tiles)]
		if *part == nil {
			*part = map[int]record{}
		}
		maps.Copy(*part, tiles[tile])
	}
	var segments []patch.Segment
	for _, part := range parts {
		if len(part) > 0 {
			_, s := segment(t, g, part)
			segments = append(segments, s)
		}
	}
	return segments
}

func makePatch(t testing.TB, g *grid.Grid, from []patch.Segment, to patch.Segment) ([]byte, patch.Stats) {
	t.Helper()
	var out bytes.Buffer
	stats, err := patch.Make(&out, g, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), stats
}

// town is n records around a place.
func town(n int) map[int]record {
	records := map[int]record{}
	for i := range n {
		records[i] = record{
			pos:    coord.E7{Lat: 515_000_000 + int32(i*7919%200_000), Lng: -1_270_000 + int32(i*104_729%300_000)},
			labels: []string{"d:1", fmt.Sprintf("s:%d", i%5)},
			text:   fmt.Sprintf("p%07d a place with a name, number %d", i, i),
		}
	}
	return records
}

// TestPatch: what a patch makes is the new segment, to the byte, and what it
// costs depends on what changed.
func TestPatch(t *testing.T) {
	const n = 20000
	edit := func(f func(records map[int]record)) map[int]record {
		records := town(n)
		f(records)
		return records
	}
	tests := []struct {
		name  string
		to    map[int]record
		stats patch.Stats
		most  int // bytes
	}{
		{"nothing", town(n), patch.Stats{Kept: n}, 120},
		{"one moved within its cell", edit(func(r map[int]record) {
			x := r[7]
			x.pos.Lat++
			r[7] = x
		}), patch.Stats{Kept: n - 1, Revised: 1}, 140},
		{"one moved away", edit(func(r map[int]record) {
			x := r[7]
			x.pos.Lat += 100_000
			r[7] = x
		}), patch.Stats{Kept: n - 1, Dropped: 1, Inserted: 1}, 150},
		{"one renamed", edit(func(r map[int]record) {
			x := r[7]
			x.text = strings.Replace(x.text, "name", "new name", 1)
			r[7] = x
		}), patch.Stats{Kept: n - 1, Dropped: 1, Inserted: 1}, 190},
		{"one in another set", edit(func(r map[int]record) {
			x := r[7]
			x.labels = []string{"d:1", "s:new"}
			r[7] = x
		}), patch.Stats{Kept: n - 1, Revised: 1}, 150},
		{"one gone", edit(func(r map[int]record) { delete(r, 7) }), patch.Stats{Kept: n - 1, Dropped: 1}, 140},
		{"one more", edit(func(r map[int]record) {
			r[n] = record{pos: coord.E7{Lat: 515_000_123, Lng: -1_269_000}, text: "p new"}
		}), patch.Stats{Kept: n, Inserted: 1}, 160},
		{"all but one gone", edit(func(r map[int]record) { maps.DeleteFunc(r, func(i int, _ record) bool { return i != 7 }) }),
			patch.Stats{Kept: 1, Dropped: n - 1}, 140},
		{"a hundredth moved a little", edit(func(r map[int]record) {
			for i := 0; i < n; i += 100 {
				x := r[i]
				x.pos.Lng++
				r[i] = x
			}
		}), patch.Stats{Kept: n - n/100, Revised: n / 100}, n / 100 * 8},
	}
	g := newGrid(t)
	_, whole := segment(t, g, town(n))
	from := []patch.Segment{whole}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, to := segment(t, g, tt.to)
			p, stats := makePatch(t, g, from, to)
			if stats != tt.stats {
				t.Errorf("%+v, want %+v", stats, tt.stats)
			}
			if len(p) > tt.most {
				t.Errorf("%d bytes, want at most %d", len(p), tt.most)
			}
			var got bytes.Buffer
			if err := patch.Apply(&got, g, from, to.Object, bytes.NewReader(p)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Error("the result is another segment")
			}
		})
	}
}

// TestAnyEdits: random records and random edits.
func TestAnyEdits(t *testing.T) {
	g := newGrid(t)
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(label string) record {
			lat := rapid.Int32Range(-900_000_000, 900_000_000)
			if rapid.Bool().Draw(rt, "near") {
				lat = rapid.Int32Range(515_000_000, 515_030_000)
			}
			return record{
				pos:    coord.E7{Lat: lat.Draw(rt, "lat"), Lng: rapid.Int32Range(-1_800_000_000, 1_799_999_999).Draw(rt, "lng")},
				labels: slices.Compact(slices.Sorted(slices.Values(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "dd"}), 0, 3).Draw(rt, "labels")))),
				text:   label + rapid.StringN(0, 8, 20).Draw(rt, "text"),
			}
		}
		before := map[int]record{}
		for i := range rapid.IntRange(1, 40).Draw(rt, "records") {
			before[i] = draw(fmt.Sprint(i, " "))
		}
		after := maps.Clone(before)
		for range rapid.IntRange(0, 40).Draw(rt, "edits") {
			i := rapid.IntRange(0, 50).Draw(rt, "which")
			if rapid.Bool().Draw(rt, "gone") && len(after) > 1 {
				delete(after, i)
				continue
			}
			after[i] = draw(fmt.Sprint(i, " "))
		}
		from := split(t, g, before, rapid.IntRange(0, 3).Draw(rt, "cuts"))
		want, to := segment(t, g, after)
		p, _ := makePatch(t, g, from, to)
		var got bytes.Buffer
		if err := patch.Apply(&got, g, from, to.Object, bytes.NewReader(p)); err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			rt.Fatal("the result is another segment")
		}
	})
}

// TestDamaged: no damaged patch gives a segment, and none a panic.
func TestDamaged(t *testing.T) {
	g := newGrid(t)
	from := split(t, g, town(500), 1)
	changed := town(520)
	x := changed[3]
	x.labels = []string{"d:2"}
	changed[3] = x
	delete(changed, 100)
	_, to := segment(t, g, changed)
	p, _ := makePatch(t, g, from, to)
	refused := func(what string, damaged []byte) {
		t.Helper()
		err := patch.Apply(io.Discard, g, from, to.Object, bytes.NewReader(damaged))
		if !errors.Is(err, patch.ErrCorrupt) && !errors.Is(err, patch.ErrOther) {
			t.Errorf("%s: Apply = %v, want ErrCorrupt or ErrOther", what, err)
		}
	}
	for i := range p {
		refused(fmt.Sprintf("cut to %d bytes", i), p[:i])
		for bit := range 8 {
			damaged := bytes.Clone(p)
			damaged[i] ^= 1 << bit
			refused(fmt.Sprintf("bit %d of byte %d", bit, i), damaged)
		}
	}
	refused("more after the end", append(bytes.Clone(p), p[len(p)-40:]...))

	_, other := segment(t, g, town(501))
	for what, pair := range map[string]struct {
		from []patch.Segment
		to   patch.Segment
	}{
		"another old segment": {[]patch.Segment{other}, to}, "one missing": {from[:1], to}, "none": {nil, to},
		"another new segment": {from, other}, "not in order": {[]patch.Segment{from[1], from[0]}, to},
	} {
		err := patch.Apply(io.Discard, g, pair.from, pair.to.Object, bytes.NewReader(p))
		if !errors.Is(err, patch.ErrOther) {
			t.Errorf("%s: Apply = %v, want ErrOther", what, err)
		}
	}
	coarse, err := grid.New(2 * grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := patch.Make(io.Discard, coarse, from, to); !errors.Is(err, patch.ErrOther) {
		t.Errorf("another grid: Make = %v, want ErrOther", err)
	}
	if err := patch.Apply(io.Discard, coarse, from, to.Object, bytes.NewReader(p)); !errors.Is(err, patch.ErrOther) {
		t.Errorf("another grid: Apply = %v, want ErrOther", err)
	}
}

// failing is a writer that fails after some bytes.
type failing struct{ left int }

var errDisk = errors.New("the disk is full")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	g := newGrid(t)
	from := split(t, g, town(500), 1)
	_, to := segment(t, g, town(520))
	p, _ := makePatch(t, g, from, to)
	for left := range len(p) {
		if _, err := patch.Make(&failing{left}, g, from, to); !errors.Is(err, errDisk) {
			t.Fatalf("Make into %d bytes = %v", left, err)
		}
	}
	for left := 0; left < int(to.Object.Bytes); left += 100 {
		if err := patch.Apply(&failing{left}, g, from, to.Object, bytes.NewReader(p)); !errors.Is(err, errDisk) {
			t.Fatalf("Apply into %d bytes = %v", left, err)
		}
	}
}
