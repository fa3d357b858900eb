package grid

import (
	"context"
	"math"
	"slices"

	"geodrop/grid/coord"
)

const (
	seamChunks = 64        // parts of the map that are looked at by themselves
	seamDepth  = 8         // shapes at one place that are told apart
	seamWork   = 4_000_000 // vertices looked at to measure one seam in one chunk
)

// scan looks along all lines of one direction.
func (f *seamFinder) scan(ctx context.Context, edges *seamEdges, total seamTally) error {
	if len(edges.list) == 0 {
		return ctx.Err()
	}
	first, last := edges.list[0].s1, edges.list[0].s2
	for i := range edges.list {
		last = max(last, edges.list[i].s2)
	}
	from, to := ceilDiv(max(first, -turn/2), f.step), ceilDiv(min(last, turn/2), f.step)
	chunks := make([]seamLines, seamChunks)
	forEach(len(chunks), func(i int) {
		c := &chunks[i]
		*c = seamLines{seamFinder: f, seamEdges: edges, tally: seamTally{}}
		c.run(ctx, from+(to-from)*int64(i)/seamChunks, from+(to-from)*int64(i+1)/seamChunks)
	})
	for i := range chunks {
		total.add(chunks[i].tally)
	}
	return ctx.Err()
}

func ceilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// seamLines looks along some lines, one after the other.
type seamLines struct {
	*seamFinder
	*seamEdges
	tally seamTally

	active []int32    // edges that the current line may meet
	meets  []seamMeet // in order
	inside []int32    // rings that hold the place on the line, in order
	covers []seamCover
}

// A seamMeet is where a line meets an edge, in one word that sorts by place.
//
//	┌──────────────────────┬────────────┐
//	│ 34: t, from -2 turns │ 30: edge   │
//	└──────────────────────┴────────────┘
type seamMeet uint64

const seamEdgeBits = 30

// newSeamMeet brings a place that no longitude can have within two turns, so
// that it fits.
func newSeamMeet(t int64, edge int32) seamMeet {
	t = min(max(t, -2*turn), 2*turn)
	return seamMeet(t+2*turn)<<seamEdgeBits | seamMeet(edge)
}

func (m seamMeet) t() int64    { return int64(m>>seamEdgeBits) - 2*turn }
func (m seamMeet) edge() int32 { return int32(m & (1<<seamEdgeBits - 1)) }

// A seamCover is a polygon that holds a place.
type seamCover struct{ shape, polygon int32 }

// run looks along the lines from·step…to·step.
func (l *seamLines) run(ctx context.Context, from, to int64) {
	next := 0
	for n := from; n < to && ctx.Err() == nil; n++ {
		s := n * l.step
		kept := l.active[:0]
		for _, i := range l.active {
			if l.list[i].s2 > s {
				kept = append(kept, i)
			}
		}
		for ; next < len(l.list) && l.list[next].s1 <= s; next++ {
			if l.list[next].s2 > s {
				kept = append(kept, int32(next))
			}
		}
		l.active = kept
		l.line(s)
	}
}

// line walks along a line, over all that it meets.
func (l *seamLines) line(s int64) {
	l.meets, l.inside = l.meets[:0], l.inside[:0]
	for _, i := range l.active {
		l.meets = append(l.meets, newSeamMeet(l.list[i].crosses(s), i))
	}
	slices.Sort(l.meets)
	for i, m := range l.meets {
		l.toggle(l.list[m.edge()].ring)
		if i+1 < len(l.meets) && l.meets[i+1].t() > m.t() {
			l.stretch(s, m, l.meets[i+1])
		}
	}
}

func (l *seamLines) toggle(ring int32) {
	at, found := slices.BinarySearch(l.inside, ring)
	if found {
		l.inside = slices.Delete(l.inside, at, at+1)
	} else {
		l.inside = slices.Insert(l.inside, at, ring)
	}
}

// stretch looks at what lies between two neighbours on a line.
func (l *seamLines) stretch(s int64, from, to seamMeet) {
	switch rings := l.inside; len(rings) {
	case 0:
		l.uncovered(s, from, to)
		return
	case 1:
		if !l.rings[rings[0]].hole {
			return // what nearly all of the map is like
		}
	}
	stray := l.cover()
	if stray >= 0 {
		l.found(s, from, to, seamKey{stray, stray, StrayHole})
	}
	if len(l.covers) == 0 {
		l.uncovered(s, from, to)
	}
	for i, a := range l.covers {
		for _, b := range l.covers[i+1:] {
			l.found(s, from, to, seamKey{a.shape, b.shape, Overlap})
		}
	}
}

