package query

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
)

// candidate is a posting that may become a drop of the answer.
type candidate struct {
	distance coord.Metres
	segment  uint32
	posting  uint32
}

// nearest keeps the nearest of the postings that it is given, in the order of
// distance and then id. It is a binary heap with the farthest on top, made when
// there are more than limit: n postings cost n·log(limit) at worst. Most of a
// crowd costs two multiplications, since a bound tells that they are too far;
// an id is read only where two are equally near.
type nearest struct {
	segments []*index.Segment
	limit    int
	from     coord.WGS84
	fromE7   coord.E7
	latUnit  coord.Metres // no more than what 1e-7 degrees of latitude span
	lngUnit  coord.Metres // the same of longitude, up to maxBounded of them
	kept     []candidate
	heaped   bool
	dropped  bool // some were not kept
}

// The bounds are for differences of at most 5 degrees and leave room for the
// sine of that and for the rounding of E7.
const (
	maxBounded = 5 * 10_000_000
	boundRate  = 0.998
	boundSlack = coord.Metres(0.02)
)

func (n *nearest) reset(segments []*index.Segment, from coord.WGS84, limit int) {
	const unit = boundRate * coord.EarthRadius * math.Pi / 180 / 1e7
	*n = nearest{
		segments: segments, limit: limit, from: from, fromE7: from.E7(),
		latUnit: unit, lngUnit: unit * coord.Metres(math.Cos(float64(from.Lat)*math.Pi/180)), kept: n.kept[:0],
	}
}

// add offers a posting of a segment.
func (n *nearest) add(segment, posting uint32, pos coord.E7) {
	if len(n.kept) < n.limit {
		n.kept = append(n.kept, candidate{n.from.Distance(pos.WGS84()), segment, posting})
		return
	}
	n.dropped = true
	n.heap()
	if n.beyond(pos, n.kept[0].distance+boundSlack) {
		return
	}
	c := candidate{n.from.Distance(pos.WGS84()), segment, posting}
	if n.farther(&n.kept[0], &c) {
		n.kept[0] = c
		n.sink(0, len(n.kept))
	}
}

// beyond reports whether a position is sure to be farther than a distance: it
// is at least as far as its parallel is, and as its meridian is.
func (n *nearest) beyond(p coord.E7, distance coord.Metres) bool {
	lat, lng := int64(p.Lat)-int64(n.fromE7.Lat), int64(p.Lng)-int64(n.fromE7.Lng)
	lat, lng = max(lat, -lat), max(lng, -lng)
	return coord.Metres(lat)*n.latUnit > distance || lng <= maxBounded && coord.Metres(lng)*n.lngUnit > distance
}

// sortByDistance puts the nearest first.
func (n *nearest) sortByDistance() {
	n.heap()
	for end := len(n.kept) - 1; end > 0; end-- {
		n.kept[0], n.kept[end] = n.kept[end], n.kept[0]
		n.sink(0, end)
	}
}

// sortByIndex puts them in the order of segments and postings.
func (n *nearest) sortByIndex() {
	slices.SortFunc(n.kept, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.segment, b.segment), cmp.Compare(a.posting, b.posting))
	})
}

func (n *nearest) heap() {
	if n.heaped {
		return
	}
	for i := len(n.kept)/2 - 1; i >= 0; i-- {
		n.sink(i, len(n.kept))
	}
	n.heaped = true
}

// sink moves the candidate at i down to its place in the heap kept[:end].
func (n *nearest) sink(i, end int) {
	for {
		child := 2*i + 1
		if child >= end {
			return
		}
		if child+1 < end && n.farther(&n.kept[child+1], &n.kept[child]) {
			child++
		}
		if !n.farther(&n.kept[child], &n.kept[i]) {
			return
		}
		n.kept[i], n.kept[child] = n.kept[child], n.kept[i]
		i = child
	}
}

// farther reports whether a comes after b.
func (n *nearest) farther(a, b *candidate) bool {
	return a.distance > b.distance || a.distance == b.distance && n.idAfter(a, b)
}

func (n *nearest) idAfter(a, b *candidate) bool { return bytes.Compare(n.id(a), n.id(b)) > 0 }

// id is the id of the candidate's POI; nil where its text is corrupt, which
// shows when the text is copied into the answer.
func (n *nearest) id(c *candidate) []byte {
	s := n.segments[c.segment]
	t, err := catalog.ParseText(s.Text(s.Postings()[c.posting]))
	if err != nil {
		return nil
	}
	return t.ID
}
