package plan

import (
	"cmp"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// span is a run of columns of one row, both ends included, without wrapping.
type span struct{ first, last int }

// edge is one of a district's border that crosses the middle of some row.
type edge struct{ a, b coord.E7 } // a south of b

// districtRows cuts the districts of a release into runs of cells, row after row
// from the south.
type districtRows struct {
	areas *grid.AreaIndex
	grid  *grid.Grid
	edges []edge // by their south ends
	open  []edge // that may cross the rows to come
	cuts  []int32
}

func newDistrictRows(g *grid.Grid, areas *grid.AreaIndex) *districtRows {
	d := &districtRows{areas: areas, grid: g}
	for _, ring := range areas.Rings {
		for i, a := range ring {
			d.add(a, ring[(i+1)%len(ring)])
		}
	}
	slices.SortFunc(d.edges, func(a, b edge) int { return cmp.Compare(a.a.Lat, b.a.Lat) })
	return d
}

// add adds an edge, unless it lies between the middles of two rows, as nearly all
// do where borders are drawn finely.
func (d *districtRows) add(a, b coord.E7) {
	if a.Lat > b.Lat {
		a, b = b, a
	}
	if a.Lat == b.Lat {
		return
	}
	row, _, _ := d.grid.RowCol(d.grid.Cell(a))
	middle := d.grid.Row(row)
	if _, last := d.grid.Rows(); middle.Middle < a.Lat && row < last {
		middle = d.grid.Row(row + 1)
	}
	if a.Lat <= middle.Middle && middle.Middle < b.Lat {
		d.edges = append(d.edges, edge{a, b})
	}
}

// row calls yield with the runs of the cells of a row whose middles are in one
// district. Rows come in their order.
func (d *districtRows) row(r *grid.Row, yield func(district uint32, cells span)) {
	d.turnTo(r.Middle)
	d.cuts = d.cuts[:0]
	for _, e := range d.open {
		d.cuts = append(d.cuts, e.crossing(r.Middle))
	}
	slices.Sort(d.cuts)
	from := 0
	for _, cut := range append(d.cuts, coord.MaxLngE7) {
		to := r.Cols
		if cut < coord.MaxLngE7 {
			to = r.FirstFrom(cut)
		}
		if to <= from {
			continue
		}
		if district, in := d.areas.First(coord.E7{Lat: r.Middle, Lng: r.MiddleOf(from)}); in {
			yield(district, span{from, to - 1})
		}
		from = to
	}
}

// turnTo opens and closes edges for a latitude.
func (d *districtRows) turnTo(lat int32) {
	d.open = slices.DeleteFunc(d.open, func(e edge) bool { return e.b.Lat <= lat })
	for len(d.edges) > 0 && d.edges[0].a.Lat <= lat {
		if d.edges[0].b.Lat > lat {
			d.open = append(d.open, d.edges[0])
		}
		d.edges = d.edges[1:]
	}
}

// crossing is the longitude at which the edge, taking the short way round the
// Earth, crosses a latitude between its ends.
func (e *edge) crossing(lat int32) int32 {
	const turn = 2 * int64(coord.MaxLngE7)
	width := int64(e.b.Lng) - int64(e.a.Lng)
	switch {
	case width > turn/2:
		width -= turn
	case width < -turn/2:
		width += turn
	}
	lng := int64(e.a.Lng) + ceilDiv(int64(lat-e.a.Lat)*width, int64(e.b.Lat)-int64(e.a.Lat))
	switch {
	case lng >= turn/2:
		lng -= turn
	case lng < -turn/2:
		lng += turn
	}
	return int32(lng)
}

// ceilDiv rounds up: a middle on an edge is east of it, hence in what lies there.
func ceilDiv(n, d int64) int64 {
	q := n / d
	if n%d > 0 {
		q++
	}
	return q
}
