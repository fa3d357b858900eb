package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// What a tile holds is bounded whatever the release.
const (
	// MaxTileDrops is how many drops a tile lists; one with more has clusters.
	MaxTileDrops = 1000
	// MaxClusters is how many blocks a tile is divided into, along both edges
	// together. A block with places has one cluster.
	MaxClusters = 1 << (2 * clusterBits)
	// SurveyZoom is the finest zoom whose tiles are answered from counts made once
	// for the release, by Survey. They have clusters only.
	SurveyZoom = 11
)

const (
	clusterBits = 5
	blockPixels = extentBits - clusterBits // bits of a pixel within its block
)

// Tile is what a tile of the map shows a player now: drops or clusters. What is
// counted is places: a POI at which at least one task is active, or upcoming
// within its preview, and that is in no active zone; so a place counts once
// however many tasks drop there. Each is in one tile of a zoom, and only there.
//
//	zoom  0…11   clusters, from the survey of the release, once that is made; a
//	             tile that is finer than its blocks is counted by its postings
//	zoom 12…22   drops; clusters where there are more than MaxTileDrops
//
// The zero value is ready to be filled, again and again; its texts are valid
// until the next time.
type Tile struct {
	Release    string
	NextChange time.Time // as Answer.NextChange
	Drops      []TileDrop
	Clusters   []Cluster

	kept   []tilePlace
	blocks []blockSum
	text   []byte
	lists  map[listNo]taskSummary
}

// Pixel is a place in a tile, 0…TileExtent-1 from its north-west corner.
type Pixel struct{ X, Y uint16 }

// TileDrop is a POI of a tile.
type TileDrop struct {
	Pixel
	POI, Name, Kind Text
	Tasks           int             // that drop there now
	Kinds           []poi.PrizeKind // of their prizes, sorted
}

// Cluster is the places of one block of a tile, in their middle.
type Cluster struct {
	Pixel
	Places uint64
}

type tilePlace struct {
	Pixel
	segment, posting uint32
}

// blockSum has the sums of the pixels.
type blockSum struct{ places, x, y uint64 }

type taskSummary struct {
	tasks int
	kinds []poi.PrizeKind
}

func (a *Tile) reset() {
	*a = Tile{Drops: a.Drops[:0], Clusters: a.Clusters[:0], kept: a.kept[:0], blocks: a.blocks, text: a.text[:0], lists: a.lists}
	if a.blocks == nil {
		a.blocks, a.lists = make([]blockSum, MaxClusters), map[listNo]taskSummary{}
	}
	clear(a.blocks)
	clear(a.lists)
}

// Tile fills a with what a tile shows, unless the context ends. The error wraps
// ErrMapTile, ErrNotSurveyed or that of the context, or is as Lookup's; then the
// tile is empty.
func (r *Release) Tile(ctx context.Context, t MapTile, a *Tile) error {
	a.reset()
	if err := t.check(); err != nil {
		return fmt.Errorf("tile: %w", err)
	}
	if r.closed.Load() {
		return fmt.Errorf("tile: %w", ErrClosed)
	}
	v, _ := r.timeline.present()
	if err := a.fill(ctx, r, v, t); err != nil {
		a.reset()
		return err
	}
	a.Release, a.NextChange = r.manifest.ID, v.next
	return nil
}

// NextChange is until when tiles stay as they are now; zero: for ever. With the
// id of the release it says which bytes a tile has, before any work is done.
func (r *Release) NextChange() time.Time {
	v, _ := r.timeline.present()
	return v.next
}

func (a *Tile) fill(ctx context.Context, r *Release, v *view, t MapTile) error {
	if t.Zoom <= SurveyZoom {
		s := r.survey.Load()
		if s == nil {
			return r.notSurveyed()
		}
		if s.finest() >= t.Zoom {
			a.count(s, v, t)
			a.cluster()
			return nil
		}
	}
	err := index.Protect(func() error { return a.visit(ctx, r, v, t) })
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("tile: %w", err)
	}
	return r.damage(err)
}

