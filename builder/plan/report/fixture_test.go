package report

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/builder/plan"
	"geodrop/data/sample"
	"geodrop/poi/decode"
)

// hostile is the name of a place that moves, markup for each format.
const hostile = `<img src=x onerror=alert(1)> | @everyone **[x](javascript:alert(1))** #1 www.example.com </script>` + "`\u202e"

// planned is the plan of an edited sample.
func planned(t testing.TB) *plan.Plan {
	t.Helper()
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
	for _, bundle := range []string{before, after} {
		if err := sample.Write(bundle); err != nil {
			t.Fatal(err)
		}
	}
	edit(t, after)
	p, err := plan.Compare(t.Context(), built(t, before), built(t, after), plan.Options{
		SourceBefore: opened(t, before), SourceAfter: opened(t, after), Memory: 1 << 20, TempDir: dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func opened(t testing.TB, bundle string) *decode.Bundle {
	t.Helper()
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() }) // it was read to its end
	return src
}

func built(t testing.TB, bundle string) *query.Release {
	t.Helper()
	out := bundle + ".release"
	if _, err := builder.Build(t.Context(), opened(t, bundle), builder.Options{Out: out, MaxRejected: 0.1}); err != nil {
		t.Fatal(err)
	}
	r, err := query.Open(out, query.Options{})
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

// edit moves, renames and removes every so many places, adds some, forbids a
// square in Holborn, and moves units from Westminster to Camden.
func edit(t testing.TB, bundle string) {
	t.Helper()
	rewrite(t, bundle, "pois.csv", func(text string) string {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		w := csv.NewWriter(&out)
		for i, row := range rows {
			switch { // the header is row 0
			case i%60 == 7:
				continue
			case i%60 == 17:
				lat, _ := strconv.ParseFloat(row[2], 64) // the sample's are numbers
				row[2] = fmt.Sprintf("%.6f", lat+0.001*float64(i%7+1))
				if i == 17 {
					row[1] = hostile
				}
			case i%60 == 27:
				row[1] += " (west side)"
			}
			_ = w.Write(row) // a strings.Builder takes all
		}
		for i := range 9 {
			row := append([]string{fmt.Sprint("new-", i), fmt.Sprint("New place ", i), fmt.Sprintf("51.5%d2", i), "-0.21"}, rows[1][4:]...)
			_ = w.Write(row)
		}
		w.Flush()
		return out.String()
	})
	rewrite(t, bundle, "zones.geojson", func(text string) string {
		works := `{"type":"Feature","properties":{"id":"works","name":"Road works <b>","reason":"works"},"geometry":{"type":"Polygon","coordinates":[[[-0.14,51.50],[-0.12,51.50],[-0.12,51.515],[-0.14,51.515],[-0.14,51.50]]]}},`
		return strings.Replace(text, `"features":[`, `"features":[`+works, 1)
	})
	rewrite(t, bundle, "tasks.yaml", func(text string) string {
		text = strings.Replace(text, "E09000007, units: 1140}", "E09000007, units: 1640}", 1)
		return strings.Replace(text, "E09000033, units: 3400}", "E09000033, units: 2900}", 1)
	})
}

func rewrite(t testing.TB, bundle, name string, to func(string) string) {
	t.Helper()
	path := filepath.Join(bundle, name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := to(string(b))
	if text == string(b) {
		t.Fatalf("%s is as it was", name)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
