//go:build realdata

package builder

import (
	"context"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"geodrop/api/query"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/poi/decode"
)

// The real data: rows of its four files, rows with control characters in a
// name, districts and zones.
const (
	realRows      = 1_385_088
	realRejects   = 4
	realDistricts = 2874 + 3230
	realZones     = 22_886
)

// dropping is a bundle with a task that drops at every POI.
type dropping struct{ *decode.Bundle }

var realNow = time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC)

func (d dropping) Config(ctx context.Context) (*poi.Config, error) {
	c, err := d.Bundle.Config(ctx)
	if err != nil {
		return nil, err
	}
	with := *c
	with.Merchants = append(with.Merchants, poi.Merchant{ID: "m", Name: "Merchant"})
	with.Prizes = append(with.Prizes, poi.Prize{ID: "p", Name: "Prize", Kind: poi.Collectable, Merchant: "m"})
	with.Tasks = append(with.Tasks, poi.Task{
		ID: "everywhere", Set: poi.AllPOIs, Merchant: "m", ClaimRadius: 50,
		When:   poi.Schedule{Start: realNow.AddDate(-1, 0, 0), End: realNow.AddDate(1, 0, 0)},
		Prizes: []poi.TaskPrize{{Prize: "p", Weight: 1}},
		Quotas: []poi.Quota{{Prize: "p", District: poi.AnyDistrict, Units: 1}},
	})
	return &with, nil
}

// open is a bundle without zones: airports lie in those of their runways.
type open struct{ dropping }

func (open) Zones(context.Context) iter.Seq2[*poi.Zone, error] {
	return func(func(*poi.Zone, error) bool) {}
}

func realBundle(t *testing.T) dropping {
	t.Helper()
	dir := os.Getenv("GEODROP_DATA")
	if dir == "" {
		t.Fatal("GEODROP_DATA is not set: point it to the folder with the real data, or drop the tag realdata")
	}
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return dropping{b}
}

// realPOIs are all rows, in their order.
func realPOIs(t *testing.T) []poi.POI {
	t.Helper()
	var all []poi.POI
	for batch, err := range realBundle(t).POIs(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Rows {
			all = append(all, batch.Rows[i].POI)
		}
	}
	return all
}

// screenedByHand says of each position whether a zone holds it, by looking at
// every zone whose bounding box does.
func screenedByHand(t *testing.T, at []coord.E7) []bool {
	t.Helper()
	type bounded struct {
		south, north int32
		zone         *poi.Zone
	}
	var zones []bounded
	for z, err := range realBundle(t).Zones(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		b := bounded{south: coord.MaxLatE7, north: -coord.MaxLatE7, zone: z}
		for _, polygon := range z.Shape {
			for _, v := range polygon[0] {
				b.south, b.north = min(b.south, v.Lat), max(b.north, v.Lat)
			}
		}
		zones = append(zones, b)
	}
	if len(zones) != realZones {
		t.Fatalf("%d zones, want %d", len(zones), realZones)
	}
	screened := make([]bool, len(at))
	var all sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		all.Go(func() {
			for i := core; i < len(at); i += cores {
				screened[i] = slices.ContainsFunc(zones, func(b bounded) bool {
					return b.south <= at[i].Lat && at[i].Lat <= b.north && b.zone.Shape.Contains(at[i])
				})
			}
		})
	}
	all.Wait()
	return screened
}

// The whole real data: two builds with different memory give one release; its
// numbers are those of the files; POIs are found where they are.
func TestRealDataIsBuiltAndFound(t *testing.T) {
	out := t.TempDir()
	s := built(t, realBundle(t), Options{Out: out})
	s.Text(func(name, value string) { t.Logf("%-22s%s", name, value) })
	again := t.TempDir()
	if second := built(t, realBundle(t), Options{Out: again, Memory: 192 << 20}); second.Release != s.Release {
		t.Errorf("the second build made %s, the first %s", second.Release, s.Release)
	}
	if got, want := objects(t, again), objects(t, out); !slices.Equal(got, want) {
		t.Errorf("the objects are %q, then %q", want, got)
	}
	for _, n := range []struct {
		what      string
		got, want int64
	}{
		{"rows", s.Read + s.Rejected, realRows},
		{"rejected", s.Rejected, realRejects},
		{"with control characters", s.RejectedBy[poi.CodeControl], realRejects},
		{"districts", int64(s.Districts), realDistricts},
		{"zones", int64(s.Zones), realZones},
		{"POIs", s.Postings + s.Screened, s.Read},
		{"without tasks", s.WithoutTasks, 0},
	} {
		if n.got != n.want {
			t.Errorf("%s: %d, want %d", n.what, n.got, n.want)
		}
	}
	findSample(t, out, 100_000)
}

