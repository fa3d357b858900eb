package builder

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/sync/disktest"
	"geodrop/sync/manifest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(child(dir)) // see kill_test.go
	}
	if dir := os.Getenv(powerEnv); dir != "" {
		os.Exit(buildRecorded(dir))
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(disktest.Answers))
}

// memory is a source whose state is in memory. At, if set, is asked before
// anything is handed out; its error is the stream's.
type memory struct {
	config      poi.Config
	districts   []*poi.District
	zones       []*poi.Zone
	pois        []poi.POIBatch
	memberships []poi.MembershipBatch
	keyOrder    bool
	rejects     poi.Rejects
	at          func(what string) error
}

var _ poi.Source = (*memory)(nil)

func (m *memory) ask(what string) error {
	if m.at == nil {
		return nil
	}
	return m.at(what)
}

func (m *memory) Config(context.Context) (*poi.Config, error) {
	return &m.config, m.ask("config")
}

func (m *memory) Districts(context.Context) iter.Seq2[*poi.District, error] {
	return stream(m, "districts", m.districts)
}

func (m *memory) Zones(context.Context) iter.Seq2[*poi.Zone, error] {
	return stream(m, "zones", m.zones)
}

func (m *memory) POIs(context.Context) iter.Seq2[*poi.POIBatch, error] {
	return stream(m, "pois", pointers(m.pois))
}

func (m *memory) Memberships(context.Context) iter.Seq2[*poi.MembershipBatch, error] {
	return stream(m, "memberships", pointers(m.memberships))
}

func (m *memory) KeyOrder() bool { return m.keyOrder }

func (m *memory) Revision(context.Context) (poi.Revision, error) {
	return poi.Revision{Kind: "memory", Sequence: 7}, m.ask("revision")
}

func (m *memory) Rejects() *poi.Rejects { return &m.rejects }
func (m *memory) Close() error          { return nil }

func pointers[T any](values []T) []*T {
	all := make([]*T, len(values))
	for i := range values {
		v := values[i]
		all[i] = &v
	}
	return all
}

// stream asks before each value and once more at the end.
func stream[T any](m *memory, what string, values []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for _, v := range values {
			if err := m.ask(what); err != nil {
				yield(zero, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := m.ask("end of " + what); err != nil {
			yield(zero, err)
		}
	}
}

// failer is what making a config needs of a test.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// A line of the small language in which tests write configs:
//
//	poi ID LAT LNG [NAME]          a row of pois.csv, at the next line
//	in SET ID                      a row of poi_sets.csv
//	district ADCODE S W N E        a rectangle, in degrees
//	zone ID REASON S W N E [timed]
//	task ID SET [DISTRICT=UNITS…]  quotas of its one prize; * is any district
func parse(t failer, text string) *memory {
	t.Helper()
	m := &memory{
		pois:        []poi.POIBatch{{File: "pois.csv"}},
		memberships: []poi.MembershipBatch{{File: "poi_sets.csv"}},
		config: poi.Config{
			Merchants: []poi.Merchant{{ID: "m", Name: "Merchant"}},
			Prizes:    []poi.Prize{{ID: "p", Name: "Prize", Kind: poi.Collectable, Merchant: "m"}},
		},
	}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 {
			m.add(t, f)
		}
	}
	slices.SortFunc(m.config.Tasks, func(a, b poi.Task) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return m
}

func (m *memory) add(t failer, f []string) {
	t.Helper()
	switch f[0] {
	case "poi":
		m.addPOI(poi.POI{ID: poi.POIID(f[1]), Pos: coord.WGS84{Lat: coord.Lat(degrees(t, f[2])), Lng: coord.Lng(degrees(t, f[3]))}.E7(),
			Name: strings.Join(f[4:], " ")})
	case "in":
		m.addMembership(poi.SetID(f[1]), poi.POIID(f[2]))
	case "district":
		m.districts = append(m.districts, &poi.District{Adcode: poi.Adcode(f[1]), Name: "District " + f[1], Shape: rectangle(t, f[2:6])})
	case "zone":
		z := &poi.Zone{ID: poi.ZoneID(f[1]), Name: "Zone " + f[1], Reason: f[2], Shape: rectangle(t, f[3:7])}
		if len(f) > 7 {
			z.When.Start = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		m.zones = append(m.zones, z)
	case "task":
		m.config.Tasks = append(m.config.Tasks, task(t, f))
	default:
		t.Fatalf("unknown line %q", f)
	}
}

func (m *memory) addPOI(p poi.POI) {
	rows := &m.pois[len(m.pois)-1].Rows
	*rows = append(*rows, poi.POIRow{POI: p, Line: len(*rows) + 2})
}

func (m *memory) addMembership(set poi.SetID, id poi.POIID) {
	rows := &m.memberships[len(m.memberships)-1].Rows
	*rows = append(*rows, poi.MembershipRow{Membership: poi.Membership{Set: set, POI: id}, Line: len(*rows) + 2})
}

func task(t failer, f []string) poi.Task {
	t.Helper()
	tk := poi.Task{
		ID: poi.TaskID(f[1]), Set: poi.SetID(f[2]), Merchant: "m", ClaimRadius: 50,
		When: poi.Schedule{
			Start: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
			End:   time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC),
		},
		Prizes: []poi.TaskPrize{{Prize: "p", Weight: 1}},
	}
	for _, quota := range f[3:] {
		district, units, _ := strings.Cut(quota, "=")
		q := poi.Quota{Prize: "p", District: poi.Adcode(district)}
		if _, err := fmt.Sscan(units, &q.Units); err != nil {
			t.Fatalf("quota %q: %v", quota, err)
		}
		tk.Quotas = append(tk.Quotas, q)
	}
	return tk
}

func degrees(t failer, s string) (d float64) {
	t.Helper()
	if _, err := fmt.Sscan(s, &d); err != nil {
		t.Fatalf("%q are no degrees: %v", s, err)
	}
	return d
}

// rectangle is the shape between south, west, north and east.
func rectangle(t failer, edges []string) grid.Shape {
	t.Helper()
	var e [4]float64
	for i := range e {
		e[i] = degrees(t, edges[i])
	}
	return box(t, e[0], e[1], e[2], e[3])
}

func box(t failer, south, west, north, east float64) grid.Shape {
	t.Helper()
	corner := func(lat, lng float64) coord.E7 { return coord.WGS84{Lat: coord.Lat(lat), Lng: coord.Lng(lng)}.E7() }
	shape, err := grid.NewShape([]grid.Polygon{{{corner(south, west), corner(south, east), corner(north, east), corner(north, west)}}})
	if err != nil {
		t.Fatal(err)
	}
	return shape
}

// built builds a release that has to succeed and to verify.
func built(t testing.TB, src poi.Source, o Options) *Summary {
	t.Helper()
	s, err := Build(context.Background(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Verify(context.Background(), o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if m.ID != s.Release || s.Release == "" {
		t.Fatalf("the summary has release %q, the manifest %q", s.Release, m.ID)
	}
	return s
}

// full is n, or less of it in short tests: those under the race detector.
func full(n int) int {
	if testing.Short() {
		return n / 4
	}
	return n
}

// listing is the folder as names, without the lock; the manifest's has its
// digest.
func listing(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		switch name := e.Name(); name {
		case ".lock":
		case manifest.Name:
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, fmt.Sprintf("%s %x", name, sha256.Sum256(b)))
		default:
			names = append(names, name)
		}
	}
	return names
}
