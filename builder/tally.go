package builder

import (
	"fmt"

	"geodrop/grid/index"
	"geodrop/poi/catalog"
)

// tally counts the postings of each combination of a release.
type tally struct {
	combos *index.Combinations
	counts []int64 // by the number of the combination
}

func (t *tally) add(combo uint32, n int64) {
	for int(combo) >= len(t.counts) {
		t.counts = append(t.counts, 0)
	}
	t.counts[combo] += n
}

// numbers are those of a segment's combinations in the release.
func (t *tally) numbers(s *index.Segment) ([]uint32, error) {
	numbers := make([]uint32, s.Combos())
	for n := range numbers {
		labels := s.Combo(uint32(n), nil)
		if _, ok := catalog.ParsePlace(labels); !ok {
			return nil, fmt.Errorf("%w: segment %s has unknown labels", catalog.ErrCorrupt, s.Path())
		}
		numbers[n] = t.combos.Add(labels)
	}
	return numbers, nil
}

// segment counts a whole segment.
func (t *tally) segment(s *index.Segment) error {
	numbers, err := t.numbers(s)
	if err != nil {
		return err
	}
	counts := make([]int64, len(numbers))
	for _, p := range s.Postings() {
		counts[p.Combo]++
	}
	for n, count := range counts {
		t.add(numbers[n], count)
	}
	return nil
}