// findSample looks POIs up at their own positions.
func findSample(t *testing.T, dir string, n int) {
	t.Helper()
	all := realPOIs(t)
	if len(all) != realRows-realRejects {
		t.Fatalf("%d rows, want %d", len(all), realRows-realRejects)
	}
	r := rand.New(rand.NewPCG(9, 10))
	sample, at := make([]*poi.POI, n), make([]coord.E7, n)
	for i := range sample {
		sample[i] = &all[r.IntN(len(all))]
		at[i] = sample[i].Pos
	}
	screened := screenedByHand(t, at)
	x := opened(t, dir)
	defer x.Close()
	release := openRelease(t, dir)
	out, truncated := 0, 0
	var a query.Answer
	for i, p := range sample {
		if in := inWindow(t, x, p); in == screened[i] {
			t.Fatalf("POI %s at %v: in its own window %v, screened out %v", p.ID, p.Pos.WGS84(), in, screened[i])
		}
		if screened[i] {
			out++
			continue
		}
		found := lookUp(t, release, &a, p)
		truncated += found
	}
	t.Logf("%d POIs found at their own positions, %d screened out, %d of answers with more than the limit", n-out, out, truncated)
	if out < n/100 || out > n/10 {
		t.Errorf("%d of %d are screened out", out, n)
	}
}

// inWindow reports whether the window of a POI's position has the POI, once.
func inWindow(t *testing.T, x *index.Index, p *poi.POI) bool {
	t.Helper()
	n := 0
	for _, r := range x.Window(p.Pos, grid.DefaultRadius, nil, nil) {
		s := x.Segments()[r.Segment]
		for _, posting := range s.Postings()[r.First:r.End] {
			text, err := catalog.ParseText(s.Text(posting))
			if err != nil {
				t.Fatal(err)
			}
			if string(text.ID) == string(p.ID) {
				if posting.Pos != p.Pos || string(text.Name) != p.Name {
					t.Fatalf("POI %s is at %v under the name %q", p.ID, posting.Pos.WGS84(), text.Name)
				}
				n++
			}
		}
	}
	if n > 1 {
		t.Fatalf("POI %s is in its window %d times", p.ID, n)
	}
	return n == 1
}

func openRelease(t *testing.T, dir string) *query.Release {
	t.Helper()
	release, err := query.Open(dir, query.Options{Now: func() time.Time { return realNow }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := release.Close(); err != nil {
			t.Error(err)
		}
	})
	return release
}

// lookUp asks for the drops around a POI: it is the nearest, or one of many
// that are as near. It returns 1 where the answer was cut.
func lookUp(t *testing.T, release *query.Release, a *query.Answer, p *poi.POI) int {
	t.Helper()
	if err := release.Lookup(query.Request{Pos: p.Pos.WGS84(), Limit: query.MaxLimit}, a); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(a.Drops, func(d query.Drop) bool { return string(d.POI) == string(p.ID) })
	if at < 0 || a.Drops[at].Distance != 0 || len(a.Drops[at].Tasks) != 1 {
		t.Fatalf("POI %s at %v is not among the %d drops around it, or not at distance 0", p.ID, p.Pos.WGS84(), len(a.Drops))
	}
	for i := range a.Drops {
		d := &a.Drops[i]
		want := p.Pos.WGS84().Distance(coord.WGS84{Lat: d.Lat, Lng: d.Lng})
		if diff := coord.Metres(d.Distance) - want; diff > 0.5 || diff < -0.5 || i > 0 && d.Distance < a.Drops[i-1].Distance {
			t.Fatalf("drop %s is given as %d m away, it is %v", d.POI, d.Distance, want)
		}
	}
	if a.Truncated {
		return 1
	}
	return 0
}

// Airports near longitude 180 and at the South Pole are found where they are.
func TestRealEdgesOfTheMap(t *testing.T) {
	dir := t.TempDir()
	s := built(t, open{realBundle(t)}, Options{Out: dir})
	if s.Screened != 0 || s.Postings != realRows-realRejects {
		t.Errorf("%d screened out, %d in the release", s.Screened, s.Postings)
	}
	x := opened(t, dir)
	defer x.Close()
	release := openRelease(t, dir)
	var a query.Answer
	edges, pole := 0, 0
	all := realPOIs(t)
	for i := range all {
		p := &all[i]
		if lng := p.Pos.Lng; lng < 1_790_000_000 && lng > -1_790_000_000 && p.Pos.Lat > -899_000_000 {
			continue
		}
		if !inWindow(t, x, p) {
			t.Errorf("POI %s at %v is not found", p.ID, p.Pos.WGS84())
		}
		lookUp(t, release, &a, p)
		edges++
		if p.Pos.Lat == -coord.MaxLatE7 {
			pole++
		}
	}
	t.Logf("%d POIs beyond longitude ±179, or at the pole", edges)
	if edges < 20 || pole != 1 {
		t.Errorf("%d POIs at the edges, %d at the pole", edges, pole)
	}
}

// The windows of 20,000 positions among the real points, against Redis.
func TestRealWindowsAgreeWithRedis(t *testing.T) {
	all := realPOIs(t)
	var points []coord.E7
	for i := range all {
		if lat := all[i].Pos.Lat; lat > -850_000_000 && lat < 850_000_000 { // what Redis can hold
			points = append(points, all[i].Pos)
		}
	}
	r := rand.New(rand.NewPCG(11, 12))
	at := make([]coord.E7, 20_000)
	for i := range at {
		at[i] = off(points[r.IntN(len(points))], 900*r.Float64(), 7*r.Float64())
	}
	g := fill(t, startRedis(t), points)
	if len(g.points) != len(points) {
		t.Fatalf("Redis holds %s of %s points", strconv.Itoa(len(g.points)), strconv.Itoa(len(points)))
	}
	g.compare(t, g.release(t), at)
}
