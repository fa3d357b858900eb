package grid

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"geodrop/grid/coord"
)

// parseShape reads "lat,lng lat,lng …" in degrees; "/" begins the next ring,
// ";" the next polygon.
func parseShape(t testing.TB, text string) []Polygon {
	t.Helper()
	var polygons []Polygon
	for _, polygonText := range strings.Split(text, ";") {
		var polygon Polygon
		for _, ringText := range strings.Split(polygonText, "/") {
			var ring Ring
			for _, vertex := range strings.Fields(ringText) {
				ring = append(ring, parsePoint(t, vertex))
			}
			polygon = append(polygon, ring)
		}
		polygons = append(polygons, polygon)
	}
	return polygons
}

// parsePoint keeps longitude 180, which coord.WGS84.E7 does not.
func parsePoint(t testing.TB, text string) coord.E7 {
	t.Helper()
	latText, lngText, _ := strings.Cut(text, ",")
	lat, err := strconv.ParseFloat(latText, 64)
	if err != nil {
		t.Fatal(err)
	}
	lng, err := strconv.ParseFloat(lngText, 64)
	if err != nil {
		t.Fatal(err)
	}
	e := coord.WGS84{Lat: coord.Lat(lat), Lng: coord.Lng(lng)}.E7()
	if lng == 180 {
		e.Lng = coord.MaxLngE7
	}
	return e
}

func mustShape(t testing.TB, text string) Shape {
	t.Helper()
	s, err := NewShape(parseShape(t, text))
	if err != nil {
		t.Fatalf("NewShape(%q): %v", text, err)
	}
	return s
}

const (
	square    = "0,0 0,10 10,10 10,0"
	holed     = "0,0 0,10 10,10 10,0 / 4,4 4,6 6,6 6,4"
	fiji      = "-20,178 -20,-178 -15,-178 -15,178"
	fijiCut   = "-20,178 -20,180 -15,180 -15,178 ; -20,-180 -20,-178 -15,-178 -15,-180"
	arctic    = "70,-180 70,-90 70,0 70,90"
	antarctic = "-70,180 -70,90 -70,0 -70,-90 -70,-180 -90,-180 -90,180"
	cap60to80 = "60,-120 60,0 60,120 / 80,-120 80,0 80,120"
	world     = "-90,-180 -90,-60 -90,60 -90,180 90,180 90,60 90,-60 90,-180"
	touching  = "0,0 0,10 5,5 10,10 10,0 5,5" // passes twice through 5,5
)

func TestShapeContains(t *testing.T) {
	for _, tc := range []struct {
		shape, in, out string
	}{
		{square, "5,5 0,0 0,5 5,0 9.9999999,9.9999999", "10,10 10,5 5,10 0,10 10,0 -1,5 5,-170 5,11 90,5 -90,5"},
		{holed, "1,1 6,5 5,6 6,6", "5,5 4,4 4,5 5,4"},
		{fiji, "-17,179 -17,-179 -17,180 -17,-180 -20,178", "-17,0 -17,177 -17,-177 -17,-178 -15,180"},
		{fijiCut, "-17,179 -17,-179 -17,180 -17,-180 -20,178", "-17,0 -17,177 -17,-177 -17,-178 -15,180"},
		{arctic, "90,0 90,77 80,-180 70,10 70,180", "69.9999999,0 -90,0 0,0"},
		{antarctic, "-90,0 -90,-180 -80,180 -70.0000001,7 -80,-180", "-70,7 -69,0 90,0"},
		{cap60to80, "60,0 70,180 79.9999999,1", "80,0 90,0 59,0 -70,0"},
		{world, "0,0 90,0 -90,0 0,180 0,-180 -90,180 90,-60", ""},
		{touching, "1,5 9,5", "5,1 5,9"},
		{square + ";5,5 5,15 15,15 15,5", "7,7 1,1 12,12", "12,1"},
	} {
		s := mustShape(t, tc.shape)
		for _, text := range strings.Fields(tc.in) {
			if !s.Contains(parsePoint(t, text)) {
				t.Errorf("%q does not contain %s", tc.shape, text)
			}
		}
		for _, text := range strings.Fields(tc.out) {
			if s.Contains(parsePoint(t, text)) {
				t.Errorf("%q contains %s", tc.shape, text)
			}
		}
	}
}

