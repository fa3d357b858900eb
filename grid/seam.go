package grid

import (
	"cmp"
	"context"
	"math"
	"slices"

	"geodrop/grid/coord"
)

// Seam is how two shapes that should share a border fail to: a strip that both
// hold, or a strip between them that none does.
//
//	┌───────┬─┬───────┐      ┌───────┐ ┌───────┐
//	│   A   │▒│   B   │      │   A   │▒│   B   │
//	└───────┴─┴───────┘      └───────┘ └───────┘
//	       overlap                   gap
//
// Its figures are those of all places where the two meet so.
type Seam struct {
	Kind   SeamKind
	A, B   int          // places in the slice of shapes, A ≤ B; equal for two polygons of one shape
	Width  coord.Metres // where it is widest, as far as was seen
	At     coord.E7     // in the middle of that place
	Length coord.Metres // along the border, about
	Area   float64      // square metres, about
}

// SeamKind is what is wrong with a seam.
type SeamKind uint8

// The kinds of seams.
const (
	Overlap   SeamKind = iota // both shapes hold the place
	Gap                       // none does, and both are near
	StrayHole                 // a hole outside its own polygon, and so a part of it
)

// String is the kind in a word or two.
func (k SeamKind) String() string {
	return [...]string{"overlap", "gap", "stray hole"}[k]
}

// Seams are what FindSeams finds.
type Seams struct {
	List    []Seam       // by A, B and Kind
	Step    coord.Metres // of the lines that were looked along
	Borders coord.Metres // length of all edges: of a shared one on either side
}

// SeamOptions are the options of FindSeams. The zero value looks for strips from
// 1 m up, along lines 25 m apart.
type SeamOptions struct {
	// Step is the distance of neighbouring lines; default 25 m. It is raised
	// where the lines would cross more than MaxCrossings edges.
	Step         coord.Metres
	MaxCrossings int          // default 5e7, some seconds of one processor
	MinWidth     coord.Metres // of what counts; default 1 m, which rounding alone can make
	MaxGap       coord.Metres // what is wider is no gap but a lake or the sea; default 200 m
}

func (o *SeamOptions) withDefaults() SeamOptions {
	return SeamOptions{
		Step:         cmp.Or(o.Step, 25),
		MaxCrossings: cmp.Or(o.MaxCrossings, 50_000_000),
		MinWidth:     cmp.Or(o.MinWidth, 1),
		MaxGap:       cmp.Or(o.MaxGap, 200),
	}
}

// metresPerUnit is the length of 1e-7 degrees of the equator.
const metresPerUnit = CentimetresPerDegree / 100 / 1e7

// FindSeams finds where shapes overlap or leave gaps. It looks along parallels
// and meridians that are a step apart, and counts what lies between the edges
// that they cross: so a seam is found, however thin, where it is as long as a
// step to the north or to the east. The time grows with the length of all
// borders, and hardly with the number of their vertices. Where more than 8
// shapes hold one place, only the first of them are looked at.
//
// Shapes need not be valid. The error is that of the context.
func FindSeams(ctx context.Context, shapes []Shape, o SeamOptions) (Seams, error) {
	o = o.withDefaults()
	f := &seamFinder{shapes: shapes, opts: o}
	rings := f.collect()
	parallels, meridians := f.edges(rings, false), f.edges(rings, true)
	f.step = seamStep(&o, parallels, meridians)
	total := seamTally{}
	for _, edges := range []*seamEdges{parallels, meridians} {
		if err := f.scan(ctx, edges, total); err != nil {
			return Seams{}, err
		}
	}
	return Seams{List: total.seams(f.stepMetres()), Step: f.stepMetres(), Borders: coord.Metres(f.borders)}, nil
}

// seamStep is the step in E7 units, as fine as MaxCrossings allows.
func seamStep(o *SeamOptions, all ...*seamEdges) int64 {
	length := 0.0
	for _, edges := range all {
		for i := range edges.list {
			length += float64(edges.list[i].s2 - edges.list[i].s1)
		}
	}
	step := max(float64(o.Step)/metresPerUnit, length/float64(o.MaxCrossings))
	return int64(math.Ceil(min(step, float64(turn))))
}

func (f *seamFinder) stepMetres() coord.Metres {
	return coord.Metres(float64(f.step) * metresPerUnit)
}

// seamKey names a seam, seamSum adds up what the lines see of it.
type seamKey struct {
	a, b int32
	kind SeamKind
}

type seamSum struct {
	lines [2]float64 // parallels and meridians that cross it, those in steps of the equator
	areas [2]float64 // square metres, as seen along each
	thin  float64    // square metres: each strip weighted by how squarely it is crossed
	width float64    // metres
	at    coord.E7
	work  int // vertices looked at to measure the width
}

type seamTally map[seamKey]*seamSum

// add adds what was seen along other lines. The order of additions is that of
// the lines, so that equal shapes give equal sums.
func (t seamTally) add(other seamTally) {
	for key, sum := range other {
		all := t[key]
		if all == nil {
			all = &seamSum{}
			t[key] = all
		}
		for i := range sum.lines {
			all.lines[i] += sum.lines[i]
			all.areas[i] += sum.areas[i]
		}
		all.thin += sum.thin
		if sum.width > all.width {
			all.width, all.at = sum.width, sum.at
		}
	}
}

func (t seamTally) seams(step coord.Metres) []Seam {
	list := make([]Seam, 0, len(t))
	for key, sum := range t {
		list = append(list, Seam{
			Kind: key.kind, A: int(key.a), B: int(key.b),
			Width: coord.Metres(sum.width), At: sum.at,
			Length: step * coord.Metres(math.Hypot(sum.lines[0], sum.lines[1])), Area: sum.area(key.kind),
		})
	}
	slices.SortFunc(list, func(a, b Seam) int {
		return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B), cmp.Compare(a.Kind, b.Kind))
	})
	return list
}

// area is that seen along the lines that cross more often, which see it more
// finely. A gap has no end along itself, so it is seen across alone, and there
// both directions share it.
func (s *seamSum) area(kind SeamKind) float64 {
	switch {
	case kind == Gap:
		return s.thin
	case s.lines[1] > s.lines[0]:
		return s.areas[1]
	}
	return s.areas[0]
}
