package plan

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// town is a config in memory, to be built and edited.
type town struct {
	config    poi.Config
	districts []*poi.District
	zones     []*poi.Zone
	pois      map[poi.POIID]poi.POI
	sets      map[poi.POIID][]poi.SetID
	again     []poi.POI // rows whose id came before
	rejects   poi.Rejects
}

func (s *town) Config(context.Context) (*poi.Config, error) { return &s.config, nil }
func (s *town) Rejects() *poi.Rejects                       { return &s.rejects }
func (s *town) KeyOrder() bool                              { return len(s.again) == 0 }
func (s *town) Close() error                                { return nil }

func (s *town) Revision(context.Context) (poi.Revision, error) {
	return poi.Revision{Kind: "memory", Sequence: 7}, nil
}

func (s *town) Districts(context.Context) iter.Seq2[*poi.District, error] { return all(s.districts) }
func (s *town) Zones(context.Context) iter.Seq2[*poi.Zone, error]         { return all(s.zones) }

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (s *town) POIs(context.Context) iter.Seq2[*poi.POIBatch, error] {
	var batches []*poi.POIBatch
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(s.pois)), 500) {
		b := &poi.POIBatch{File: "memory"}
		for _, id := range ids {
			b.Rows = append(b.Rows, poi.POIRow{POI: s.pois[id]})
		}
		batches = append(batches, b)
	}
	last := &poi.POIBatch{File: "memory"}
	for _, p := range s.again {
		last.Rows = append(last.Rows, poi.POIRow{POI: p})
	}
	return all(append(batches, last))
}

func (s *town) Memberships(context.Context) iter.Seq2[*poi.MembershipBatch, error] {
	b := &poi.MembershipBatch{File: "memory"}
	for _, id := range slices.Sorted(maps.Keys(s.sets)) {
		for _, set := range slices.Sorted(slices.Values(s.sets[id])) {
			if _, ok := s.pois[id]; ok {
				b.Rows = append(b.Rows, poi.MembershipRow{Membership: poi.Membership{POI: id, Set: set}})
			}
		}
	}
	return all([]*poi.MembershipBatch{b})
}

// clone is the town for another config.
func (s *town) clone() *town {
	c := &town{config: s.config, districts: slices.Clone(s.districts), zones: slices.Clone(s.zones), pois: maps.Clone(s.pois), sets: maps.Clone(s.sets)}
	c.config.Tasks = slices.Clone(s.config.Tasks)
	for i := range c.config.Tasks {
		c.config.Tasks[i].Quotas = slices.Clone(c.config.Tasks[i].Quotas)
	}
	c.config.Prizes = slices.Clone(s.config.Prizes)
	return c
}

// The land of the towns: a column of districts that the antimeridian does not
// cross, over a change of bands.
const south, west, step = 59.97, 10.003, 0.0701

// districtsOf are n side by side, of which each has a bent border, and n more
// north of these.
func districtsOf(t testing.TB, n int) []*poi.District {
	t.Helper()
	var all []*poi.District
	for row := range 2 {
		for i := range n {
			y, x := south+float64(row)*step, west+float64(i)*step
			ring := grid.Ring{at(y, x), at(y+0.011, x+step/2), at(y, x+step), at(y+step/3, x+step*1.1), at(y+step, x+step), at(y+step+0.011, x+step/2), at(y+step, x), at(y+step/3, x+step*0.1)}
			shape, err := grid.NewShape([]grid.Polygon{{ring}})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, &poi.District{Adcode: poi.Adcode(fmt.Sprintf("d%d%d", row, i)), Name: fmt.Sprintf("District %d/%d", row, i), Shape: shape})
		}
	}
	return all
}

func at(lat, lng float64) coord.E7 { return coord.WGS84{Lat: coord.Lat(lat), Lng: coord.Lng(lng)}.E7() }

func box(t testing.TB, south, west, north, east float64) grid.Shape {
	t.Helper()
	shape, err := grid.NewShape([]grid.Polygon{{{at(south, west), at(south, east), at(north, east), at(north, west)}}})
	if err != nil {
		t.Fatal(err)
	}
	return shape
}

// newTown has n places in and around four districts, and three tasks.
func newTown(t testing.TB, n int) *town {
	t.Helper()
	day := poi.Schedule{Start: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2027, 1, 8, 0, 0, 0, 0, time.UTC)}
	s := &town{districts: districtsOf(t, 2), pois: map[poi.POIID]poi.POI{}, sets: map[poi.POIID][]poi.SetID{}}
	s.config = poi.Config{
		Merchants: []poi.Merchant{{ID: "m", Name: "Merchant"}},
		Prizes: []poi.Prize{
			{ID: "cash", Name: "Cash", Kind: poi.Cash, Merchant: "m", Value: 188, Currency: "CNY", Units: 100_000},
			{ID: "tea", Name: "Tea", Kind: poi.Coupon, Merchant: "m"},
		},
		Sets: []poi.SetID{"even", "third"},
		Tasks: []poi.Task{
			{ID: "even-cash", Title: "Cash", Merchant: "m", Set: "even", When: day, ClaimRadius: 50, Prizes: []poi.TaskPrize{{Prize: "cash", Weight: 1}},
				Quotas: []poi.Quota{{Prize: "cash", District: "d00", Units: 1000}, {Prize: "cash", District: "d01", Units: 500}, {Prize: "cash", District: "d10", Units: 0}}},
			{ID: "third-tea", Title: "Tea", Merchant: "m", Set: "third", When: day, ClaimRadius: 50, Prizes: []poi.TaskPrize{{Prize: "tea", Weight: 2}},
				Quotas: []poi.Quota{{Prize: "tea", District: poi.AnyDistrict, Units: 5000}}},
		},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		s.put(i, at(south-0.03+random.Float64()*(2*step+0.06), west-0.03+random.Float64()*(2*step+0.06)))
	}
	s.zones = []*poi.Zone{
		{ID: "rail", Name: "Railway", Reason: "railway", Shape: box(t, south+0.02, west+0.01, south+0.024, west+0.1)},
		{ID: "school", Name: "School", Reason: "school", When: poi.Schedule{Sessions: []poi.Session{{Start: 480, End: 960}}}, Shape: box(t, south+0.06, west+0.01, south+0.08, west+0.05)},
	}
	return s
}

func (s *town) put(i int, pos coord.E7) {
	id := poi.POIID(fmt.Sprintf("p%06d", i))
	s.pois[id] = poi.POI{ID: id, Name: fmt.Sprintf("Place %d", i), Kind: "shop", Pos: pos}
	if i%2 == 0 {
		s.sets[id] = append(slices.Clone(s.sets[id]), "even")
	}
	if i%3 == 0 {
		s.sets[id] = append(slices.Clone(s.sets[id]), "third")
	}
}

// build builds the town and opens the release.
func build(t testing.TB, s *town, o builder.Options) *query.Release {
	t.Helper()
	if o.Out == "" {
		o.Out = filepath.Join(t.TempDir(), "release")
	}
	o.Memory, o.SegmentBytes = 64<<20, max(o.SegmentBytes, 64<<10)
	if _, err := builder.Build(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	return open(t, o.Out)
}

func open(t testing.TB, dir string) *query.Release {
	t.Helper()
	r, err := query.Open(dir, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// compared is the plan of two towns, both configs at hand.
func compared(t testing.TB, before, after *town) *Plan {
	t.Helper()
	p, err := Compare(t.Context(), build(t, before, builder.Options{}), build(t, after, builder.Options{}), Options{SourceBefore: before, SourceAfter: after, Memory: 8 << 20, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