func TestShapeRefused(t *testing.T) {
	for _, tc := range []struct {
		name, shape, message string
	}{
		{"two vertices", "0,0 1,1", "invalid shape: polygon 0, ring 0, 2 distinct vertices after rounding to 1e-7 degrees"},
		{"one vertex thrice", "1,1 1,1 1,1", "1 distinct vertices"},
		{"rounds away", "1,1 1,1.00000001 1.00000001,1", "1 distinct vertices"},
		{"all longitudes in one edge", "-90,-180 -90,180 90,180 90,-180", "a vertex at least every 179 degrees"},
		{"half the Earth in one edge", "0,-90 0,90 10,90 10,-90", "vertices 0 and 1, (lat 0.0000000, lng -90.0000000) and (lat 0.0000000, lng 90.0000000): the edge spans exactly 180"},
		{"bow-tie", "0,0 10,10 10,0 0,10", "the edge of ring 0 from vertex 0 (lat 0.0000000, lng 0.0000000) to vertex 1 (lat 10.0000000, lng 10.0000000) crosses the edge of ring 0 from vertex 2"},
		{"bow-tie on the antimeridian", "0,175 10,-175 10,175 0,-175", "crosses"},
		{"no area", "0,0 0,5 0,10", "runs along"},
		{"spike", "0,0 0,10 10,10 20,10 10,10 10,0", "runs along"},
		{"hole crosses outer", square + " / 5,5 5,15 6,15 6,5", "ring 1"},
		{"hole along outer", square + " / 0,2 0,5 5,5", "runs along"},
		{"same ring twice", square + " / " + square, "runs along"},
		{"seam crossed", "0,180 10,180 10,170 5,-170 0,170", "crosses"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := NewShape(parseShape(t, tc.shape))
			if !errors.Is(err, ErrShape) || s != nil {
				t.Fatalf("NewShape() = %v, %v", s, err)
			}
			if !strings.Contains(err.Error(), tc.message) {
				t.Errorf("error %q does not say %q", err, tc.message)
			}
		})
	}
}

func TestShapeRefusesWhatIsMissingOrOutOfRange(t *testing.T) {
	vertex := func(lat, lng int32) coord.E7 { return coord.E7{Lat: lat, Lng: lng} }
	triangle := Ring{vertex(0, 0), vertex(0, 9), vertex(9, 9)}
	for _, tc := range []struct {
		name     string
		polygons []Polygon
		want     error
	}{
		{"no polygon", nil, ErrShape},
		{"no ring", []Polygon{{triangle}, {}}, ErrShape},
		{"no vertex", []Polygon{{triangle, nil}}, ErrShape},
		{"north of the pole", []Polygon{{append(triangle[:2:2], vertex(coord.MaxLatE7+1, 9))}}, coord.ErrRange},
		{"west of the antimeridian", []Polygon{{append(triangle[:2:2], vertex(9, -coord.MaxLngE7-1))}}, coord.ErrRange},
	} {
		if _, err := NewShape(tc.polygons); !errors.Is(err, ErrShape) || !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestNewShapeCleans(t *testing.T) {
	got := mustShape(t, "0,170 0,170 0,180 5,180 5,-180 5,170 0,170 0,170")
	want := mustShape(t, "0,170 0,-180 5,-180 5,170")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("NewShape() = %v, want %v", got, want)
	}
	if got.Vertices() != 4 {
		t.Errorf("Vertices() = %d, want 4", got.Vertices())
	}
}

// Neighbours that share their edges hold every point exactly once: a jittered
// lattice over the whole Earth, seam and poles included.
func TestNeighboursHoldEachPointOnce(t *testing.T) {
	const rows, cols = 6, 9
	rng := rand.New(rand.NewPCG(1, 2))
	var lattice [rows + 1][cols]coord.E7
	for r := range lattice {
		for c := range lattice[r] {
			v := coord.E7{
				Lat: int32(r)*(2*coord.MaxLatE7/rows) - coord.MaxLatE7,
				Lng: int32(int64(c)*(turn/cols) - turn/2),
			}
			if r > 0 && r < rows {
				v.Lat += rng.Int32N(100_000_000) - 50_000_000
				v.Lng = int32(eastward(0, int32(eastward(-rng.Int32N(90_000_000), v.Lng))))
			}
			lattice[r][c] = v
		}
	}
	var shapes []Shape
	var points []coord.E7
	for r := range rows {
		for c := range cols {
			east := (c + 1) % cols
			ring := Ring{lattice[r][c], lattice[r][east], lattice[r+1][east], lattice[r+1][c]}
			s, err := NewShape([]Polygon{{ring}})
			if err != nil {
				t.Fatal(err)
			}
			shapes, points = append(shapes, s), append(points, ring...)
		}
	}
	for range 5_000 {
		points = append(points, randomPoint(rng))
	}
	for _, p := range points {
		holders := 0
		for _, s := range shapes {
			if s.Contains(p) {
				holders++
			}
		}
		if holders != 1 {
			t.Fatalf("%v is in %d shapes", degrees(p), holders)
		}
	}
}

func randomPoint(rng *rand.Rand) coord.E7 {
	return coord.E7{
		Lat: int32(rng.Int64N(2*int64(coord.MaxLatE7)+1) - int64(coord.MaxLatE7)),
		Lng: int32(rng.Int64N(turn+1) - turn/2),
	}
}
