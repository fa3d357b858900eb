package bench

import (
	"testing"

	"geodrop/grid/coord"
)

// Every point well inside the region is in exactly one area.
func TestMeshCoversOnce(t *testing.T) {
	m := mesh{region: Region{South: -10, North: 10, West: 170, East: 179}, cols: 6, rows: 5, perBorder: 40, seed: 5}
	shapes, err := m.shapes() // validates: no borders cross
	if err != nil {
		t.Fatal(err)
	}
	b := newBoxed(shapes)
	for lat := -8.5; lat < 8.5; lat += 0.31 {
		for lng := 171.0; lng < 178; lng += 0.17 {
			p := coord.WGS84{Lat: coord.Lat(lat), Lng: coord.Lng(lng)}.E7()
			if got := b.Find(p, nil); len(got) != 1 {
				t.Fatalf("%v, %v is in %v", lat, lng, got)
			}
		}
	}
}

func TestDistrictsMeshIsValid(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	m := districtsMesh(National(), 1)
	m.perBorder = 20
	shapes, err := m.shapes()
	if err != nil {
		t.Fatal(err)
	}
	if len(shapes) != 2900 {
		t.Errorf("%d areas, want 2900", len(shapes))
	}
}
