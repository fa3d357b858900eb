// Package releasetest makes small releases for tests: real segments, of which a
// few records can be edited. What it makes depends on its arguments alone.
package releasetest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// Town is a segment with n places at a latitude, in whole degrees of 45…60: the
// tiles of one town come before those of a more northern one. Of the places some
// are edited: they have another text.
func Town(t testing.TB, latitude, n int, edited ...int) []byte {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	must(t, err)
	var combos index.Combinations
	w := index.NewWriter(g, &combos)
	combo := combos.Add([]string{"s:all"})
	for _, e := range places(g, latitude, n, edited) {
		e.Combo = combo
		must(t, w.Add(e))
	}
	var out bytes.Buffer
	_, err = w.WriteTo(&out)
	must(t, err)
	return out.Bytes()
}

// places are those of a town, in the order of a segment.
func places(g *grid.Grid, latitude, n int, edited []int) []index.Entry {
	const degree = 10_000_000
	entries := make([]index.Entry, n)
	for i := range entries { // texts that do not compress: a town from nothing is a large patch
		pos := coord.E7{Lat: int32(latitude*degree + 3_200_000 + i*7919%200_000), Lng: int32(53_100_000 + i*104_729%300_000)}
		entries[i] = index.Entry{Cell: g.Cell(pos), Pos: pos, Text: fmt.Appendf(nil, "p%06d %x", i, sha256.Sum224([]byte{byte(i), byte(i >> 8), byte(i >> 16)}))}
	}
	for _, i := range edited {
		entries[i].Text = append(entries[i].Text, " under another name"...)
	}
	slices.SortFunc(entries, func(a, b index.Entry) int {
		return cmp.Or(cmp.Compare(a.Cell, b.Cell), bytes.Compare(a.Text, b.Text))
	})
	return entries
}

// Seal makes a release of segments, in order of their tiles, in a folder.
func Seal(t testing.TB, dir string, sequence uint64, segments ...[]byte) *manifest.Manifest {
	t.Helper()
	put := func(b []byte, kind string) manifest.Object {
		o := manifest.ObjectOf(b)
		must(t, atomicfile.Write(dir, o.FileName(kind), b))
		return o
	}
	m := &manifest.Manifest{Sequence: sequence, Grid: manifest.Grid{CellMetres: int(grid.DefaultSize), Radius: grid.DefaultRadius}}
	for _, b := range segments {
		s, err := index.Parse(b, index.Options{SkipChecksums: true})
		must(t, err)
		first, last := s.Tiles()
		m.Segments = append(m.Segments, manifest.Segment{
			Object: put(b, manifest.SegmentKind), Postings: int64(s.Len()), FirstTile: uint64(first), LastTile: uint64(last),
		})
	}
	m.Areas, m.Catalog = put([]byte("areas"), manifest.AreasKind), put(fmt.Appendf(nil, "catalog %d", sequence), manifest.CatalogKind)
	m, err := m.Sealed()
	must(t, err)
	must(t, manifest.Write(dir, m))
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