// cover gathers the polygons that hold the place. stray is the shape of one that
// holds it by a hole alone, or -1.
func (l *seamLines) cover() (stray int32) {
	l.covers, stray = l.covers[:0], -1
	rings := l.inside[:min(len(l.inside), 4*seamDepth)]
	for first := 0; first < len(rings) && len(l.covers) < seamDepth; {
		r := &l.rings[rings[first]]
		last, outer := first, false
		for ; last < len(rings) && l.rings[rings[last]].polygon == r.polygon; last++ {
			outer = outer || !l.rings[rings[last]].hole
		}
		if (last-first)%2 == 1 {
			l.covers = append(l.covers, seamCover{r.shape, r.polygon})
		}
		if !outer {
			stray = r.shape
		}
		first = last
	}
	return stray
}

// uncovered looks whether a stretch that no shape holds is a gap.
func (l *seamLines) uncovered(s int64, from, to seamMeet) {
	a, b := l.rings[l.list[from.edge()].ring].shape, l.rings[l.list[to.edge()].ring].shape
	if a != b {
		l.found(s, from, to, seamKey{min(a, b), max(a, b), Gap})
	}
}

// found adds a stretch to a seam.
func (l *seamLines) found(s int64, from, to seamMeet, key seamKey) {
	first, last := from.t(), to.t()
	if !l.meridians {
		first, last = max(first, -turn/2), min(last, turn/2) // beyond, it is seen a turn away
	}
	if first >= last {
		return
	}
	middle := l.position(s, first+(last-first)/2)
	p := newPlane(middle)
	length := float64(last-first) * metresPerUnit
	across := float64(l.step) * metresPerUnit
	if l.meridians {
		across *= p.shrink
	} else {
		length *= p.shrink
	}
	if length < float64(l.opts.MinWidth) {
		return
	}
	thickness, square := l.thickness(p, s, from, to)
	if thickness < float64(l.opts.MinWidth) || key.kind == Gap && thickness > float64(l.opts.MaxGap) {
		return
	}
	sum := l.tally[key]
	if sum == nil {
		sum = &seamSum{}
		l.tally[key] = sum
	}
	sum.see(l.meridians, across/(float64(l.step)*metresPerUnit), length*across, square)
	l.measure(sum, key, p, middle, min(length, thickness))
}

func (s *seamSum) see(meridians bool, lines, area, square float64) {
	direction := 0
	if meridians {
		direction = 1
	}
	s.lines[direction] += lines
	s.areas[direction] += area
	s.thin += area * square
}

// thickness is the distance of each end of a stretch from the edge at the other
// end, the lesser one; square is the squared sine of the angle between the line
// and the edges, in the mean.
func (l *seamLines) thickness(p plane, s int64, from, to seamMeet) (metres, square float64) {
	metres = math.Inf(1)
	for _, end := range [2][2]seamMeet{{from, to}, {to, from}} {
		e := &l.list[end[1].edge()]
		var here, a, b planePoint
		if l.meridians {
			here = p.at(s, end[0].t())
			a, b = p.segment(e.s1, e.t1, e.s2, e.t2)
		} else {
			here = p.at(end[0].t(), s)
			a, b = p.segment(e.t1, e.s1, e.t2, e.s2)
		}
		metres = min(metres, here.toSegment(a, b))
		along, rise := b[0]-a[0], b[1]-a[1]
		if l.meridians {
			along, rise = rise, along
		}
		square += rise * rise / (rise*rise + along*along) / 2
	}
	return metres, square
}

// measure looks how wide the seam is at a place that may be its widest: one
// across whose edges it seems so may lie along the seam.
func (l *seamLines) measure(sum *seamSum, key seamKey, p plane, middle coord.E7, most float64) {
	if most <= sum.width*1.02 || sum.work > seamWork {
		return
	}
	sum.work += l.shapes[key.a].Vertices() + l.shapes[key.b].Vertices()
	width := p.distance(l.shapes[key.a], most)
	if key.b != key.a {
		width += p.distance(l.shapes[key.b], most)
	} else {
		width *= 2
	}
	if width = min(width, most); width > sum.width {
		sum.width, sum.at = width, middle
	}
}
