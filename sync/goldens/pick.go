package goldens

import (
	"cmp"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

// How many positions Pick takes of each kind, at most. Together they are no more
// than a manifest may have.
const (
	perSegments = 8 // segments, evenly over the release: both borders and the middle
	dense       = 5
	sparse      = 4
	empty       = 4
	sampled     = 64 // postings among which the sparse are sought
)

// Pick chooses positions to ask at: at both ends of segments, where windows reach
// into the next, and in their middle; in the cells that the caller knows to be
// crowded; where there is little; and where there is nothing. It depends on the
// postings alone, so that releases of the same content are asked the same.
func (m Map) Pick(crowded []grid.Cell) (positions []coord.E7, err error) {
	err = index.Protect(func() error {
		positions = m.ofSegments()
		if positions, err = m.ofCells(positions, crowded); err != nil {
			return err
		}
		positions = m.ofSamples(positions)
		return nil
	})
	if err != nil {
		return nil, err
	}
	seen := map[coord.E7]bool{}
	positions = slices.DeleteFunc(positions, func(p coord.E7) bool {
		before := seen[p]
		seen[p] = true
		return before || !p.Valid()
	})
	return positions[:min(len(positions), manifest.MaxGolden)], nil
}

func (m Map) ofSegments() (positions []coord.E7) {
	segments := m.Index.Segments()
	for i := range evenly(len(segments), perSegments) {
		p := segments[i].Postings()
		positions = append(positions, p[0].Pos, p[len(p)/2].Pos, p[len(p)-1].Pos)
	}
	return positions
}

func (m Map) ofCells(positions []coord.E7, cells []grid.Cell) ([]coord.E7, error) {
	for _, c := range cells[:min(len(cells), dense)] {
		southWest, northEast, err := m.Index.Grid().Bounds(c)
		if err != nil {
			return nil, err
		}
		positions = append(positions, coord.WGS84{Lat: (southWest.Lat + northEast.Lat) / 2, Lng: (southWest.Lng + northEast.Lng) / 2}.E7())
	}
	return positions, nil
}

// sample is a posting, and how many are around it.
type sample struct {
	pos      coord.E7
	postings int
}

// ofSamples adds where little is, and near to that, where nothing is.
func (m Map) ofSamples(positions []coord.E7) []coord.E7 {
	var samples []sample
	var ranges []index.Range
	around := func(p coord.E7) (n int) {
		ranges = m.Index.Window(p, m.Radius, nil, ranges[:0])
		for _, r := range ranges {
			n += int(r.End - r.First)
		}
		return n
	}
	segments := m.Index.Segments()
	each := max(1, sampled/max(len(segments), 1))
	for i := range evenly(len(segments), sampled) {
		p := segments[i].Postings()
		for k := range evenly(len(p), each) {
			samples = append(samples, sample{p[k].Pos, around(p[k].Pos)})
		}
	}
	slices.SortStableFunc(samples, func(a, b sample) int { return cmp.Compare(a.postings, b.postings) })
	for _, s := range samples[:min(len(samples), sparse)] {
		positions = append(positions, s.pos)
	}
	positions = append(positions, coord.E7{})
	found := 1
	beside := int32(2*m.Radius+1) * int32(m.Index.Grid().Size()) * perMetre
	for _, s := range samples {
		p := coord.E7{Lat: s.pos.Lat + beside, Lng: s.pos.Lng}
		if found < empty && p.Valid() && around(p) == 0 {
			positions = append(positions, p)
			found++
		}
	}
	return positions
}

// perMetre is about how many units of latitude a metre has: 10^7 / 111,319.
const perMetre = 90

// evenly yields up to most numbers of 0…n-1, evenly and with the first.
func evenly(n, most int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range min(n, most) {
			if !yield(i * n / min(n, most)) {
				return
			}
		}
	}
}
