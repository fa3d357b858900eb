package patch

import (
	"fmt"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

// old are the records of the segments that a patch starts from, in their order,
// as one list, and their combinations as another.
type old struct {
	segments []*index.Segment
	records  []int    // before each segment, and the end
	combos   []uint32 // before each segment, and the end
}

func newOld(g *grid.Grid, from []Segment) (*old, error) {
	o := &old{records: []int{0}, combos: []uint32{0}}
	for i, s := range from {
		if s.CellSize() != g.Size() {
			return nil, fmt.Errorf("%w: cells of %d m on a grid of %d m", ErrOther, s.CellSize(), g.Size())
		}
		if i > 0 {
			_, before := from[i-1].Tiles()
			if first, _ := s.Tiles(); first <= before {
				return nil, fmt.Errorf("%w: old segment %d does not come after the one before", ErrOther, i)
			}
		}
		o.segments = append(o.segments, s.Segment)
		o.records = append(o.records, o.records[i]+s.Len())
		o.combos = append(o.combos, o.combos[i]+uint32(s.Combos()))
	}
	return o, nil
}

// len is the number of records, known the combinations.
func (o *old) len() int      { return o.records[len(o.segments)] }
func (o *old) known() uint32 { return o.combos[len(o.segments)] }

// segment is the one of a record.
func (o *old) segment(i int) int {
	n := 0
	for i >= o.records[n+1] {
		n++
	}
	return n
}

// at is a record, its combination counted in all segments.
func (o *old) at(i int) index.Posting {
	n := o.segment(i)
	p := o.segments[n].Postings()[i-o.records[n]]
	p.Combo += o.combos[n]
	return p
}

// text is the text of a record.
func (o *old) text(i int) []byte {
	n := o.segment(i)
	return o.segments[n].Text(o.segments[n].Postings()[i-o.records[n]])
}

// digests are those of the segments.
func digests(from []Segment) []manifest.Digest {
	d := make([]manifest.Digest, len(from))
	for i, s := range from {
		d[i] = s.Object.Digest
	}
	return d
}
