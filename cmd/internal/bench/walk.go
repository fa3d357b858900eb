package bench

import (
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// maxRanges is room for the runs of a window of radius 2: 5 rows in 2 tiles
// each, and what ranges asks for ahead.
const maxRanges = 64

// visitEach reads every posting in the window of each position.
func visitEach(x *index.Index, radius int, positions []coord.E7) (t tally, err error) {
	ranges := make([]index.Range, 0, maxRanges)
	err = index.Protect(func() error {
		for _, p := range positions {
			ranges = x.Window(p, radius, nil, ranges[:0])
			t.visit(x, ranges)
		}
		return nil
	})
	return t, err
}

// visitProtected is visitEach with each lookup protected on its own, as in a
// node that serves requests.
func visitProtected(x *index.Index, radius int, positions []coord.E7) (t tally, err error) {
	ranges := make([]index.Range, 0, maxRanges)
	for _, p := range positions {
		err = index.Protect(func() error {
			ranges = x.Window(p, radius, nil, ranges[:0])
			t.visit(x, ranges)
			return nil
		})
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t *tally) visit(x *index.Index, ranges []index.Range) {
	segments := x.Segments()
	for _, r := range ranges {
		postings := segments[r.Segment].Postings()[r.First:r.End]
		for i := range postings {
			t.sum += int64(postings[i].Pos.Lat)
		}
		t.found += len(postings)
	}
}

// locateEach finds the postings in the window of each position and reads none.
func locateEach(x *index.Index, radius int, positions []coord.E7) (t tally, err error) {
	ranges := make([]index.Range, 0, maxRanges)
	err = index.Protect(func() error {
		for _, p := range positions {
			ranges = x.Window(p, radius, nil, ranges[:0])
			for _, r := range ranges {
				t.found += int(r.End - r.First)
				t.sum += int64(r.First)
			}
		}
		return nil
	})
	return t, err
}
