package index

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// TestCrowds: the cells are those that Stats counts, in order, and no others.
func TestCrowds(t *testing.T) {
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	combos := &Combinations{}
	combo := combos.Add(nil)
	var entries []Entry
	for i := range int32(40) { // cell i has i+1 entries, some tiles are crowded
		p := coord.E7{Lat: 100_000_000 + i*700_000/40, Lng: 100_000_000 + i*i*3000}
		for n := range i + 1 {
			entries = append(entries, Entry{Cell: g.Cell(p), Pos: p, Combo: combo, Text: fmt.Appendf(nil, "%03d-%03d", i, n)})
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Cell, b.Cell) })
	w := NewWriter(g, combos)
	for _, e := range entries {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if _, err := w.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	s, err := Parse(file.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, least := range []int{0, 1, 14, 15, 16, 39, 40} {
		stats, err := s.Stats(1000)
		if err != nil {
			t.Fatal(err)
		}
		want := map[grid.Cell]int{}
		for _, c := range stats.Densest {
			if c.Postings > least {
				want[c.Cell] = c.Postings
			}
		}
		last := grid.Cell(0)
		err = s.Crowds(g, least, func(c grid.Cell, n int) int {
			if want[c] != n || c <= last {
				t.Errorf("above %d: cell %s after %s has %d, want %d", least, g.Text(c), g.Text(last), n, want[c])
			}
			delete(want, c)
			last = c
			return least
		})
		if err != nil || len(want) != 0 {
			t.Errorf("above %d: %d cells are missing, %v", least, len(want), err)
		}
	}
}
