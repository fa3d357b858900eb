package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"geodrop/grid/index"
	"geodrop/poi/phrase"
)

// segmentSum adds up what segments are made of.
type segmentSum struct {
	index.Stats
	segments, hashed, slots, used int
}

func (s *segmentSum) add(path string, top int) (err error) {
	segment, err := index.Open(path, index.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, segment.Close()) }()
	stats, err := segment.Stats(top)
	if err != nil {
		return err
	}
	s.segments++
	if stats.Hashed {
		s.hashed++
	}
	for _, stage := range stats.Stages {
		s.slots, s.used = s.slots+stage.Slots, s.used+stage.Used
	}
	if s.Sections == nil {
		s.Sections = make([]index.SectionSize, len(stats.Sections))
	}
	for i, section := range stats.Sections {
		s.Sections[i].Name = section.Name
		s.Sections[i].Bytes += section.Bytes
	}
	for i, n := range stats.PerCell {
		s.PerCell[i] += n
	}
	s.Bytes, s.Blocks, s.Tiles, s.Crowded = s.Bytes+stats.Bytes, s.Blocks+stats.Blocks, s.Tiles+stats.Tiles, s.Crowded+stats.Crowded
	s.Cells, s.Postings, s.Combos = s.Cells+stats.Cells, s.Postings+stats.Postings, s.Combos+stats.Combos
	s.Densest = append(s.Densest, stats.Densest...)
	slices.SortStableFunc(s.Densest, func(a, b index.CellCount) int { return cmp.Compare(b.Postings, a.Postings) })
	s.Densest = s.Densest[:min(len(s.Densest), top)]
	return nil
}

func (s *segmentSum) print(t *table) {
	t.row("segments", phrase.Number(s.segments)+", "+phrase.Count(s.Bytes, "byte"))
	for _, section := range s.Sections {
		t.row("  "+section.Name, phrase.Number(section.Bytes))
	}
	t.row("prefix hash", fmt.Sprintf("in %s of %s, %s of %s used", phrase.Number(s.hashed), phrase.Count(s.segments, "segment"),
		phrase.Number(s.used), phrase.Count(s.slots, "slot")))
	t.row("blocks", phrase.Number(s.Blocks))
	t.row("tiles", fmt.Sprintf("%s, %s crowded", phrase.Number(s.Tiles), phrase.Number(s.Crowded)))
	t.row("combinations", phrase.Number(s.Combos))
	t.row("cells with places", phrase.Number(s.Cells))
	most := slices.Max(s.PerCell[:])
	for n, cells := range s.PerCell {
		if cells == 0 {
			continue
		}
		bar := strings.Repeat("█", int(math.Ceil(40*float64(cells)/float64(most))))
		t.row("  "+placesOf(n), fmt.Sprintf("%12s %s", phrase.Number(cells), bar))
	}
	if len(s.Densest) == 0 {
		return
	}
	cells := make([]string, len(s.Densest))
	for i, cell := range s.Densest {
		cells[i] = fmt.Sprintf("%s %d", cell.Text, cell.Postings)
	}
	t.row("densest cells", strings.Join(cells, ", "))
}

// placesOf is how many places the cells of a bucket of index.Stats have.
func placesOf(bucket int) string {
	from, to := 1<<max(bucket-1, 0), 1<<bucket-1
	if from >= to {
		return phrase.Count(from, "place")
	}
	return fmt.Sprintf("%d…%d places", from, to)
}
