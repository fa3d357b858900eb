package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"geodrop/builder"
	"geodrop/grid/coord"
	"geodrop/poi/decode"
)

// metricsOf are case and metric of each row.
func metricsOf(rows []Row) []string {
	var names []string
	for _, r := range rows {
		names = append(names, label(r))
	}
	return names
}

func wantMetrics(t *testing.T, rows []Row, want ...string) {
	t.Helper()
	got := metricsOf(rows)
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("no row %s in %q", name, got)
		}
	}
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestLookup(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	t.Setenv("TMPDIR", t.TempDir())
	rows, err := Lookup(t.Context(), LookupOptions{Sizes: []int{1000, 100000}, Lookups: 500, Rounds: 2, PeerMost: 1000})
	if err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, rows, "lookup/1e3 ns_per_lookup", "lookup/1e3/rtree-sorted ns_per_lookup", "lookup/1e3/locate ns_per_lookup",
		"lookup/1e3/bisection ns_per_lookup", "lookup/1e3/cold ns_per_lookup", "lookup/1e3/mapped resident_bytes_per_poi",
		"lookup/1e3/mapped heap_bytes", "lookup/1e5 ns_per_lookup", "lookup/growth/1e5 ns_per_lookup")
	for _, r := range rows {
		switch {
		case r.Metric == "allocs_per_lookup" && r.Value != 0:
			t.Errorf("%s: %v allocations", r.Case, r.Value)
		case r.Case == "lookup/1e3" && r.Metric == "postings_per_lookup" && r.Value < 1:
			t.Errorf("%v postings a lookup: each position is near a place", r.Value)
		case label(r) == "lookup/1e5 ns_per_lookup" && r.Peer != None:
			t.Errorf("peer %q, want %q", r.Peer, None)
		case label(r) == "lookup/growth/1e5 ns_per_lookup" && (r.Target == nil || *r.Target != targetGrowth):
			t.Error("the growth row has no target")
		}
	}
	wantEmpty(t, os.TempDir())
}

