package query

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"pgregory.net/rapid"

	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

// shownIn are the places that players see in a tile, by brute force and by a
// projection of others, as "poi tasks kinds", sorted.
func (c *config) shownIn(t MapTile, at time.Time) []string {
	var want []string
	for i := range c.spots {
		s := &c.spots[i]
		p := s.Pos.WGS84()
		ids := c.tasksOf(s, &Request{At: at})
		if len(ids) == 0 || math.Abs(float64(p.Lat)) > maxMercatorLat {
			continue
		}
		if of := maptile.At(orb.Point{float64(p.Lng), float64(p.Lat)}, maptile.Zoom(t.Zoom)); of.X != t.X || of.Y != t.Y {
			continue
		}
		var kinds []string
		for _, task := range c.catalog.Tasks {
			if slices.Contains(ids, string(task.ID)) {
				for _, prize := range task.Prizes {
					no := slices.IndexFunc(c.catalog.Prizes, func(p poi.Prize) bool { return p.ID == prize.Prize })
					kinds = append(kinds, string(c.catalog.Prizes[no].Kind))
				}
			}
		}
		slices.Sort(kinds)
		want = append(want, fmt.Sprintf("%s %d %v", s.ID, len(ids), slices.Compact(kinds)))
	}
	slices.Sort(want)
	return want
}

// maxMercatorLat is where the map ends: atan(sinh(π)).
const maxMercatorLat = 85.0511287798066

