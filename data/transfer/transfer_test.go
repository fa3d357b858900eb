package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"geodrop/builder"
	"geodrop/data/mysql"
	"geodrop/data/sample"
	"geodrop/data/sqlite"
	"geodrop/data/storetest"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/sync/manifest"
)

var server *storetest.MariaDB

func TestMain(m *testing.M) { os.Exit(withServer(m)) }

func withServer(m *testing.M) int {
	var err error
	if os.Getenv(childStore) != "" {
		if err = child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	if server, err = storetest.StartMariaDB(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	err = errors.Join(server.Stop(), goleak.Find())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func openSQLite(t *testing.T) poi.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"), sqlite.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openMariaDB(t *testing.T) poi.Store {
	t.Helper()
	if err := server.Database("transfer"); err != nil {
		t.Fatal(err)
	}
	s, err := mysql.Open(t.Context(), server.Address("transfer"), mysql.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openBundle(t *testing.T, dir string) *decode.Bundle {
	t.Helper()
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// rich is the sample and what it does not have: more files of a kind,
// attributes in contrary orders, duplicates within and across files, an empty
// set, dangling rows.
func rich(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := sample.Write(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"pois_b.csv":     "id,name,lat,lng,kind,b,area\nx1,one,51.5,-0.12,cafe,\"β \"\"q\"\", \",A\nx2,,51.50000004,-0.1200001,,,\nx1,again,1,1,,,\ntfl-1,elsewhere,1,1,,,\n",
		"pois_c.csv":     "id,name,lat,lng,area,b\nx3, lead,51.51,-0.13,A,B\nx2,again,1,1,,\nbad,,91,0,,\n",
		"sets/empty.csv": "poi_id\n",
		"sets/x.csv":     "poi_id\nx3\nx1\nx3\nnowhere\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// digests are those of the objects of a release.
func digests(t *testing.T, src poi.Source) []string {
	t.Helper()
	out := t.TempDir()
	if _, err := builder.Build(t.Context(), src, builder.Options{Out: out, Memory: builder.MinMemory, MaxRejected: 0.5}); err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{"areas " + fmt.Sprint(m.Areas), "catalog " + fmt.Sprint(m.Catalog)}
	for _, s := range m.Segments {
		list = append(list, fmt.Sprint(s))
	}
	return list
}

func snapshot(t *testing.T, s poi.Store) poi.Source {
	t.Helper()
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// TestRoundTrip goes bundle, store, bundle, store on each engine, and builds
// from all of them.
func TestRoundTrip(t *testing.T) {
	dir := rich(t)
	want := digests(t, openBundle(t, dir))
	for _, engine := range []struct {
		name string
		open func(*testing.T) poi.Store
	}{{"sqlite", openSQLite}, {"mariadb", openMariaDB}} {
		t.Run(engine.name, func(t *testing.T) {
			first := engine.open(t)
			b := openBundle(t, dir)
			if _, err := Import(t.Context(), b, first, ImportOptions{TempDir: t.TempDir()}); err != nil {
				t.Fatal(err)
			}
			checkRejects(t, b)
			if got := digests(t, snapshot(t, first)); !slices.Equal(got, want) {
				t.Errorf("built from the store:\n%q\nfrom the bundle:\n%q", got, want)
			}
			out := filepath.Join(t.TempDir(), "out")
			if err := Export(t.Context(), snapshot(t, first), out, nil); err != nil {
				t.Fatal(err)
			}
			exported := openBundle(t, out)
			if got := digests(t, exported); !slices.Equal(got, want) {
				t.Errorf("built from the exported bundle:\n%q\nfrom the first:\n%q", got, want)
			}
			second := openSQLite(t)
			if _, err := Import(t.Context(), openBundle(t, out), second, ImportOptions{TempDir: t.TempDir()}); err != nil {
				t.Fatal(err)
			}
			a, b2 := storetest.Read(t, first), storetest.Read(t, second)
			if !reflect.DeepEqual(a, b2) {
				t.Error("a store differs from what its export imports to")
			}
			if len(a.POIs) != 745 || len(a.Config.Tasks) != 9 || len(a.Zones) != 10 || len(a.Rejects) != 0 {
				t.Errorf("the store has %d POIs, %d tasks, %d zones, rejects %q", len(a.POIs), len(a.Config.Tasks), len(a.Zones), a.Rejects)
			}
		})
	}
}

func checkRejects(t *testing.T, b *decode.Bundle) {
	t.Helper()
	var got []string
	for _, r := range b.Rejects().Kept() {
		got = append(got, r.String())
	}
	slices.Sort(got)
	want := []string{
		`pois_b.csv:4: id "x1" is also at pois_b.csv:2, which stays (duplicate)`,
		`pois_b.csv:5: id "tfl-1" is also at pois.csv:2, which stays (duplicate)`,
		`pois_c.csv:3: id "x2" is also at pois_b.csv:3, which stays (duplicate)`,
		`pois_c.csv:4:6: lat "91" is not within -90…90 degrees (out_of_range)`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("rejects\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

var errCrash = errors.New("crash")

// crashing is a store that fails from a write on.
type crashing struct {
	poi.Store
	left int
}

func (c *crashing) WriteBulk(ctx context.Context, rows int64, fn func(context.Context, poi.Writer) error) error {
	if c.left--; c.left < 0 {
		return errCrash
	}
	return c.Store.WriteBulk(ctx, rows, fn)
}

// TestResume interrupts an import before each of its transactions.
func TestResume(t *testing.T) {
	dir := rich(t)
	const parts = 7
	whole := openSQLite(t)
	done, err := Import(t.Context(), openBundle(t, dir), whole, ImportOptions{})
	if err != nil || len(done) != parts {
		t.Fatalf("%v, %v", done, err)
	}
	want := storetest.Read(t, whole)
	for n := range parts {
		s := openSQLite(t)
		if _, err := Import(t.Context(), openBundle(t, dir), &crashing{s, n}, ImportOptions{}); !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		done, err := Import(t.Context(), openBundle(t, dir), s, ImportOptions{})
		known := 0
		for _, p := range done {
			if p.Known {
				known++
			}
		}
		if err != nil || len(done) != parts || known != n {
			t.Errorf("after %d parts: %d were known, %v", n, known, err)
		}
		if !reflect.DeepEqual(storetest.Read(t, s), want) {
			t.Errorf("after %d parts the store is not what one import makes", n)
		}
		again, err := Import(t.Context(), openBundle(t, dir), s, ImportOptions{})
		if err != nil || again[0].Known {
			t.Errorf("an import after one that ended begins behind its start: %+v, %v", again, err)
		}
	}
}

func TestExportKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	s := openSQLite(t)
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Export(t.Context(), snapshot(t, s), dir, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("export to a folder with a file: %v", err)
	}
	err := s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error { return w.PutSets(ctx, []poi.SetID{"a/b"}) })
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	if err := Export(t.Context(), snapshot(t, s), filepath.Join(parent, "out"), nil); !errors.Is(err, ErrInexpressible) {
		t.Errorf("export of an empty set a/b: %v", err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("a failed export left %v, %v", left, err)
	}
}

func TestMergeLayouts(t *testing.T) {
	for _, test := range []struct{ columns, names, want string }{
		{"", "", ""},
		{"a b", "", "a b"},
		{"a b", "b c", "a b c"},
		{"a c", "a b c", "a b c"},
		{"a b", "c b", "c a b"},
		{"a b", "b a", "no"},
		{"a b c", "c x b", "no"},
	} {
		got, ok := merge(strings.Fields(test.columns), strings.Fields(test.names))
		if text := strings.Join(got, " "); ok != (test.want != "no") || ok && text != test.want {
			t.Errorf("merge(%q, %q) gives %q, %v; want %q", test.columns, test.names, text, ok, test.want)
		}
	}
}
