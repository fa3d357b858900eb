package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// seed adds the files that the other tests read.
func seed(f *testing.F, names ...string) {
	for _, name := range names {
		text, err := os.ReadFile("testdata/bundle/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// FuzzPOIs holds that what is read obeys the limits, that every row is either
// read or rejected with its place, and that encoding/csv splits what it accepts
// in the same way.
func FuzzPOIs(f *testing.F) {
	seed(f, "pois.csv")
	f.Add([]byte("id,name,lat,lng,crs\na,\"x\ny\",NaN,1e999,gcj02\r\nb,,90.00000000000001,-0,bd09\n\"\"\"\",,,,\n\"open"))
	f.Fuzz(func(t *testing.T, text []byte) {
		agreesWithStandard(t, text)
		rejects := new(poi.Rejects)
		table, err := memory(text, rejects)
		if err != nil {
			return
		}
		r := newPOIReader(table, coord.CRSWGS84)
		lines := bytes.Count(text, []byte{'\n'}) + 1
		for {
			batch, err := r.batch()
			for i := range batch.Rows {
				if row := &batch.Rows[i]; row.Check() != nil || row.Line < 2 || row.Line > lines || row.Pos.Lng == coord.MaxLngE7 {
					t.Fatalf("%+v: %v", row, row.Check())
				}
			}
			if isEOF(err) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		checkRejects(t, rejects, lines)
	})
}

func checkRejects(t *testing.T, rejects *poi.Rejects, lines int) {
	for _, r := range rejects.Kept() {
		if r.Line < 1 || r.Line > lines || r.Column < 0 || r.Code == "" || r.Reason == "" || len(r.Value) > poi.MaxRejectValue {
			t.Fatalf("%+v", r)
		}
	}
}

// FuzzGeoJSON holds that what is read is valid, and that encoding/json takes
// every text that is read without a fault.
func FuzzGeoJSON(f *testing.F) {
	seed(f, "districts.geojson", "zones.geojson")
	f.Add([]byte(collection(ring("[[[0,0],[1,0],[1,1],[0,0]],[[0.5,NaN]]]"), `{"type":"Feature","properties":{"id":"\ud83d\ude00"}}`)))
	f.Add([]byte(`{"features":[{}],"crs":null,"type":"FeatureCollection"} `))
	f.Fuzz(func(t *testing.T, text []byte) {
		b := &Bundle{rejects: new(poi.Rejects), reported: map[string]int{}}
		r := &featureReader{s: newJSONStream(bytes.NewReader(text), "x"), report: b.reporter("x"), ctx: context.Background()}
		features := 0
		_, err := r.file(func(f *feature) bool {
			features++
			if f.shape.Validate() != nil || !json.Valid(f.text) {
				t.Fatalf("%s: %v", f.text, f.shape.Validate())
			}
			if d, err := f.district(); err == nil && d.Check() != nil {
				t.Fatal(d)
			} else if err != nil {
				f.rejectInvalid(err)
			}
			if z, err := f.zone(); err == nil && z.Check() != nil {
				t.Fatal(z)
			} else if err != nil {
				f.rejectInvalid(err)
			}
			return true
		})
		checkRejects(t, b.rejects, bytes.Count(text, []byte{'\n'})+1)
		if err == nil && features == 1 && r.count == 1 && !json.Valid(text) {
			t.Fatalf("read, but no JSON: %q", text)
		}
	})
}

// FuzzTasks holds that every task that is read obeys the limits.
func FuzzTasks(f *testing.F) {
	seed(f, "tasks.yaml")
	f.Add([]byte(taskText("caps: {per_day: 1}", "sessions: [Mon-Fri 23:00-01:00]", "time_zone: Europe/London")))
	f.Add([]byte("a: &a [x]\ntasks: *a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := readYAML(&input{name: "tasks.yaml", Reader: bytes.NewReader(text)})
		if err != nil || root == nil {
			return
		}
		reader := configReader{b: &Bundle{rejects: new(poi.Rejects), reported: map[string]int{}},
			merchants: map[poi.MerchantID]poi.Merchant{"m": {}}, prizes: map[poi.PrizeID]poi.Prize{"p": {}}}
		entries, err := tasksOf("tasks.yaml", root)
		if err != nil {
			return
		}
		for _, e := range entries {
			reader.checkTask(e)
			if len(e.reader.faults) > 0 {
				continue
			}
			if err := e.task.Check(); err != nil {
				t.Fatal(err)
			}
			if _, ok := e.task.NextChange(e.task.When.Start); !ok && e.task.StateAt(e.task.When.Start) != poi.Ended {
				t.Fatalf("%+v never ends", e.task)
			}
		}
	})
}
