package rule

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/poi/decode"
)

// now is the time at which tests validate.
var now = time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC)

// clean is a bundle in which nothing is to be found.
func clean() map[string]string {
	return map[string]string{
		"pois.csv": `id,name,lat,lng
a,Gate,0.01,0.01
b,Well,0.02,0.02
c,Mill,0.03,1.01
d,Inn,0.04,1.02
`,
		"poi_sets.csv": `set_id,poi_id
west,a
west,b
`,
		"districts.geojson": `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"adcode":"1001","name":"West"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}},
{"type":"Feature","properties":{"adcode":"1002","name":"East"},"geometry":{"type":"Polygon","coordinates":[[[1,0],[2,0],[2,1],[1,1],[1,0]]]}}
]}
`,
		"zones.geojson": `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"rail","name":"Yard","reason":"railway"},"geometry":{"type":"Polygon","coordinates":[[[0.5,0.5],[0.6,0.5],[0.6,0.6],[0.5,0.5]]]}}
]}
`,
		"merchants.csv": `id,name,max_per_second
tea,Tea house,2
bikes,Bike club,
`,
		"prizes.csv": `id,name,kind,merchant,value,currency,units,per_second
packet,Packet,cash,tea,188,CNY,1500,1
badge,Badge,collectable,bikes,0,,600,
`,
		"tasks.yaml": `tasks:
  - id: lanterns
    title: Lantern evening
    merchant: tea
    poi_set: all
    starts_at: 2027-01-01T00:00:00Z
    ends_at: 2028-01-01T00:00:00Z
    time_zone: UTC
    sessions: ["20:00-22:00"]
    caps: {per_day: 3, total: 10}
    prizes:
      - {prize: packet, weight: 9}
      - {prize: badge, weight: 1}
    quotas:
      - {prize: packet, district: 1001, units: 1000}
      - {prize: packet, district: "*", units: 500}
      - {prize: badge, district: "*", units: 100}
  - id: rides
    title: Ride out
    merchant: bikes
    poi_set: west
    starts_at: 2027-01-01T00:00:00Z
    ends_at: 2028-01-01T00:00:00Z
    prizes:
      - {prize: badge}
`,
		"quotas.csv": `task_id,prize,district,units
rides,badge,1001,500
`,
	}
}

// edited is a bundle with some text replaced. Each edit is a file, what stands
// there, and what is to; text that does not stand there is an error. An empty
// text is the end of the file.
func edited(t testing.TB, files map[string]string, edits ...[3]string) map[string]string {
	t.Helper()
	files = maps.Clone(files)
	for _, e := range edits {
		file, was, is := e[0], e[1], e[2]
		if was == "" {
			files[file] += is
			continue
		}
		if strings.Count(files[file], was) != 1 {
			t.Fatalf("%s has %q %d times", file, was, strings.Count(files[file], was))
		}
		files[file] = strings.Replace(files[file], was, is, 1)
	}
	return files
}

// open writes files into a folder and opens them as a bundle.
func open(t testing.TB, files map[string]string) *decode.Bundle {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func validated(t testing.TB, files map[string]string, o Options) *Result {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	result, err := Validate(context.Background(), open(t, files), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// found lists findings as "rule place", sorted.
func found(r *Result) []string {
	list := make([]string, len(r.Findings))
	for i := range r.Findings {
		f := &r.Findings[i]
		list[i] = fmt.Sprintf("%s %s", f.Rule, f.At.String())
	}
	slices.Sort(list)
	return list
}

// messages are the findings in full, for the reader of a failed test.
func messages(r *Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%+v\n", f)
	}
	return b.String()
}
