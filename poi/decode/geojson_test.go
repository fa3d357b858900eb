package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// geometryText writes a shape as GeoJSON, with white space and altitudes as
// drawn.
func geometryText(s grid.Shape, space string, altitude bool) string {
	var b strings.Builder
	b.WriteString(`{"type":` + space + `"MultiPolygon","coordinates":[`)
	for i, polygon := range s {
		b.WriteString(comma(i) + "[")
		for j, ring := range polygon {
			b.WriteString(comma(j) + "[")
			for k := range len(ring) + 1 {
				v := ring[k%len(ring)]
				b.WriteString(comma(k) + space + "[" + e7Text(v.Lng) + space + "," + e7Text(v.Lat))
				if altitude {
					b.WriteString(",-1.5e2")
				}
				b.WriteString("]" + space)
			}
			b.WriteString("]")
		}
		b.WriteString("]")
	}
	b.WriteString("]}")
	return b.String()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func TestAreasRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		var want []*poi.District
		var features []string
		for i := range rapid.IntRange(1, 4).Draw(t, "districts") {
			d := &poi.District{
				Adcode: poi.Adcode(fmt.Sprintf("%06d", i)),
				Name:   rapid.StringOfN(rapid.RuneFrom([]rune("aé\"\\/ \u4eac😀{}[]")), 0, 8, -1).Draw(t, "name"),
			}
			for range rapid.IntRange(1, 3).Draw(t, "polygons") {
				d.Shape = append(d.Shape, grid.Polygon{drawTriangle(t)})
			}
			name, err := json.Marshal(d.Name)
			if err != nil {
				t.Fatal(err)
			}
			space := rapid.SampledFrom([]string{"", " ", "\r\n\t"}).Draw(t, "space")
			features = append(features, fmt.Sprintf(`{"geometry":%s,%s"extra":[{"a":"}]"},null,true,-0.5e-7],"type":"Feature","properties":{"adcode":"%s","name":%s}}`,
				geometryText(d.Shape, space, rapid.Bool().Draw(t, "altitude")), space, d.Adcode, name))
			want = append(want, d)
		}
		text := collection(features...)
		if rapid.Bool().Draw(t, "sequence") {
			text = strings.Join(features, "\n")
		}
		if err := os.WriteFile(filepath.Join(dir, "districts.geojson"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		b, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		var got []*poi.District
		for d, err := range b.Districts(context.Background()) {
			if err != nil {
				t.Fatal(err, text)
			}
			got = append(got, d)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nreads as %+v\nwant %+v, rejects %v", text, got, want, b.Rejects().Kept())
		}
	})
}

// drawTriangle is a triangle that grid accepts as it is.
func drawTriangle(t *rapid.T) grid.Ring {
	at := func(label string, limit int32) int32 { return rapid.Int32Range(-limit, limit-3).Draw(t, label) }
	lat, lng := at("lat", coord.MaxLatE7), at("lng", coord.MaxLngE7)
	return grid.Ring{{Lat: lat, Lng: lng}, {Lat: lat, Lng: lng + 2}, {Lat: lat + 2, Lng: lng + 1}}
}

func TestStreamInPieces(t *testing.T) {
	text := collection(district(polygon[11:]), strings.Replace(square(`"adcode":"2","name":"{\"[é"`), "{", " {\n", 1), "7")
	want := featuresOf(t, newJSONStream(strings.NewReader(text), "x"))
	if len(want) != 2 || want[1] != `3:2 2 {"[é` {
		t.Errorf("got %q", want)
	}
	if got := featuresOf(t, newJSONStream(iotest.OneByteReader(strings.NewReader(text)), "x")); !reflect.DeepEqual(got, want) {
		t.Errorf("byte by byte %q\nwant %q", got, want)
	}
}

func featuresOf(t *testing.T, s *jsonStream) (out []string) {
	b := &Bundle{rejects: new(poi.Rejects), reported: map[string]int{}}
	r := &featureReader{s: s, report: b.reporter("x"), ctx: context.Background()}
	more, err := r.file(func(f *feature) bool {
		out = append(out, fmt.Sprintf("%d:%d %s %s", f.line, f.column, f.properties["adcode"].text, f.properties["name"].text))
		return true
	})
	if !more || err != nil {
		t.Fatal(more, err)
	}
	if b.rejects.Total() != 1 {
		t.Errorf("rejects %v", b.rejects.Kept())
	}
	return out
}

// A feature beyond the limit is passed over in a small buffer.
func TestHugeFeature(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	var text bytes.Buffer
	text.WriteString(`{"type":"FeatureCollection","features":[{"type":"Feature","x":"`)
	text.Write(bytes.Repeat([]byte("y"), MaxFeatureBytes))
	text.WriteString(`"},` + district(polygon[11:]) + `]}`)
	got, err := readAll(t, writeBundle(t, map[string]string{"districts.geojson": text.String()}))
	want := "districts.geojson:1:41: feature has more than 67108864 bytes (too_long)"
	if err != nil || len(got.Districts) != 1 || len(got.Rejects) != 1 || got.Rejects[0] != want {
		t.Errorf("%v, %v", got, err)
	}
}

// A boundary of 10⁵ vertices, with the memory it takes.
func TestLargeBoundary(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	text := district(geometryText(grid.Shape{grid.Polygon{circle(100_000)}}, "", false))
	dir := writeBundle(t, map[string]string{"districts.geojson": text})
	got, err := readAll(t, dir)
	if err != nil || len(got.Districts) != 1 || got.Districts[0].Shape.Vertices() != 100_000 {
		t.Fatalf("%v, %v", got.Rejects, err)
	}
}

func circle(n int) grid.Ring {
	ring := make(grid.Ring, n)
	for i := range ring {
		a := 2 * math.Pi * float64(i) / float64(n)
		ring[i] = coord.WGS84{Lat: coord.Lat(40 + 5*math.Sin(a)), Lng: coord.Lng(100 + 5*math.Cos(a))}.E7()
	}
	return ring
}

func BenchmarkGeoJSON(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	var features []string
	for i := range 500 {
		ring := circle(100 + rng.IntN(800))
		features = append(features, strings.Replace(district(geometryText(grid.Shape{grid.Polygon{ring}}, "", false)), `"1"`, fmt.Sprintf(`"%d"`, i), 1))
	}
	text := collection(features...)
	dir := writeBundle(b, map[string]string{"districts.geojson": text})
	b.Run("ours, with validation", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			bundle, err := Open(dir, Options{})
			if err != nil {
				b.Fatal(err)
			}
			for _, err := range bundle.Districts(context.Background()) {
				if err != nil {
					b.Fatal(err)
				}
			}
			bundle.Close()
		}
	})
	b.Run("encoding-json, decode only", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			var v struct {
				Features []struct {
					Properties struct{ Adcode, Name string }
					Geometry   struct{ Coordinates [][][][2]float64 }
				}
			}
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