func TestLookupReusesReleases(t *testing.T) {
	dir := t.TempDir()
	o := LookupOptions{Sizes: []int{1000}, Lookups: 100, Rounds: 1, Dir: dir}
	var built [2]int
	for i := range built {
		o.Progress = stageCount{&built[i]}
		if _, err := Lookup(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if built[0] == 0 || built[1] != 0 {
		t.Errorf("%v rows were added to builds, want some and then none", built)
	}
}

// stageCount counts the rows that builds report.
type stageCount struct{ n *int }

func (s stageCount) Stage(string) {}
func (s stageCount) Add(n int)    { *s.n += n }
func (s stageCount) Done()        {}

func TestLookupCancelled(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Lookup(ctx, LookupOptions{Sizes: []int{1000}, Lookups: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	wantEmpty(t, os.TempDir())
}

// buildHere builds in this process: a test binary is no geodrop.
func buildHere(ctx context.Context, dir, out string, memory int64) (*builder.Summary, time.Duration, error) {
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		return nil, 0, err
	}
	defer b.Close()
	s, err := builder.Build(ctx, b, builder.Options{Out: out, Memory: memory})
	if err == nil && s.Rejected > 0 {
		err = errors.New("rows of the bundle were rejected")
	}
	return s, 0, err
}

// fewDistricts are districts that are quickly written and read.
func fewDistricts() mesh {
	return mesh{region: National(), cols: 4, rows: 3, perBorder: 10, seed: 1}
}

func TestBuild(t *testing.T) {
	dir := t.TempDir()
	rows, err := Build(t.Context(), BuildOptions{Rows: 2000, Rounds: 2, TempDir: dir, Memory: 256 << 20, districts: fewDistricts(), build: buildHere})
	if err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, rows, "build/2e3 seconds", "build/2e3 rows_per_second", "build/2e3 peak_bytes",
		"build/2e3 different_releases", "build/2e3/read seconds", "build/2e3/write seconds")
	for _, r := range rows {
		if r.Metric == "different_releases" && r.Value != 0 {
			t.Errorf("%v builds differ", r.Value)
		}
	}
	wantEmpty(t, dir)
}

func TestBuildWithoutPeer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	rows, err := Build(t.Context(), BuildOptions{Rows: 100, Rounds: 1, TempDir: t.TempDir(), districts: fewDistricts(), build: buildHere})
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Peer != None || rows[0].Met != nil || rows[0].Note == "" {
		t.Errorf("without GNU sort the row is %+v", rows[0])
	}
}

func TestBuildFails(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("no space left")
	_, err := Build(t.Context(), BuildOptions{Rows: 100, TempDir: dir, districts: fewDistricts(),
		build: func(context.Context, string, string, int64) (*builder.Summary, time.Duration, error) {
			return nil, 0, broken
		}})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	wantEmpty(t, dir)
}

func TestAreas(t *testing.T) {
	data := t.TempDir()
	if err := writeDistricts(filepath.Join(data, "districts_test.geojson"), fewDistricts()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	rows, err := Areas(t.Context(), AreasOptions{Points: 5000, PeerPoints: 1000, Rounds: 1, Data: data, withoutServer: true})
	if err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, rows, "areas/districts_test ns_per_point", "areas/districts_test/h3 ns_per_point", "areas/districts_test/boxes ns_per_point")
	for _, r := range rows {
		if r.Metric == "different_answers" && r.Value != 0 {
			t.Errorf("%v answers differ from those of %s", r.Value, r.Peer)
		}
	}
	wantEmpty(t, os.TempDir())
}

// Where PostGIS is installed its answers are ours; where it is not the row says
// so.
func TestAreasAgainstPostGIS(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	data := t.TempDir()
	if err := writeDistricts(filepath.Join(data, "districts.geojson"), fewDistricts()); err != nil {
		t.Fatal(err)
	}
	rows, err := Areas(t.Context(), AreasOptions{Points: 2000, Rounds: 1, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		switch {
		case label(r) == "areas/districts ns_per_point" && r.Peer == None && r.Note == "":
			t.Error("there is no peer and the row does not say why")
		case label(r) == "areas/districts ns_per_point" && r.Peer == None:
			t.Log(r.Note)
		case r.Metric == "different_answers" && r.Value != 0:
			t.Errorf("%v of 2000 answers differ from those of %s", r.Value, r.Peer)
		}
	}
}

func TestPostGISOnBorder(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	db, err := startPostGIS(t.Context())
	if errors.Is(err, errNoPostGIS) {
		t.Log(err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.stop(); err != nil {
			t.Error(err)
		}
	}()
	m := mesh{region: Region{South: 0, North: 2, West: 0, East: 2}, cols: 1, rows: 1, perBorder: 1}
	shapes, err := m.shapes()
	if err != nil {
		t.Fatal(err)
	}
	const degree = 10_000_000
	points := []coord.E7{{Lat: degree, Lng: degree}, {Lat: degree, Lng: 0}, {Lat: 3 * degree, Lng: degree}} // in, on, out
	if err := db.load(t.Context(), shapes, points); err != nil {
		t.Fatal(err)
	}
	if n, err := db.onBorder(t.Context(), []int{0, 1, 2}); n != 1 || err != nil {
		t.Errorf("%d points on a border, %v; want 1", n, err)
	}
}

func TestAreasWithoutData(t *testing.T) {
	if _, err := Areas(t.Context(), AreasOptions{Data: t.TempDir()}); err == nil {
		t.Error("an empty folder of districts is no error")
	}
}

func TestPostgresText(t *testing.T) {
	m := mesh{region: Region{South: 0, North: 2, West: 0, East: 2}, cols: 1, rows: 1, perBorder: 1}
	shapes, err := m.shapes()
	if err != nil {
		t.Fatal(err)
	}
	two := append(shapes[0], shapes[0]...)
	const ring = "((0.0000000 0.0000000,2.0000000 0.0000000,2.0000000 2.0000000,0.0000000 2.0000000,0.0000000 0.0000000))"
	if got, want := string(appendShape(nil, 7, two)), "7\tSRID=4326;MULTIPOLYGON("+ring+","+ring+")"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := string(appendPoint(nil, 3, shapes[0][0][0][2])), "3\tSRID=4326;POINT(2.0000000 2.0000000)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
