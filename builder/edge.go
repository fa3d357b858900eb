package builder

import (
	"math"

	"geodrop/grid"
)

// edges say where segments are cut, so that an edit of a few POIs leaves nearly
// all cuts where they were, without a look at the release before:
//
//	        least         mean                    most
//	├─────────┼────────────┼────────────────────────┤
//	   never    at tiles drawn by their key, each      at the next tile
//	            as likely as it is large
//
// A cut depends on the bytes since the one before it and on the tile: an edit
// moves it only if the tile is at the edge of its chance, or the segment at one
// of the two bounds; and after a cut that did move, the next tile that is drawn
// in both is the same again.
type edges struct{ mean int64 }

const (
	leastShare = 2 // of the mean: no cut below mean/leastShare
	mostTimes  = 2 // the mean: the next tile is cut above
)

// Small segments spare an edit of a district most of the work. But a process
// has room for some 65,000 mappings (Linux, vm.max_map_count) and as many open
// files (LimitNOFILE of the units that geodrop generates), and a node has one of
// both for each segment of two releases.
const (
	leastMean   = 384 << 10
	smallConfig = 1 << 25 // POIs: some 5,500 segments of leastMean
)

// scale is the mean size of segments: of configs with more POIs than small, it is
// twice as large for twice as many. Where it steps, all segments are others.
type scale struct{ least, small int64 }

func (s scale) mean(pois int64) int64 {
	mean := s.least
	for ; pois > s.small && mean < maxSegmentBytes; pois /= 2 {
		mean *= 2
	}
	return min(mean, maxSegmentBytes)
}

// meanSegment is the mean size of segments of a config with so many POIs.
func (b *build) meanSegment(pois int64) int64 {
	if b.opts.SegmentBytes > 0 {
		return b.opts.SegmentBytes
	}
	return b.opts.scale.mean(pois)
}

// cut reports whether a segment of so many bytes ends before tile t; the tile
// before it took the last of them.
func (e edges) cut(size, last int64, t grid.Tile) bool {
	least := e.mean / leastShare
	switch {
	case size < least:
		return false
	case size >= mostTimes*e.mean:
		return true
	}
	// Past the least, the mean way to go is that to the mean.
	chance := float64(last) / float64(max(e.mean-least, 1))
	return float64(mix(uint64(t))) < chance*math.MaxUint64
}

// mix spreads a key over all numbers (the finaliser of SplitMix64: Steele, Lea,
// Flood, Fast splittable pseudorandom number generators, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
