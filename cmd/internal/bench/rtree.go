package bench

import (
	"cmp"
	"math"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"

	"github.com/tidwall/rtree"
)

// peerRTree is the peer of lookups, as rows call it.
const peerRTree = "tidwall/rtree"

// inOrder are the points in order of number: the order in which a config comes.
func inOrder(p *Points) []coord.E7 {
	r := p.Reader()
	at := make([]coord.E7, p.Len())
	for i := range at {
		at[i], _ = r.At(i)
	}
	return at
}

// sortedByCell are points in the order of the index.
func sortedByCell(g *grid.Grid, points []coord.E7) []coord.E7 {
	type keyed struct {
		cell grid.Cell
		at   coord.E7
	}
	all := make([]keyed, len(points))
	for i, p := range points {
		all[i] = keyed{g.Cell(p), p}
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Compare(a.cell, b.cell) })
	sorted := make([]coord.E7, len(all))
	for i := range all {
		sorted[i] = all[i].at
	}
	return sorted
}

// newTree inserts points one by one. The value of a point is its number in the
// slice.
func newTree(points []coord.E7) *rtree.RTreeG[int32] {
	t := &rtree.RTreeG[int32]{}
	for i, p := range points {
		at := [2]float64{float64(p.Lng) / 1e7, float64(p.Lat) / 1e7}
		t.Insert(at, at, int32(i))
	}
	return t
}

// searchTree visits the points in a box of the window's mean size around each
// position.
func searchTree(t *rtree.RTreeG[int32], positions []coord.E7, cell grid.Size, radius int) tally {
	const metresPerDegree = 111319.49
	var found tally
	half := float64(2*radius+1) / 2 * float64(cell) / metresPerDegree
	for _, p := range positions {
		lat, lng := float64(p.Lat)/1e7, float64(p.Lng)/1e7
		wide := half / math.Cos(lat*(math.Pi/180))
		t.Search([2]float64{lng - wide, lat - half}, [2]float64{lng + wide, lat + half},
			func(at, _ [2]float64, n int32) bool {
				found.found++
				found.sum += int64(at[1]) + int64(n)
				return true
			})
	}
	return found
}
