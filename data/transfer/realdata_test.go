//go:build realdata

package transfer

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"geodrop/builder"
	"geodrop/poi"
	"geodrop/sync/manifest"
)

// The real data: rows of its four files, of which some have control characters
// in a name; airports are a set of their own here.
const (
	realRows     = 1_385_088
	realRejects  = 4
	realAirports = 28_289
	realZones    = 22_886
	realAreas    = 2874 + 3230
)

// realMemory bounds sorting; realPeak is the most that a process may take for
// an import or a build with it, areas and their index included.
const (
	realMemory = 128 << 20
	realPeak   = 448 << 20
)

const realTasks = `tasks:
  - {id: everywhere, title: Everywhere, merchant: m, poi_set: all, starts_at: "2027-01-01T00:00:00Z", ends_at: "2028-01-01T00:00:00Z", prizes: [{prize: p, weight: 1}], quotas: [{prize: p, district: "*", units: 7}]}
  - {id: airports, title: Airports, merchant: m, poi_set: airports, starts_at: "2027-01-01T00:00:00Z", ends_at: "2028-01-01T00:00:00Z", prizes: [{prize: p, weight: 1}], quotas: [{prize: p, district: "*", units: 7}]}
`

// realDir is the files of the real data, with a campaign at every place and one
// at the airports.
func realDir(t *testing.T) string {
	t.Helper()
	data := os.Getenv("GEODROP_DATA")
	if data == "" {
		t.Fatal("GEODROP_DATA is not set: point it to the folder with the real data, or drop the tag realdata")
	}
	dir := t.TempDir()
	for _, pattern := range []string{"pois_*.gz", "districts_*.gz", "zones_*.gz"} {
		paths, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s in %s: %v", pattern, data, err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(dir, filepath.Base(path)), string(content))
		}
	}
	writeFile(t, filepath.Join(dir, "merchants.csv"), "id,name\nm,Merchant\n")
	writeFile(t, filepath.Join(dir, "prizes.csv"), "id,name,kind,merchant\np,Prize,collectable,m\n")
	writeFile(t, filepath.Join(dir, "tasks.yaml"), realTasks)
	var airports strings.Builder
	airports.WriteString("set_id,poi_id\n")
	for batch, err := range openBundle(t, dir).POIs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Rows {
			if strings.HasPrefix(batch.File, "pois_airports") {
				fmt.Fprintf(&airports, "airports,%s\n", strconv.Quote(string(batch.Rows[i].ID)))
			}
		}
	}
	writeFile(t, filepath.Join(dir, "poi_sets.csv"), airports.String())
	return dir
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// measured runs a step, and says how many rows a second it took and how much
// memory.
func measured(t *testing.T, step string, run func() int64) {
	t.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // begins the peak anew
		t.Fatal(err)
	}
	began := time.Now()
	rows := run()
	took, peak := time.Since(began), peakMemory(t)
	t.Logf("%-22s %9d rows %6.1f s %9.0f rows/s, peak %4d MiB", step, rows, took.Seconds(), float64(rows)/took.Seconds(), peak>>20)
	if peak > realPeak {
		t.Errorf("%s took %d MiB of memory, more than %d", step, peak>>20, realPeak>>20)
	}
}

func peakMemory(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, _, _ := strings.Cut(rest, "kB")
	n, err := strconv.ParseInt(strings.TrimSpace(kilobytes), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

func realImport(t *testing.T, dir string, s poi.Store) (rows int64) {
	t.Helper()
	b := openBundle(t, dir)
	done, err := Import(t.Context(), b, s, ImportOptions{TempDir: t.TempDir(), Memory: realMemory})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range done {
		rows += part.Rows
	}
	const config = 4 // merchant, prize, tasks
	if want := int64(realRows - realRejects + realAirports + realZones + realAreas + config); rows != want {
		t.Errorf("%d rows were imported, want %d", rows, want)
	}
	for _, r := range b.Rejects().Kept() {
		if r.Code != poi.CodeControl || r.Line == 0 || r.Column == 0 {
			t.Errorf("reject %s: want control characters, with line and column", r.String())
		}
	}
	if n := b.Rejects().Total(); n != realRejects {
		t.Errorf("%d rejects, want %d", n, realRejects)
	}
	return rows
}

// realBuild builds with bounded memory and returns the digests of all objects.
func realBuild(t *testing.T, src poi.Source) (objects []string, rows int64) {
	t.Helper()
	out := t.TempDir()
	s, err := builder.Build(t.Context(), src, builder.Options{Out: out, Memory: realMemory})
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if s.Read != realRows-realRejects || s.Memberships != realAirports || s.WithoutTasks != 0 || s.Rejected > realRejects {
		t.Errorf("%d POIs and %d memberships were read, %d rejected, %d are without tasks", s.Read, s.Memberships, s.Rejected, s.WithoutTasks)
	}
	objects = append(objects, fmt.Sprint(m.Areas), fmt.Sprint(m.Catalog))
	for _, segment := range m.Segments {
		objects = append(objects, fmt.Sprint(segment))
	}
	return objects, s.Read
}

// TestRealDataThroughStores imports all of the real data into each store,
// exports it, and builds from the files, the stores and the exports: the same
// bytes each time.
func TestRealDataThroughStores(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(2 * realMemory))
	dir := realDir(t)
	var want []string
	build := func(from string, src poi.Source) {
		t.Helper()
		measured(t, "build from "+from, func() int64 {
			objects, rows := realBuild(t, src)
			if want == nil {
				want = objects
			}
			if !slices.Equal(objects, want) {
				t.Errorf("built from %s: %d objects that are not the %d of the files", from, len(objects), len(want))
			}
			return rows
		})
	}
	build("files", openBundle(t, dir))
	for _, engine := range []struct {
		name string
		open func(*testing.T) poi.Store
	}{{"SQLite", openSQLite}, {"MariaDB", openMariaDB}} {
		s := engine.open(t)
		measured(t, "import to "+engine.name, func() int64 { return realImport(t, dir, s) })
		build(engine.name, snapshot(t, s))
		out := filepath.Join(t.TempDir(), "out")
		measured(t, "export from "+engine.name, func() int64 {
			if err := Export(t.Context(), snapshot(t, s), out, nil); err != nil {
				t.Fatal(err)
			}
			return realRows - realRejects
		})
		build("export of "+engine.name, openBundle(t, out))
	}
	t.Logf("%d objects; the server took at most %d MiB", len(want), server.PeakMemory()>>20)
}
