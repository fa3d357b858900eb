package index_test

import (
	"slices"
	"testing"

	"geodrop/grid/index"
)

func TestStats(t *testing.T) {
	g := newGrid(t)
	file := readGolden(t, "v1.seg")
	got, err := parse(t, file).Stats(2)
	if err != nil {
		t.Fatal(err)
	}
	perCell := map[uint64]int{}
	for _, p := range goldenPoints() {
		perCell[uint64(g.Cell(p.pos))]++
	}
	if got.Postings != len(goldenPoints()) || got.Cells != len(perCell) || got.Bytes != len(file) {
		t.Errorf("%d postings in %d cells, %d bytes; want %d, %d, %d",
			got.Postings, got.Cells, got.Bytes, len(goldenPoints()), len(perCell), len(file))
	}
	if got.Blocks != 7 || got.Tiles != 9 || got.Crowded != 1 || got.Combos != 5 || got.Labels != 3 {
		t.Errorf("%d blocks, %d tiles, %d crowded, %d combinations, %d labels; want 7, 9, 1, 5, 3",
			got.Blocks, got.Tiles, got.Crowded, got.Combos, got.Labels)
	}
	if want := []index.StageLoad{{Slots: 11, Used: 6}, {Slots: 3, Used: 1}}; !got.Hashed || !slices.Equal(got.Stages, want) {
		t.Errorf("hashed %v, stages %v, want %v", got.Hashed, got.Stages, want)
	}
	if want := [33]int{1: 8, 2: 1, 5: 1}; got.PerCell != want {
		t.Errorf("cells by postings %v, want %v", got.PerCell, want)
	}
	crowd := g.Cell(goldenPoints()[len(goldenPoints())-1].pos)
	if want := (index.CellCount{Cell: crowd, Text: g.Text(crowd), Postings: 16}); len(got.Densest) != 2 ||
		got.Densest[0] != want || got.Densest[1].Postings != 2 {
		t.Errorf("densest cells %v, want %v first", got.Densest, want)
	}
	want := []index.SectionSize{{Name: "header", Bytes: index.HeaderSize()}}
	for _, s := range index.Spans(file) {
		want = append(want, index.SectionSize{Name: s.Name, Bytes: s.End - s.Offset})
	}
	if !slices.Equal(got.Sections, want) {
		t.Errorf("sections %v, want %v", got.Sections, want)
	}
}
