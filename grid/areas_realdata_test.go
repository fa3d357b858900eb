//go:build realdata

package grid

import (
	"compress/gzip"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"geodrop/grid/coord"
)

// realFiles are the polygon files of the data folder.
var (
	districtFiles = []string{"districts_cn.geojson.gz", "districts_us.geojson.gz"}
	zoneFiles     = []string{"zones_airports.geojson.gz", "zones_water.geojson.gz", "zones_rivers.geojson.gz",
		"zones_railways_na.geojson.gz", "zones_highways_us.geojson.gz"}
)

// readShapes reads GeoJSON polygons without any check.
func readShapes(t testing.TB, names ...string) [][]Polygon {
	t.Helper()
	folder := os.Getenv("GEODROP_DATA")
	if folder == "" {
		t.Fatal("GEODROP_DATA is not set: point it to the folder with the real data, or drop the tag realdata")
	}
	var shapes [][]Polygon
	for _, name := range names {
		shapes = append(shapes, readShapeFile(t, filepath.Join(folder, name))...)
	}
	return shapes
}

func readShapeFile(t testing.TB, path string) [][]Polygon {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(path, err)
	}
	var collection struct {
		Features []struct {
			Geometry struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.NewDecoder(unzipped).Decode(&collection); err != nil {
		t.Fatal(path, err)
	}
	var shapes [][]Polygon
	for _, feature := range collection.Features {
		var polygons [][][][2]float64
		if feature.Geometry.Type == "Polygon" {
			polygons = make([][][][2]float64, 1)
			err = json.Unmarshal(feature.Geometry.Coordinates, &polygons[0])
		} else {
			err = json.Unmarshal(feature.Geometry.Coordinates, &polygons)
		}
		if err != nil {
			t.Fatal(path, err)
		}
		shapes = append(shapes, toPolygons(polygons))
	}
	return shapes
}

func toPolygons(coordinates [][][][2]float64) []Polygon {
	var polygons []Polygon
	for _, rings := range coordinates {
		var polygon Polygon
		for _, positions := range rings {
			var ring Ring
			for _, v := range positions[:len(positions)-1] {
				ring = append(ring, coord.WGS84{Lat: coord.Lat(v[1]), Lng: coord.Lng(v[0])}.E7())
			}
			polygon = append(polygon, ring)
		}
		polygons = append(polygons, polygon)
	}
	return polygons
}

// realShapes are the valid shapes of the files; it reports those refused.
func realShapes(t testing.TB, names ...string) []Shape {
	t.Helper()
	raw := readShapes(t, names...)
	checked := make([]Shape, len(raw))
	errs := make([]error, len(raw))
	start := time.Now()
	forEach(len(raw), func(i int) { checked[i], errs[i] = NewShape(raw[i]) })
	t.Logf("%v: %d shapes checked in %v", names, len(raw), time.Since(start).Round(time.Millisecond))
	var shapes []Shape
	for i, s := range checked {
		if errs[i] != nil {
			t.Logf("feature %d refused: %v", i, errs[i])
			continue
		}
		shapes = append(shapes, s)
	}
	return shapes
}

// countryPoints are points at random over both countries, and around vertices.
func countryPoints(shapes []Shape, n int) []coord.E7 {
	rng := rand.New(rand.NewPCG(11, 12))
	points := make([]coord.E7, n)
	for i := range points {
		p := &points[i]
		switch i % 3 {
		case 0: // China
			p.Lat, p.Lng = 180_000_000+rng.Int32N(350_000_000), 735_000_000+rng.Int32N(615_000_000)
		case 1: // the United States with Alaska and Hawaii
			p.Lat, p.Lng = 180_000_000+rng.Int32N(530_000_000), -1_790_000_000+rng.Int32N(1_120_000_000)
		default:
			ring := shapes[rng.IntN(len(shapes))][0][0]
			v := ring[rng.IntN(len(ring))]
			p.Lat = v.Lat + rng.Int32N(20_001) - 10_000
			p.Lng = int32(eastward(-v.Lng, rng.Int32N(20_001)-10_000))
		}
	}
	return points
}

func TestRealDistrictsAgreeWithBruteForce(t *testing.T) {
	shapes := realShapes(t, districtFiles...)
	if len(shapes) != 2874+3230 {
		t.Errorf("%d valid districts, want 6104", len(shapes))
	}
	compareReal(t, shapes, 100_000)
}

func TestRealZonesAgreeWithBruteForce(t *testing.T) {
	shapes := realShapes(t, zoneFiles...)
	if len(shapes) != 22_886 {
		t.Errorf("%d valid zones, want 22886", len(shapes))
	}
	compareReal(t, shapes, 20_000)
}

func compareReal(t *testing.T, shapes []Shape, n int) {
	start := time.Now()
	x := newIndex(t, shapes)
	t.Logf("raster index of %d areas in %v: %d cells, %d list words, %d vertices, %d root cells of 2^%d",
		len(shapes), time.Since(start).Round(time.Millisecond), len(x.t.Cells), len(x.t.Lists), len(x.t.Vertices), x.t.Cols*x.t.Rows, x.t.Shift)
	start = time.Now()
	if _, err := OpenAreaIndex(x.Tables()); err != nil {
		t.Error(err)
	}
	t.Logf("opened in %v", time.Since(start).Round(time.Microsecond))
	points, brute := countryPoints(shapes, n), newBoxed(shapes)
	want := make([][]uint32, n)
	forEach(n, func(i int) { want[i] = brute.Find(points[i], nil) })
	held := 0
	start = time.Now()
	areas := newAreas(t, shapes, AreasOptions{})
	t.Logf("H3 index in %v: %d cells, %d list words", time.Since(start).Round(time.Millisecond), len(areas.cells), len(areas.lists))
	for i, p := range points {
		for name, f := range map[string]finder{"raster": x, "H3": areas} {
			if got := f.Find(p, nil); !slices.Equal(got, want[i]) {
				t.Fatalf("%s: %s is in %v, brute force says %v", name, degrees(p), got, want[i])
			}
		}
		held += min(len(want[i]), 1)
	}
	t.Logf("%d of %d points are in an area", held, n)
}

// Points assigned to all districts of both countries, one by one.
func BenchmarkRealDistricts(b *testing.B) {
	shapes := realShapes(b, districtFiles...)
	points := countryPoints(shapes, 1<<20)
	for _, tc := range []struct {
		name string
		find finder
	}{
		{"raster", newIndex(b, shapes)},
		{"h3", newAreas(b, shapes, AreasOptions{})},
		{"boxes", newBoxed(shapes)},
	} {
		b.Run(tc.name, func(b *testing.B) {
			var dst []uint32
			for i := 0; b.Loop(); i++ {
				dst = tc.find.Find(points[i%len(points)], dst[:0])
			}
		})
	}
}
