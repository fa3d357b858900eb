package query

import (
	"cmp"
	"context"
	"slices"

	"geodrop/grid/index"
)

// survey counts the places of a release by blocks of the map and by site. What
// can be seen of a site changes with the time, what is counted does not: a tile
// of the whole world adds up some thousand counts, and no posting is visited
// again until the next release.
//
//	level 0   blocks of zoom 16, or coarser: at most maxCounts counts
//	level 1   the same two zooms less fine
//	…         down to blocks of zoom 5, into which the tile of zoom 0 is divided
//
// The memory of it is bounded whatever the number of POIs: 8 MiB a level, of
// which the coarser ones need far less, and some 60 MiB while it is made. Making
// it costs a projection and an addition for each POI, and now and then a sort of
// at most maxCounts tallies.
type survey struct {
	levels []level // the finest first
}

// level has one size of blocks.
type level struct {
	zoom   int     // blocks are tiles of it
	counts []count // by block, then by site
}

// count is how many places of a site are in a block.
type count struct {
	block  uint32 // see world.block
	site   siteNo
	places uint32
	x, y   uint16 // where they are on average, in 2^-16 of the block
}

const (
	finestBlocks   = 16      // zoom of the blocks of a survey, if there are not too many
	coarsestBlocks = 5       // the least fine that a tile is divided into
	levelStep      = 2       // zooms from one level to the next
	maxCounts      = 1 << 19 // of a level
)

// level is the least fine level that has the blocks of a zoom, or nil.
func (s *survey) level(zoom int) *level {
	for i := len(s.levels) - 1; i >= 0; i-- {
		if s.levels[i].zoom >= zoom {
			return &s.levels[i]
		}
	}
	return nil
}

// finest is the zoom of the finest blocks.
func (s *survey) finest() int { return s.levels[0].zoom }

// of are the counts of a tile, which is no finer than the blocks.
func (l *level) of(t MapTile) []count {
	down := 2 * (l.zoom - t.Zoom)
	first := uint64(morton(t.X, t.Y)) << down
	search := func(block uint64) int {
		n, _ := slices.BinarySearchFunc(l.counts, block, func(c count, block uint64) int { return cmp.Compare(uint64(c.block), block) })
		return n
	}
	return l.counts[search(first):search(first+1<<down)]
}

// world is where the places of a count are on average.
func (c *count) world(zoom int) world {
	shift := worldBits - zoom
	x, y := unmorton(c.block)
	return world{x: uint64(x)<<shift + uint64(c.x)<<shift>>16, y: uint64(y)<<shift + uint64(c.y)<<shift>>16}
}

// newSurvey reads all postings, so it must run inside index.Protect. The error
// is that of the context.
func newSurvey(ctx context.Context, t *tables, segments []*index.Segment, most int) (*survey, error) {
	b, stop := surveyor{zoom: finestBlocks, most: most, tallies: map[blockSite]tally{}}, stopper{ctx: ctx}
	for i, s := range segments {
		postings, combos := s.Postings(), t.combos[i]
		for j := range postings {
			if err := stop.check(); err != nil {
				return nil, err
			}
			b.add(combos[postings[j].Combo], &postings[j])
		}
	}
	b.settle()
	s, sorted := &survey{}, b.sorted()
	for zoom := b.zoom; ; {
		s.levels = append(s.levels, newLevel(zoom, sorted))
		if zoom <= coarsestBlocks {
			return s, nil
		}
		up := min(levelStep, zoom-coarsestBlocks)
		sorted = coarser(sorted, zoom, up)
		zoom -= up
	}
}

type blockSite struct {
	block uint32
	site  siteNo
}

// tally is what is counted so far: the number of places, and the sums of their
// distances from the block's north-west corner.
type tally struct {
	places uint32
	x, y   uint64
}

// surveyor counts. Neighbours in the index are neighbours on the map, so that
// most places are added to a tally that was touched a moment ago.
type surveyor struct {
	zoom    int
	most    int // tallies
	tallies map[blockSite]tally
	recent  [256]struct {
		key   blockSite
		tally tally
	}
}

