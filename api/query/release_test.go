package query

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spot is a POI and its labels.
type spot struct {
	poi.POI
	catalog.Place
}

// config is what a release is made of. Districts are squares.
type config struct {
	sequence uint64
	size     grid.Size // 0: the default
	spots    []spot
	catalog  catalog.Catalog
	shapes   []grid.Shape // of the districts
	perFile  int          // postings of a segment; 0: all in one
}

// at is a position from degrees.
func at(lat coord.Lat, lng coord.Lng) coord.WGS84 { return coord.WGS84{Lat: lat, Lng: lng} }

// square is the shape of 0.2×0.2 degrees around a position.
func square(p coord.WGS84) grid.Shape {
	const half = 1_000_000
	e := p.E7()
	return grid.Shape{{{
		{Lat: e.Lat - half, Lng: e.Lng - half}, {Lat: e.Lat - half, Lng: e.Lng + half},
		{Lat: e.Lat + half, Lng: e.Lng + half}, {Lat: e.Lat + half, Lng: e.Lng - half},
	}}}
}

// write makes a release in dir. Catalogs are put in order first.
func (c *config) write(t testing.TB, dir string) *manifest.Manifest {
	t.Helper()
	g, err := grid.New(cmp.Or(c.size, grid.DefaultSize))
	must(t, err)
	areas, err := grid.NewAreaIndex(c.shapes)
	must(t, err)
	c.sort()
	sealed, err := (&manifest.Manifest{
		Sequence: cmp.Or(c.sequence, 1),
		Grid:     manifest.Grid{CellMetres: int(g.Size()), Radius: grid.DefaultRadius},
		Segments: c.writeSegments(t, g, dir),
		Areas: writeObject(t, dir, manifest.AreasKind, func(w io.Writer) (int64, error) {
			return index.WriteAreas(w, areas.Tables())
		}),
		Catalog: writeObject(t, dir, manifest.CatalogKind, c.catalog.WriteTo),
	}).Sealed()
	must(t, err)
	must(t, manifest.Write(dir, sealed))
	return sealed
}

func (c *config) sort() {
	slices.SortFunc(c.catalog.Merchants, func(a, b poi.Merchant) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.catalog.Prizes, func(a, b poi.Prize) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.catalog.Tasks, func(a, b poi.Task) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.catalog.Zones, func(a, b catalog.Zone) int { return cmp.Compare(a.ID, b.ID) })
}

func (c *config) writeSegments(t testing.TB, g *grid.Grid, dir string) []manifest.Segment {
	t.Helper()
	entries := make([]index.Entry, len(c.spots))
	combos := &index.Combinations{}
	for i := range c.spots {
		s := &c.spots[i]
		entries[i] = index.Entry{
			Cell: g.Cell(s.Pos), Pos: s.Pos, Combo: combos.Add(s.Labels(nil)), Text: catalog.AppendText(nil, &s.POI),
		}
	}
	slices.SortFunc(entries, func(a, b index.Entry) int {
		return cmp.Or(cmp.Compare(a.Cell, b.Cell), bytes.Compare(a.Text, b.Text))
	})
	var segments []manifest.Segment
	w := index.NewWriter(g, combos)
	for i, e := range entries {
		must(t, w.Add(e))
		if i+1 < len(entries) && (c.perFile == 0 || w.Len() < c.perFile || entries[i+1].Cell.Tile() == e.Cell.Tile()) {
			continue
		}
		listed := manifest.Segment{
			Postings:  int64(w.Len()),
			FirstTile: uint64(entries[i+1-w.Len()].Cell.Tile()), LastTile: uint64(e.Cell.Tile()),
		}
		listed.Object = writeObject(t, dir, manifest.SegmentKind, w.WriteTo)
		segments = append(segments, listed)
	}
	return segments
}

func writeObject(t testing.TB, dir, kind string, write func(io.Writer) (int64, error)) manifest.Object {
	t.Helper()
	var b bytes.Buffer
	_, err := write(&b)
	must(t, err)
	sum := sha256.Sum256(b.Bytes())
	o := manifest.Object{Digest: manifest.Digest(hex.EncodeToString(sum[:])), Bytes: int64(b.Len())}
	must(t, atomicfile.Write(dir, o.FileName(kind), b.Bytes()))
	return o
}

// open makes a release and opens it for the time of the test.
func (c *config) open(t testing.TB, o Options) *Release {
	t.Helper()
	dir := t.TempDir()
	c.write(t, dir)
	return openIn(t, dir, o)
}