// pixel is where a place of the map is in its tile of a zoom.
func (w world) pixel(zoom int) Pixel {
	shift := MaxZoom - zoom
	return Pixel{X: uint16(w.x >> shift % TileExtent), Y: uint16(w.y >> shift % TileExtent)}
}

// count adds up the counts of the survey.
func (a *Tile) count(s *survey, v *view, t MapTile) {
	l := s.level(min(t.Zoom+clusterBits, s.finest()))
	counts := l.of(t)
	for i := range counts {
		if c := &counts[i]; v.seen[c.site] {
			a.add(c.world(l.zoom).pixel(t.Zoom), uint64(c.places))
		}
	}
}

func (a *Tile) add(p Pixel, places uint64) {
	b := &a.blocks[int(p.Y>>blockPixels)<<clusterBits|int(p.X>>blockPixels)]
	b.places, b.x, b.y = b.places+places, b.x+places*uint64(p.X), b.y+places*uint64(p.Y)
}

// cluster makes the clusters, row by row.
func (a *Tile) cluster() {
	for _, b := range a.blocks {
		if b.places > 0 {
			a.Clusters = append(a.Clusters, Cluster{Pixel{uint16(b.x / b.places), uint16(b.y / b.places)}, b.places})
		}
	}
}

// visit goes through the postings of the tile.
func (a *Tile) visit(ctx context.Context, r *Release, v *view, t MapTile) error {
	segments, stop := r.index.Segments(), stopper{ctx: ctx}
	southWest, northEast := t.bounds()
	for run := range r.index.Between(southWest, northEast, v.players) {
		postings := segments[run.Segment].Postings()[run.First:run.End]
		for i := range postings {
			if err := stop.check(); err != nil {
				return err
			}
			p := &postings[i]
			if !v.players[run.Segment].Sees(p.Combo) {
				continue
			}
			if at, ok := project(p.Pos); ok && at.in(t) {
				a.keep(tilePlace{at.pixel(t.Zoom), run.Segment, run.First + uint32(i)})
			}
		}
	}
	if len(a.kept) > MaxTileDrops || t.Zoom <= SurveyZoom {
		a.cluster()
		return nil
	}
	for i := range a.kept {
		if err := a.addDrop(r, v, &a.kept[i]); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps one place more than can be listed, to know that there are.
func (a *Tile) keep(p tilePlace) {
	if len(a.kept) <= MaxTileDrops {
		a.kept = append(a.kept, p)
	}
	a.add(p.Pixel, 1)
}

func (a *Tile) addDrop(r *Release, v *view, at *tilePlace) error {
	segment := r.index.Segments()[at.segment]
	p := segment.Postings()[at.posting]
	text, err := catalog.ParseText(segment.Text(p))
	if err != nil {
		return fmt.Errorf("%s: %w", segment.Path(), err)
	}
	list := r.tables.sites[r.tables.combos[at.segment][p.Combo]].tasks
	summary, ok := a.lists[list]
	if !ok {
		summary = v.summary(list)
		a.lists[list] = summary
	}
	a.Drops = append(a.Drops, TileDrop{
		Pixel: at.Pixel, POI: a.copied(text.ID), Name: a.copied(text.Name), Kind: a.copied(text.Kind),
		Tasks: summary.tasks, Kinds: summary.kinds,
	})
	return nil
}

// copied is as Answer.copied.
func (a *Tile) copied(b []byte) Text {
	first := len(a.text)
	a.text = append(a.text, b...)
	return Text(a.text[first:len(a.text):len(a.text)])
}

// summary is what players are told of a list of tasks.
func (v *view) summary(list listNo) (s taskSummary) {
	for _, no := range v.tables.tasks.of(list) {
		if !v.shows(no, player) {
			continue
		}
		s.tasks++
		for _, kind := range v.tables.kinds[no] {
			s.kinds = append(s.kinds, v.tables.kindNames[kind])
		}
	}
	slices.Sort(s.kinds)
	s.kinds = slices.Compact(s.kinds)
	return s
}
