package transfer

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/data/storetest"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// counting is a writer of a store in which others write meanwhile.
type counting struct {
	poi.Writer
	counts   []int64
	affected int64
}

func (c *counting) Altered(added int64) int64 { return max(c.affected-added, 0) }

func (c *counting) Count(context.Context, poi.Table) (int64, error) {
	n := c.counts[0]
	c.counts = c.counts[1:]
	return n, nil
}

// TestReplacedOfMany: whatever others do, rows that are new, replaced and the same
// are as many as are written.
func TestReplacedOfMany(t *testing.T) {
	const rows = 10
	p := part{tables: []poi.Table{poi.TablePOIs}, write: func(context.Context, poi.Writer) (int64, error) { return rows, nil }}
	for _, tt := range []struct{ before, after, affected, replaced, same int64 }{
		{100, 110, 10, 0, 0}, {100, 104, 10, 6, 0}, {100, 104, 7, 3, 3}, {100, 100, 10, 10, 0}, {100, 100, 0, 0, 10},
		{100, 95, 10, 10, 0}, {100, 95, 4, 4, 6}, // others have deleted
		{100, 115, 10, 0, 0}, {100, 108, 3, 0, 2}, // others have added
	} {
		got, err := p.run(t.Context(), &counting{counts: []int64{tt.before, tt.after}, affected: tt.affected})
		if got.Replaced != tt.replaced || got.Same != tt.same || got.Rows != rows || err != nil {
			t.Errorf("%d rows after %d, %d affected: %+v, %v; want %d replaced, %d the same", tt.after, tt.before, tt.affected, got, err, tt.replaced, tt.same)
		}
	}
}

// TestReplaced imports single files, and again when the store has their rows.
func TestReplaced(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{
		"a.csv": "id,name,lat,lng\n1,one,1,1\n2,two,2,2\n1,again,3,3\n",
		"b.csv": "id,name,lat,lng\n2,other,4,4\n3,three,5,5\n",
		"c.csv": "id,name,lat,lng\n2,other,4,4\n3,three,5,5\n4,four,6,6\n",
		"d.geojson": `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"adcode":"d"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}},
{"type":"Feature","properties":{"adcode":"d"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,0]]]}}]}`,
	} {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, engine := range []struct {
		name string
		open func(*testing.T) poi.Store
	}{{"sqlite", openSQLite}, {"mariadb", openMariaDB}} {
		t.Run(engine.name, func(t *testing.T) {
			s := engine.open(t)
			a, b, c := path("a.csv"), path("b.csv"), path("c.csv")
			for _, step := range []struct {
				kind    string
				files   []string
				want    []Imported
				rejects []string
			}{
				{"pois", []string{a, b}, []Imported{{Name: a, Rows: 2}, {Name: b, Rows: 1}}, []string{
					a + `:4: id "1" is also at ` + a + `:2, which stays (duplicate)`,
					b + `:2: id "2" is also at ` + a + `:3, which stays (duplicate)`,
				}},
				{"pois", []string{b}, []Imported{{Name: b, Rows: 2, Replaced: 1, Same: 1}}, nil},
				{"pois", []string{c}, []Imported{{Name: c, Rows: 3, Same: 2}}, nil},
				{"pois", []string{b, a}, []Imported{{Name: b, Rows: 2, Same: 2}, {Name: a, Rows: 1, Same: 1}}, []string{
					a + `:3: id "2" is also at ` + b + `:2, which stays (duplicate)`,
					a + `:4: id "1" is also at ` + a + `:2, which stays (duplicate)`,
				}},
				{"districts", []string{path("d.geojson")}, []Imported{{Name: path("d.geojson"), Rows: 1}}, []string{
					path("d.geojson") + `:3:42: adcode "d" is also at ` + path("d.geojson") + `:2, which stays (duplicate)`,
				}},
			} {
				bundle, err := decode.OpenFiles(step.kind, step.files, decode.Options{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := Import(t.Context(), bundle, s, ImportOptions{TempDir: t.TempDir()})
				if err != nil || !slices.Equal(got, step.want) {
					t.Errorf("import of %q: %+v, %v; want %+v", step.files, got, err, step.want)
				}
				var rejects []string
				for _, r := range bundle.Rejects().Kept() {
					rejects = append(rejects, r.String())
				}
				if slices.Sort(rejects); !slices.Equal(rejects, step.rejects) {
					t.Errorf("import of %q rejects\n%s\nwant\n%s", step.files, strings.Join(rejects, "\n"), strings.Join(step.rejects, "\n"))
				}
				if err := bundle.Close(); err != nil {
					t.Error(err)
				}
			}
			got := storetest.Read(t, s)
			if len(got.POIs) != 4 || got.POIs[1].Name != "other" || len(got.Districts) != 1 {
				t.Errorf("the store has %+v", got)
			}
		})
	}
}

func TestPartName(t *testing.T) {
	long := strings.Repeat("é", maxPartName)
	first, second := partName([]string{long, "a"}), partName([]string{long, "b"})
	if first == second || len(first) > maxPartName || len(second) > maxPartName {
		t.Errorf("parts of long names are called %q and %q", first, second)
	}
	if got := partName([]string{"a", "b"}); got != "a, b" {
		t.Errorf("a part of two files is called %q", got)
	}
}
