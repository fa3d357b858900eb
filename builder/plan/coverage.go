package plan

import (
	"cmp"
	"context"
	"slices"

	"geodrop/builder/extsort"
	"geodrop/grid"
)

// coverage counts the cells of each district from which players see drops.
func (c *comparison) coverage() error {
	for i, s := range c.sides {
		seen, err := s.coverage(c.ctx, c.plan.Grid.Radius)
		if err != nil {
			return err
		}
		c.seen[i] = seen
	}
	return nil
}

// sumCoverage enters the counts of the cells.
func (c *comparison) sumCoverage() {
	for i, s := range c.sides {
		for no, d := range s.release.Catalog().Districts {
			at := c.seen[i][no]
			for _, to := range []*Coverage{&c.sums.districts[d.Adcode].Coverage, &c.plan.Coverage} {
				[2]*Seen{&to.Before, &to.After}[i].add(at)
			}
		}
	}
}

// coverage goes through the map row by row, from the south: the cells noted come
// in the same order, and only those of some rows are held.
func (s *side) coverage(ctx context.Context, radius int) ([]Seen, error) {
	it, err := s.cells.Sort(ctx)
	if err != nil {
		return nil, err
	}
	seen := make([]Seen, len(s.release.Catalog().Districts))
	districts := newDistrictRows(s.grid, s.release.Areas())
	noted := &notedRows{it: it, more: it.Next()}
	first, last := s.grid.Rows()
	for no := first; no <= last; no++ {
		if no%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		noted.turnTo(no, radius)
		row := s.grid.Row(no)
		spans := noted.seenFrom(s.grid, &row, radius)
		dense := noted.dense(no)
		districts.row(&row, func(district uint32, cells span) {
			seen[district].add(tally(cells, spans, dense))
		})
	}
	return seen, it.Err()
}

// tally counts the cells of a run.
func tally(cells span, seen []span, dense []int) Seen {
	n := Seen{Cells: int64(cells.last - cells.first + 1)}
	i, _ := slices.BinarySearchFunc(seen, cells.first, func(s span, col int) int { return cmp.Compare(s.last, col) })
	for _, s := range seen[i:] {
		if s.first > cells.last {
			break
		}
		n.Seen += int64(min(s.last, cells.last) - max(s.first, cells.first) + 1)
	}
	i, _ = slices.BinarySearch(dense, cells.first)
	for _, col := range dense[i:] {
		if col > cells.last {
			break
		}
		n.Dense++
		if _, in := slices.BinarySearchFunc(seen, col, spanHolds); in {
			n.DenseSeen++
		}
	}
	return n
}

func spanHolds(s span, col int) int {
	switch {
	case s.last < col:
		return -1
	case s.first > col:
		return 1
	}
	return 0
}

// notedRows are the noted cells of the rows around one.
type notedRows struct {
	it    *extsort.Iterator
	more  bool
	rows  []notedRow // by number
	spans []span
}

type notedRow struct {
	no      int
	dropped []int // columns with drops
	dense   []int
}

// turnTo reads the rows up to radius beyond a row, and forgets those before.
func (n *notedRows) turnTo(no, radius int) {
	n.rows = slices.DeleteFunc(n.rows, func(r notedRow) bool { return r.no < no-radius })
	for n.more && int(n.it.Key()>>32) <= no+radius {
		row, col, flags := int(n.it.Key()>>32), int(uint32(n.it.Key())), n.it.Payload()[0]
		if len(n.rows) == 0 || n.rows[len(n.rows)-1].no != row {
			n.rows = append(n.rows, notedRow{no: row})
		}
		r := &n.rows[len(n.rows)-1]
		if flags&cellDrops != 0 {
			r.dropped = append(r.dropped, col)
		}
		if flags&cellDense != 0 {
			r.dense = append(r.dense, col)
		}
		n.more = n.it.Next()
	}
}

// dense are the columns of the dense cells of a row.
func (n *notedRows) dense(no int) []int {
	for i := range n.rows {
		if n.rows[i].no == no {
			return n.rows[i].dense
		}
	}
	return nil
}

// seenFrom are the runs of the cells of a row whose windows hold a drop, in
// order and apart from each other.
func (n *notedRows) seenFrom(g *grid.Grid, row *grid.Row, radius int) []span {
	n.spans = n.spans[:0]
	for i := range n.rows {
		other := g.Row(n.rows[i].no)
		for _, col := range n.rows[i].dropped {
			n.spans = appendSeers(n.spans, row, &other, col, radius)
		}
	}
	slices.SortFunc(n.spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	merged := n.spans[:0]
	for _, s := range n.spans {
		if last := len(merged) - 1; last >= 0 && s.first <= merged[last].last+1 {
			merged[last].last = max(merged[last].last, s.last)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// appendSeers appends the runs of the cells of a row whose windows hold a cell of
// another row, or of the same.
func appendSeers(spans []span, row, other *grid.Row, col, radius int) []span {
	if 2*radius+1 >= other.Cols {
		return append(spans, span{0, row.Cols - 1})
	}
	west, east := col-radius, col+radius
	switch {
	case west < 0:
		spans = appendUnder(spans, row, other, west+other.Cols, other.Cols-1)
		return appendUnder(spans, row, other, 0, east)
	case east >= other.Cols:
		spans = appendUnder(spans, row, other, west, other.Cols-1)
		return appendUnder(spans, row, other, 0, east-other.Cols)
	}
	return appendUnder(spans, row, other, west, east)
}

// appendUnder appends the cells of a row whose middles are in some columns of
// another.
func appendUnder(spans []span, row, other *grid.Row, west, east int) []span {
	if row.Cols == other.Cols { // of one band, or of two alike
		return append(spans, span{west, east})
	}
	first, end := firstUnder(row, other, west), row.Cols
	if east+1 < other.Cols {
		end = firstUnder(row, other, east+1)
	}
	if first < end {
		spans = append(spans, span{first, end - 1})
	}
	return spans
}

// firstUnder is the first cell of a row whose middle is in a column of another,
// or east of it.
func firstUnder(row, other *grid.Row, col int) int {
	c := max(col*row.Cols/other.Cols-1, 0)
	for c < row.Cols && other.Column(row.MiddleOf(c)) < col {
		c++
	}
	return c
}