// TestTileAgainstBruteForce walks from tiles of zoom 0 to those of zoom 22 that
// have a place of the release, and to their neighbours.
func TestTileAgainstBruteForce(t *testing.T) {
	a := &Tile{} // one for all: what a tile leaves behind must not show
	rapid.Check(t, func(rt *rapid.T) {
		c := drawConfig(rt)
		now := time.Date(2027, 1, 1, 0, 5*rapid.IntRange(0, 800).Draw(rt, "minutes"), 0, 0, time.UTC)
		r := c.open(t, Options{Now: fixed(now)})
		must(t, r.Survey(t.Context()))
		for range 6 {
			tile := drawTile(rt, c)
			must(t, r.Tile(t.Context(), tile, a))
			want := c.shownIn(tile, now)
			if tile.Zoom <= SurveyZoom {
				if places := sumOf(a.Clusters); places != uint64(len(want)) || len(a.Drops) > 0 {
					rt.Fatalf("%+v: clusters of %d places and %d drops, want %q", tile, places, len(a.Drops), want)
				}
				continue
			}
			got := []string{}
			for _, d := range a.Drops {
				got = append(got, fmt.Sprintf("%s %d %v", d.POI, d.Tasks, d.Kinds))
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || len(a.Clusters) > 0 {
				rt.Fatalf("%+v: %q and %d clusters, want %q", tile, got, len(a.Clusters), want)
			}
		}
	})
}

func drawTile(t *rapid.T, c *config) MapTile {
	zoom := rapid.IntRange(0, MaxZoom).Draw(t, "zoom")
	p := rapid.SampledFrom(towns).Draw(t, "town")
	if len(c.spots) > 0 && rapid.Bool().Draw(t, "at a spot") {
		p = rapid.SampledFrom(c.spots).Draw(t, "spot").Pos.WGS84()
	}
	side := uint32(1) << zoom
	of := maptile.At(orb.Point{float64(p.Lng), min(max(float64(p.Lat), -maxMercatorLat), maxMercatorLat)}, maptile.Zoom(zoom))
	x := (of.X + side + uint32(rapid.IntRange(0, 2).Draw(t, "east")) - 1) % side
	y := min(max(of.Y+uint32(rapid.IntRange(0, 2).Draw(t, "south")), 1)-1, side-1)
	return MapTile{Zoom: zoom, X: x, Y: y}
}

func sumOf(clusters []Cluster) (places uint64) {
	for _, c := range clusters {
		places += c.Places
	}
	return places
}

// scattered is a release of n POIs all over the map, a third of them in cities,
// whose task drops at every other one.
func scattered(t testing.TB, n int) *config {
	c := &config{catalog: catalog.Catalog{
		Merchants: []poi.Merchant{{ID: "m", Name: "Merchant"}},
		Prizes:    []poi.Prize{{ID: "cash", Kind: poi.Cash, Merchant: "m"}},
		Tasks:     []poi.Task{newTask(t, "half", "even", "cash")},
	}}
	r := rand.New(rand.NewPCG(3, 5))
	for i := range n {
		p := at(coord.Lat(math.Asin(2*r.Float64()-1)*180/math.Pi), coord.Lng(360*r.Float64()-180))
		if i%3 == 0 {
			p = at(coord.Lat(i%7)*9+coord.Lat(r.NormFloat64()*0.05), coord.Lng(i%11)*30-150+coord.Lng(r.NormFloat64()*0.05))
		}
		s := newSpot(fmt.Sprint("poi-", i), p)
		if i%2 == 0 {
			s.Sets = []poi.SetID{"even"}
		}
		c.spots = append(c.spots, s)
	}
	return c
}

// TestTilesAddUp: the tiles of a zoom have together every place that is on the
// map, in clusters as in drops, and clusters lie among their places.
func TestTilesAddUp(t *testing.T) {
	c := scattered(t, 20_000)
	r := c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	must(t, r.Survey(t.Context()))
	want := uint64(0)
	for i := range c.spots {
		if len(c.spots[i].Sets) > 0 && math.Abs(float64(c.spots[i].Pos.WGS84().Lat)) <= maxMercatorLat {
			want++
		}
	}
	a := &Tile{}
	for _, zoom := range []int{0, 1, 2, 5, 7} {
		places, side := uint64(0), uint32(1)<<zoom
		for x := range side {
			for y := range side {
				must(t, r.Tile(t.Context(), MapTile{zoom, x, y}, a))
				places += sumOf(a.Clusters)
				if len(a.Clusters) > MaxClusters {
					t.Fatalf("%d clusters", len(a.Clusters))
				}
			}
		}
		if places != want {
			t.Errorf("zoom %d has %d places, want %d", zoom, places, want)
		}
	}
	must(t, r.Tile(t.Context(), MapTile{}, a))
	for _, cluster := range a.Clusters {
		near := func(s spot) bool {
			p, ok := project(s.Pos)
			pixel := p.pixel(0)
			return ok && pixel.X>>blockPixels == cluster.X>>blockPixels && pixel.Y>>blockPixels == cluster.Y>>blockPixels
		}
		n := 0
		for _, s := range c.spots {
			if len(s.Sets) > 0 && near(s) {
				n++
			}
		}
		if uint64(n) != cluster.Places {
			t.Errorf("cluster %+v has %d places in its block", cluster, n)
		}
	}
}

// TestCrowdedTile: a tile with more places than it lists has clusters of all.
func TestCrowdedTile(t *testing.T) {
	for _, n := range []int{MaxTileDrops, MaxTileDrops + 1} {
		c := scattered(t, 0)
		for i := range n {
			c.spots = append(c.spots, newSpot(fmt.Sprint(i), at(covent.Lat+coord.Lat(i%40)*1e-6, covent.Lng+coord.Lng(i/40)*1e-6), "even"))
		}
		r := c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
		of := maptile.At(orb.Point{float64(covent.Lng), float64(covent.Lat)}, 14)
		a := &Tile{}
		must(t, r.Tile(t.Context(), MapTile{14, of.X, of.Y}, a))
		if drops := n <= MaxTileDrops; drops && (len(a.Drops) != n || len(a.Clusters) > 0) || !drops && (len(a.Drops) > 0 || sumOf(a.Clusters) != uint64(n)) {
			t.Errorf("of %d places: %d drops, clusters of %d", n, len(a.Drops), sumOf(a.Clusters))
		}
	}
}

// TestCoarseSurvey: with too few counts for fine blocks the sums stay right,
// down to tiles that are finer than the blocks.
func TestCoarseSurvey(t *testing.T) {
	r := scattered(t, 5000).open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	count := func(most int) *survey {
		s, err := newSurvey(t.Context(), r.tables, r.index.Segments(), most)
		must(t, err)
		return s
	}
	fine := count(maxCounts)
	const few = 2500
	coarse := count(few)
	if fine.finest() != finestBlocks || coarse.finest() >= SurveyZoom || len(coarse.levels[0].counts) > few {
		t.Fatalf("finest blocks are of zoom %d and %d, with %d counts", fine.finest(), coarse.finest(), len(coarse.levels[0].counts))
	}
	for _, s := range []*survey{fine, coarse} {
		if last := s.levels[len(s.levels)-1].zoom; last != coarsestBlocks {
			t.Errorf("the coarsest blocks are of zoom %d", last)
		}
	}
	exact, rough := &Tile{}, &Tile{}
	for zoom := range SurveyZoom + 1 {
		of := maptile.At(orb.Point{-150, 0}, maptile.Zoom(zoom))
		tile := MapTile{zoom, of.X, of.Y}
		r.survey.Store(fine)
		must(t, r.Tile(t.Context(), tile, exact))
		r.survey.Store(coarse)
		must(t, r.Tile(t.Context(), tile, rough))
		got := sumOf(rough.Clusters)
		if want := sumOf(exact.Clusters); got != want || want == 0 || len(rough.Drops) > 0 {
			t.Errorf("%+v has %d places from coarse blocks, %d from fine ones", tile, got, want)
		}
	}
}

// TestTileFollowsTheClock: what is counted was counted before the task ended.
func TestTileFollowsTheClock(t *testing.T) {
	clock := newHandClock(instant(t, "12:00:00"))
	r := scattered(t, 100).open(t, Options{Now: clock.now})
	must(t, r.Survey(t.Context()))
	a := &Tile{}
	must(t, r.Tile(t.Context(), MapTile{}, a))
	if end := instant(t, "22:00:00"); sumOf(a.Clusters) == 0 || !a.NextChange.Equal(end) {
		t.Fatalf("%d places, until %v", sumOf(a.Clusters), a.NextChange)
	}
	survey := r.survey.Load()
	clock.set(instant(t, "22:00:00"))
	must(t, r.Tile(t.Context(), MapTile{}, a))
	if len(a.Clusters) > 0 || !a.NextChange.IsZero() || r.survey.Load() != survey {
		t.Errorf("after the end: %+v", a)
	}
}

// TestTileEdges: what lies on a corner of tiles is in the one to its south-east.
func TestTileEdges(t *testing.T) {
	c := scattered(t, 0)
	for id, p := range map[string]coord.WGS84{
		"null": at(0, 0), "antimeridian": at(0, 180), "west": at(0.01, -180), "east": at(0.01, 179.9999999),
		"north": at(85.0511, 0), "beyond": at(85.0512, 0), "pole": at(90, 0), "south": at(-85.0511, 0), "south pole": at(-90, 180),
	} {
		c.spots = append(c.spots, newSpot(id, p, "even"))
	}
	r := c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	const last = 1<<14 - 1
	const middle = 1 << 13
	for _, tt := range []struct {
		x, y uint32
		want string
	}{
		{middle, middle, "null 0 0"}, {middle - 1, middle, ""}, {middle, middle - 1, ""},
		{0, middle, "antimeridian 0 0"}, {last, middle, ""}, {0, middle - 1, "west 0 2231"}, {last, middle - 1, "east 4095 2231"}, {middle, 0, "north 0 62"}, {middle, last, "south 0 4033"},
	} {
		a := &Tile{}
		must(t, r.Tile(t.Context(), MapTile{14, tt.x, tt.y}, a))
		got := ""
		for _, d := range a.Drops {
			got += fmt.Sprintf("%s %d %d", d.POI, d.X, d.Y)
		}
		if got != tt.want {
			t.Errorf("tile %d/%d has %q, want %q", tt.x, tt.y, got, tt.want)
		}
	}
}

func TestTileRefuses(t *testing.T) {
	r := scattered(t, 10).open(t, Options{})
	for _, tile := range []MapTile{{-1, 0, 0}, {MaxZoom + 1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {22, 1 << 22, 0}, {3, 7, 8}, {math.MaxInt, 0, 0}} {
		if err := r.Tile(t.Context(), tile, &Tile{}); !errors.Is(err, ErrMapTile) {
			t.Errorf("%+v: %v", tile, err)
		}
	}
	must(t, r.Tile(t.Context(), MapTile{22, 1<<22 - 1, 1<<22 - 1}, &Tile{}))
	must(t, r.Close())
	for _, zoom := range []int{0, 20} {
		if err := r.Tile(t.Context(), MapTile{Zoom: zoom}, &Tile{}); !errors.Is(err, ErrClosed) {
			t.Errorf("of a closed release: %v", err)
		}
	}
}

// TestTileOfDamage: a file cut under its mapping is an error, of surveys too,
// and the release says so.
func TestTileOfDamage(t *testing.T) {
	for _, zoom := range []int{0, 12} {
		dir := t.TempDir()
		c := scattered(t, 0)
		for i := range 3000 {
			c.spots = append(c.spots, newSpot("s"+strings.Repeat("x", 100)+fmt.Sprint(i), covent, "even"))
		}
		m := c.write(t, dir)
		r := openIn(t, dir, Options{Now: fixed(instant(t, "12:00:00"))})
		must(t, os.Truncate(filepath.Join(dir, m.Segments[0].FileName(manifest.SegmentKind)), 4096))
		of := maptile.At(orb.Point{float64(covent.Lng), float64(covent.Lat)}, maptile.Zoom(zoom))
		if err := r.Survey(t.Context()); !errors.Is(err, index.ErrFault) {
			t.Fatalf("Survey = %v", err)
		}
		for range 2 {
			a := &Tile{}
			if err := r.Tile(t.Context(), MapTile{zoom, of.X, of.Y}, a); !errors.Is(err, index.ErrFault) || len(a.Drops)+len(a.Clusters) > 0 {
				t.Fatalf("zoom %d: %v", zoom, err)
			}
		}
		if !errors.Is(r.Damaged(), index.ErrFault) {
			t.Errorf("Damaged = %v", r.Damaged())
		}
	}
}

// TestPixelsAreOfOrb holds the projection against another.
func TestPixelsAreOfOrb(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const edge = 850_510_999 // orb cuts the map off at 85.0511°
		p := coord.E7{Lat: rapid.Int32Range(-edge, edge).Draw(t, "lat"), Lng: rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7-1).Draw(t, "lng")}
		w, ok := project(p)
		want := maptile.Fraction(orb.Point{float64(p.WGS84().Lng), float64(p.WGS84().Lat)}, MaxZoom)
		const near = 4 // pixels of 2 mm
		if !ok || math.Abs(float64(w.x)-want.X()*TileExtent) > near || math.Abs(float64(w.y)-want.Y()*TileExtent) > near {
			t.Fatalf("%+v is at %+v, want %v tiles", p, w, want)
		}
		zoom := rapid.IntRange(0, MaxZoom).Draw(t, "zoom")
		tile := MapTile{zoom, uint32(w.x >> (worldBits - zoom)), uint32(w.y >> (worldBits - zoom))}
		if sw, ne := tile.bounds(); p.Lat < sw.Lat || p.Lat > ne.Lat || p.Lng < sw.Lng || p.Lng > ne.Lng || !sw.Valid() || !ne.Valid() || !w.in(tile) {
			t.Fatalf("%+v is not within %+v, %+v of its tile %+v", p, sw, ne, tile)
		}
	})
}