func (b *surveyor) add(site siteNo, p *index.Posting) {
	at, ok := project(p.Pos)
	if !ok {
		return
	}
	key := blockSite{at.block(b.zoom), site}
	r := &b.recent[uint8(key.block+uint32(site)*37)]
	if r.key != key {
		b.tell(r.key, r.tally)
		r.key, r.tally = key, tally{}
	}
	within := uint64(1)<<(worldBits-b.zoom) - 1
	r.tally.places++
	r.tally.x, r.tally.y = r.tally.x+at.x&within, r.tally.y+at.y&within
	if len(b.tallies) > b.most && b.zoom > coarsestBlocks {
		b.settle()
	}
}

func (b *surveyor) tell(key blockSite, more tally) {
	if more.places == 0 {
		return
	}
	t := b.tallies[key]
	b.tallies[key] = tally{t.places + more.places, t.x + more.x, t.y + more.y}
}

// settle tells all that is recent. Where that makes too many tallies, blocks
// become coarser until half as many are left: so it is done seldom.
func (b *surveyor) settle() {
	for i := range b.recent {
		b.tell(b.recent[i].key, b.recent[i].tally)
		b.recent[i].tally = tally{}
	}
	if len(b.tallies) <= b.most {
		return
	}
	all := b.sorted()
	for ; len(all) > b.most/2 && b.zoom > coarsestBlocks; b.zoom-- {
		all = coarser(all, b.zoom, 1)
	}
	clear(b.tallies)
	for _, p := range all {
		b.tallies[p.blockSite] = p.tally
	}
}

// within is the tally of a block measured from the corner of the one, some zooms
// less fine, that holds it.
func (t tally) within(block uint32, zoom, zooms int) tally {
	x, y := unmorton(block & (1<<(2*zooms) - 1))
	edge := uint64(t.places) << (worldBits - zoom)
	return tally{t.places, t.x + uint64(x)*edge, t.y + uint64(y)*edge}
}

// placed is a tally and what it is of.
type placed struct {
	blockSite
	tally
}

func bySite(a, b placed) int { return cmp.Compare(a.site, b.site) }

// sorted are the tallies by block, then by site.
func (b *surveyor) sorted() []placed {
	all := make([]placed, 0, len(b.tallies))
	for key, t := range b.tallies {
		all = append(all, placed{key, t})
	}
	slices.SortFunc(all, func(a, b placed) int { return cmp.Or(cmp.Compare(a.block, b.block), bySite(a, b)) })
	return all
}

// coarser makes sorted tallies of blocks that are some zooms less fine, in place:
// those of one block follow each other already.
func coarser(finer []placed, zoom, zooms int) []placed {
	kept := finer[:0]
	for first, end := 0, 0; first < len(finer); first = end {
		block := finer[first].block >> (2 * zooms)
		for end < len(finer) && finer[end].block>>(2*zooms) == block {
			finer[end].tally = finer[end].tally.within(finer[end].block, zoom, zooms)
			finer[end].block = block
			end++
		}
		slices.SortFunc(finer[first:end], bySite)
		for i := first; i < end; i++ {
			if last := len(kept) - 1; i > first && kept[last].site == finer[i].site {
				t, more := &kept[last].tally, finer[i].tally
				t.places, t.x, t.y = t.places+more.places, t.x+more.x, t.y+more.y
			} else {
				kept = append(kept, finer[i])
			}
		}
	}
	return kept
}

func newLevel(zoom int, sorted []placed) level {
	l := level{zoom: zoom, counts: make([]count, len(sorted))}
	shift := worldBits - zoom - 16
	for i, p := range sorted {
		n := uint64(p.places)
		l.counts[i] = count{
			block: p.block, site: p.site, places: p.places, x: uint16(p.x / n >> shift), y: uint16(p.y / n >> shift),
		}
	}
	return l
}
