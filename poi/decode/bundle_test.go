package decode

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// writeBundle makes a folder of the files; those named .gz are packed.
func writeBundle(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if strings.HasSuffix(name, ".gz") {
			text = string(packed(t, text))
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// writeRaw makes a folder of one file as it is.
func writeRaw(t testing.TB, name, raw string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(raw), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func packed(t testing.TB, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// contents is everything that a bundle streams.
type contents struct {
	Config      *poi.Config
	POIs        []poi.POIRow
	Memberships []poi.MembershipRow
	Districts   []*poi.District
	Zones       []*poi.Zone
	Rejects     []string
}

// readAll reads a whole bundle up to the first error.
func readAll(t testing.TB, dir string) (*contents, error) {
	t.Helper()
	b, err := Open(dir, Options{})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	ctx := context.Background()
	var c contents
	err = func() error {
		for batch, err := range b.POIs(ctx) {
			if err != nil {
				return err
			}
			c.POIs = append(c.POIs, batch.Rows...)
		}
		for batch, err := range b.Memberships(ctx) {
			if err != nil {
				return err
			}
			c.Memberships = append(c.Memberships, batch.Rows...)
		}
		for d, err := range b.Districts(ctx) {
			if err != nil {
				return err
			}
			c.Districts = append(c.Districts, d)
		}
		for z, err := range b.Zones(ctx) {
			if err != nil {
				return err
			}
			c.Zones = append(c.Zones, z)
		}
		c.Config, err = b.Config(ctx)
		return err
	}()
	for _, r := range b.Rejects().Kept() {
		c.Rejects = append(c.Rejects, r.String())
	}
	return &c, err
}

func TestBundleGolden(t *testing.T) {
	got, err := readAll(t, "testdata/bundle")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	const golden = "testdata/bundle.json"
	if *update {
		if err := os.WriteFile(golden, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Errorf("testdata/bundle reads as\n%s\nwant %s; -update rewrites it", text, golden)
	}
}

// The example of the package comment is the file that the golden test reads.
func TestDocumentedTasks(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("testdata/bundle/tasks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var commented strings.Builder
	for line := range strings.Lines(string(file)) {
		commented.WriteString("//\t" + line)
	}
	if !strings.Contains(string(doc), commented.String()) {
		t.Error("the package comment does not show testdata/bundle/tasks.yaml")
	}
}

func TestPackedReadsTheSame(t *testing.T) {
	plain, packed := map[string]string{}, map[string]string{}
	for _, name := range []string{"pois.csv", "poi_sets.csv", "sets/cafes.csv", "merchants.csv", "prizes.csv",
		"quotas.csv", "tasks.yaml", "districts.geojson", "zones.geojson"} {
		text, err := os.ReadFile(filepath.Join("testdata/bundle", name))
		if err != nil {
			t.Fatal(err)
		}
		plain[name] = string(text)
		packed[name+".gz"] = "\ufeff" + string(text)
	}
	want, err := readAll(t, writeBundle(t, plain))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t, writeBundle(t, packed))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("packed, with byte order marks: %+v\nplain: %+v", got, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.csv")
	if err := os.WriteFile(outside, []byte("id,name,lat,lng\nx,x,1,1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		files map[string]string
		spoil func(dir string) error
		want  string
	}{
		{"link out of the bundle", nil,
			func(dir string) error { return os.Symlink(outside, filepath.Join(dir, "pois.csv")) },
			"pois.csv: the file cannot be reached within the bundle: statat pois.csv: path escapes from parent (not_a_file)"},
		{"relative link out of the bundle", nil,
			func(dir string) error { return os.Symlink("../../outside.csv", filepath.Join(dir, "pois.csv")) },
			"pois.csv: the file cannot be reached within the bundle: statat pois.csv: path escapes from parent (not_a_file)"},
		{"folder", map[string]string{"pois.csv/x": ""}, nil, "pois.csv: not a regular file (not_a_file)"},
		{"pipe", nil,
			func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, "tasks.yaml"), 0o666) },
			"tasks.yaml: not a regular file (not_a_file)"},
		{"plain and packed", map[string]string{"pois.csv": "", "pois.csv.gz": ""}, nil,
			"pois.csv.gz: the bundle also has pois.csv; keep one of the two (duplicate)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := writeBundle(t, tt.files)
			if tt.spoil != nil {
				if err := tt.spoil(dir); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(dir, Options{})
			if err == nil || err.Error() != tt.want || !errors.Is(err, ErrFormat) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a bundle that is not there: %v", err)
	}
}

func TestLinkWithinBundle(t *testing.T) {
	dir := writeBundle(t, map[string]string{"..data/pois.csv": "id,name,lat,lng\nx,x,1,1\n"})
	if err := os.Symlink("..data/pois.csv", filepath.Join(dir, "pois.csv")); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t, dir)
	if err != nil || len(got.POIs) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestChangedWhileOpen(t *testing.T) {
	dir := writeBundle(t, map[string]string{"pois.csv": "id,name,lat,lng\nx,x,1,1\n"})
	b, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := os.WriteFile(filepath.Join(dir, "pois.csv"), []byte("id,name,lat,lng\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, err := range b.POIs(context.Background()) {
		if !errors.Is(err, poi.ErrChanged) {
			t.Errorf("reading: %v", err)
		}
	}
	if _, err := b.Revision(context.Background()); !errors.Is(err, poi.ErrChanged) {
		t.Errorf("revision: %v", err)
	}
}

func TestRevision(t *testing.T) {
	revision := func(files map[string]string) poi.Revision {
		b, err := Open(writeBundle(t, files), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		r, err := b.Revision(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := map[string]string{"pois.csv": "a", "tasks.yaml": "b", "README.md": "c"}
	if revision(one) != revision(map[string]string{"pois.csv": "a", "tasks.yaml": "b"}) {
		t.Error("an ignored file changes the revision")
	}
	if revision(one) == revision(map[string]string{"pois.csv": "ab", "tasks.yaml": ""}) {
		t.Error("a change of content does not change the revision")
	}
}

func TestRejectsReportedOnce(t *testing.T) {
	b, err := Open(writeBundle(t, map[string]string{"pois.csv": "id,name,lat,lng\n" + strings.Repeat("x,x,91,1\n", 2000)}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for range 3 {
		for _, err := range b.POIs(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := b.Rejects().Total(); got != 2000 {
		t.Errorf("%d rejects of 2000 rows read three times", got)
	}
	if got := len(b.Rejects().Kept()); got != poi.DefaultKeep {
		t.Errorf("%d rejects kept", got)
	}
}

func TestStreamsStopAndCancel(t *testing.T) {
	b, err := Open(writeBundle(t, map[string]string{
		"pois.csv":        "id,name,lat,lng\n" + strings.Repeat("x,x,1,1\n", 5000),
		"zones_a.geojson": square(`"id":"a","reason":"r"`),
		"zones_b.geojson": square(`"id":"b","reason":"r"`),
		"poi_sets.csv":    "set_id,poi_id\na,x\n",
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	for batch, err := range b.POIs(ctx) {
		if err != nil || len(batch.Rows) == 0 {
			t.Fatal(batch, err)
		}
		break
	}
	for z, err := range b.Zones(ctx) {
		if err != nil || z.ID != "a" {
			t.Fatal(z, err)
		}
		break
	}
	why := fmt.Errorf("enough")
	cancel(why)
	for _, err := range b.POIs(ctx) {
		if !errors.Is(err, why) {
			t.Errorf("POIs: %v", err)
		}
	}
	for _, err := range b.Zones(ctx) {
		if !errors.Is(err, why) {
			t.Errorf("zones: %v", err)
		}
	}
	for _, err := range b.Memberships(ctx) {
		if !errors.Is(err, why) {
			t.Errorf("memberships: %v", err)
		}
	}
	if _, err := b.Config(ctx); !errors.Is(err, why) {
		t.Errorf("config: %v", err)
	}
}

// square is a feature with the given properties around 0, 0.
func square(properties string) string {
	return `{"type":"Feature","properties":{` + properties + `},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}}`
}

func TestDatumOption(t *testing.T) {
	dir := writeBundle(t, map[string]string{"pois.csv": "id,name,lat,lng,crs\na,,39.9,116.4,\nb,,39.9,116.4,wgs84\nc,,39.9,116.4,bd09\n"})
	b, err := Open(dir, Options{CRS: coord.CRSGCJ02})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for batch, err := range b.POIs(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for i, crs := range []coord.CRS{coord.CRSGCJ02, coord.CRSWGS84, coord.CRSBD09} {
			want, err := crs.ToWGS84(39.9, 116.4)
			if err != nil {
				t.Fatal(err)
			}
			if got := batch.Rows[i].Pos; got != want.E7() {
				t.Errorf("%s: %v, want %v", crs, got, want.E7())
			}
		}
	}
}

// A gigabyte of zeros packed into a megabyte is read through a buffer of one
// row.
func TestGzipBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	io.WriteString(z, "id,name,lat,lng\nbomb,")
	zeros := make([]byte, 1<<20)
	for range 200 {
		z.Write(zeros)
	}
	io.WriteString(z, "\nlast,,1,1\n")
	z.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pois.csv.gz"), buf.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	var got *contents
	allocated := allocatedBytes(func() {
		var err error
		if got, err = readAll(t, dir); err != nil {
			t.Fatal(err)
		}
	})
	want := "pois.csv.gz:2: row has more than 1048576 bytes (too_long)"
	if len(got.POIs) != 1 || got.POIs[0].ID != "last" || len(got.Rejects) != 1 || got.Rejects[0] != want {
		t.Errorf("%+v", got)
	}
	if allocated > 16<<20 {
		t.Errorf("reading allocated %d bytes", allocated)
	}
}

func allocatedBytes(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
