package bench

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"
	"time"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// edit is a way in which the config of a release became another. The zero value
// leaves it as it is.
type edit struct {
	name           string
	moved, rebuilt float64 // targets in percent; rebuilt below 0: none
	touches        func(i, town int) bool
	title          string // of the task
}

// editShare is the share of the POIs that is edited, and editDistricts the number
// of places, far from each other, around which clustered ones are.
const (
	editShare     = 0.01
	editDistricts = 30
)

// edits are the ways that are measured: one POI of a hundred all over the map,
// as many in a few districts, and the task alone.
func edits(p *Points) []edit {
	edited := townsAround(p, editDistricts, max(int(editShare*float64(len(p.towns))), 1))
	return []edit{
		{name: "scattered", moved: targetMoved, rebuilt: -1, touches: func(i, _ int) bool { return spread(uint64(i))%uint64(1/editShare) == 0 }},
		{name: "clustered", moved: targetMoved, rebuilt: targetRebuilt, touches: func(_, town int) bool { return edited[town] }},
		{name: "task", moved: targetMovedTask, rebuilt: 0, title: "Another title"},
	}
}

// townsAround are n towns: the first few, which like all are drawn at random, and
// then those that are nearest to one of them.
func townsAround(p *Points, centres, n int) map[int]bool {
	centres = min(centres, n)
	away := make([]float64, len(p.towns))
	order := make([]int, len(p.towns))
	for i, town := range p.towns {
		order[i], away[i] = i, math.Inf(1)
		for _, c := range p.towns[:centres] {
			away[i] = min(away[i], math.Hypot(float64(c.Lat-town.Lat), float64(c.Lng-town.Lng)))
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(away[i], away[j]) })
	towns := map[int]bool{}
	for _, town := range order[:n] {
		towns[town] = true
	}
	return towns
}

// spread makes neighbours in i differ in all bits.
func spread(i uint64) uint64 {
	i *= 0x9e3779b97f4a7c15
	return i ^ i>>29
}

// editedSource is a synthetic config after an edit, with a task everywhere.
type editedSource struct {
	*source
	edit    edit
	changes []poi.POIChange // once tracked
	rows    int64           // POIs after the edit, once tracked
}

// Config implements poi.Source.
func (s *editedSource) Config(context.Context) (*poi.Config, error) {
	title := cmp.Or(s.edit.title, "Everywhere")
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return &poi.Config{
		Merchants: []poi.Merchant{{ID: "m1", Name: "Tea House"}},
		Prizes:    []poi.Prize{{ID: "badge", Name: "Badge", Kind: poi.Collectable, Merchant: "m1"}},
		Tasks: []poi.Task{{
			ID: "t1", Title: title, Merchant: "m1", Set: poi.AllPOIs, ClaimRadius: 50,
			When:   poi.Schedule{Start: from, End: from.AddDate(10, 0, 0)},
			Prizes: []poi.TaskPrize{{Prize: "badge", Weight: 1}},
		}},
	}, nil
}

// POIs implements poi.Source.
func (s *editedSource) POIs(ctx context.Context) iter.Seq2[*poi.POIBatch, error] {
	return func(yield func(*poi.POIBatch, error) bool) {
		for batch, err := range s.source.POIs(ctx) {
			if err == nil && s.edit.touches != nil {
				s.apply(batch)
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// apply edits a batch.
func (s *editedSource) apply(b *poi.POIBatch) {
	r := s.points.Reader()
	kept := b.Rows[:0]
	for _, row := range b.Rows {
		i := row.Line - 1
		if _, town := r.At(i); !s.edit.touches(i, town) || editRow(&row, i) {
			kept = append(kept, row)
		}
	}
	b.Rows = kept
}

// editRow edits a POI, of ten in a row: four are moved by some metres, two by some
// kilometres, two get another name, one gets another id, one is closed. It
// reports whether there still is one.
func editRow(row *poi.POIRow, i int) bool {
	shift := func(e7 int32) {
		row.Pos.Lat = min(max(row.Pos.Lat+e7, -coord.MaxLatE7), coord.MaxLatE7)
	}
	switch spread(uint64(i)+1) >> 32 % 10 {
	case 0, 1, 2, 3:
		shift(int32(100 + i%300))
	case 4, 5:
		shift(int32(100_000 + i%100_000))
	case 6, 7:
		row.Name = "New " + row.Name
	case 8:
		row.ID += "-new"
	default:
		return false
	}
	return true
}