func openIn(t testing.TB, dir string, o Options) *Release {
	t.Helper()
	r, err := Open(dir, o)
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask fails the test on an error.
func ask(t testing.TB, r *Release, req Request) *Answer {
	t.Helper()
	a := &Answer{}
	must(t, r.Lookup(req, a))
	return a
}

// drops are the drops of an answer as "poi:task,task".
func drops(a *Answer) []string {
	list := []string{}
	for _, d := range a.Drops {
		s := d.POI.String() + ":"
		for i, id := range d.Tasks {
			if i > 0 {
				s += ","
			}
			s += string(id)
		}
		list = append(list, s)
	}
	return list
}

// instant is a time on the day of the tests' events, a Friday.
func instant(t testing.TB, clock string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, "2027-01-01T"+clock+"Z")
	must(t, err)
	return at
}

// fixed is a clock that stands still.
func fixed(at time.Time) func() time.Time { return func() time.Time { return at } }

// covent is the corner that most tests are at.
var covent = at(51.5145, -0.1270)

func newSpot(id string, p coord.WGS84, sets ...poi.SetID) spot {
	return spot{
		POI:   poi.POI{ID: poi.POIID(id), Name: "Name of " + id, Kind: "cafe", Pos: p.E7()},
		Place: catalog.Place{Sets: sets},
	}
}

func newTask(t testing.TB, id poi.TaskID, set poi.SetID, prizes ...poi.PrizeID) poi.Task {
	task := poi.Task{
		ID: id, Title: "Title of " + string(id), Merchant: "m", Set: set, ClaimRadius: poi.DefaultClaimRadius,
		When: poi.Schedule{Start: instant(t, "08:00:00"), End: instant(t, "22:00:00")},
	}
	for _, p := range prizes {
		task.Prizes = append(task.Prizes, poi.TaskPrize{Prize: p, Weight: 1})
		task.Quotas = append(task.Quotas, poi.Quota{Prize: p, District: poi.AnyDistrict, Units: 10})
	}
	return task
}

// town is a small release around Covent Garden: sessions, a zone, two
// districts, two kinds of prizes, a paused task.
func town(t testing.TB) *config {
	west := at(covent.Lat, covent.Lng-0.1)
	c := &config{
		sequence: 7,
		catalog: catalog.Catalog{
			Merchants: []poi.Merchant{{ID: "m", Name: "Merchant"}},
			Prizes: []poi.Prize{
				{ID: "cash", Name: "Cash", Kind: poi.Cash, Merchant: "m", Value: 100, Currency: "GBP"},
				{ID: "card", Name: "Card", Kind: poi.Collectable, Merchant: "m"},
			},
			Districts: []catalog.District{{Adcode: "E1", Name: "East"}, {Adcode: "W1", Name: "West"}},
			Zones: []catalog.Zone{{
				ID: "school", Name: "School", Reason: "school",
				When: poi.Schedule{Sessions: []poi.Session{{Start: 9 * 60, End: 15 * 60}}},
			}},
		},
		shapes: []grid.Shape{square(at(covent.Lat, covent.Lng+0.1)), square(west)},
	}
	everyone := newTask(t, "everyone", poi.AllPOIs, "card")
	evening := newTask(t, "evening", "parks", "cash", "card")
	evening.When.Sessions = []poi.Session{{Start: 10 * 60, End: 11 * 60}, {Start: 20 * 60, End: 21 * 60}}
	evening.Preview, evening.Priority = 30*time.Minute, 5
	paused := newTask(t, "paused", "parks", "cash")
	paused.Paused = true
	west1 := newTask(t, "western", "parks", "cash")
	west1.Quotas = []poi.Quota{{Prize: "cash", District: "W1", Units: 5}}
	c.catalog.Tasks = []poi.Task{everyone, evening, paused, west1}

	east := newSpot("east", at(covent.Lat, covent.Lng+0.001), "parks")
	east.District = "E1"
	here := newSpot("here", at(covent.Lat, covent.Lng-0.0001), "parks")
	here.District = "W1"
	plain := newSpot("plain", at(covent.Lat+0.001, covent.Lng-0.0005))
	plain.District = "W1"
	plain.Attrs = []poi.Attr{{Name: "wheelchair", Value: "yes"}}
	pupil := newSpot("pupil", at(covent.Lat-0.001, covent.Lng-0.0005))
	pupil.District, pupil.Zones = "W1", []poi.ZoneID{"school"}
	c.spots = []spot{east, here, plain, pupil, newSpot("far", at(52.5, -0.127))}
	return c
}

// write replaces a file that releases keep read-only.
func write(t testing.TB, path string, b []byte) {
	t.Helper()
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, b, 0o600))
}

// objects are the paths of a release's files of one kind.
func objects(t testing.TB, dir, kind string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+kind))
	must(t, err)
	if len(paths) == 0 {
		t.Fatal(fmt.Errorf("no object of kind %s", kind))
	}
	return paths
}
