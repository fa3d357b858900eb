package coord

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Pairs as computed by the formula's common implementations (eviltransform's
// own tests for the first three, coordtransform's for the fourth).
func TestGCJ02KnownPairs(t *testing.T) {
	for _, tc := range []struct {
		name string
		wgs  WGS84
		gcj  GCJ02
	}{
		{"Shanghai", WGS84{31.1774276, 121.5272106}, GCJ02{31.17530398364597, 121.531541859215}},
		{"Shenzhen", WGS84{22.543847, 113.912316}, GCJ02{22.540796131694766, 113.9171764808363}},
		{"Beijing", WGS84{39.911954, 116.377817}, GCJ02{39.91334545536069, 116.38404722455657}},
		{"Beijing, centre", WGS84{39.915, 116.404}, GCJ02{39.91640428150164, 116.41024449916938}},
		{"London", WGS84{51.5145, -0.127}, GCJ02{51.5145, -0.127}},
		{"north of the rectangle", WGS84{55.83, 116}, GCJ02{55.83, 116}},
		{"pole", WGS84{-90, 116}, GCJ02{-90, 116}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.wgs.GCJ02(); !near(got.Lat, tc.gcj.Lat, 1e-12) || !near(got.Lng, tc.gcj.Lng, 1e-12) {
				t.Errorf("%v.GCJ02() = %v, want %v", tc.wgs, got, tc.gcj)
			}
			if got := tc.gcj.WGS84(); !near(got.Lat, tc.wgs.Lat, 1e-9) || !near(got.Lng, tc.wgs.Lng, 1e-9) {
				t.Errorf("%v.WGS84() = %v, want %v", tc.gcj, got, tc.wgs)
			}
		})
	}
}

func TestGCJ02RoundTrip(t *testing.T) {
	const edge = 0.02 // degrees: nearer the rectangle's edge no inverse is unique
	rapid.Check(t, func(t *rapid.T) {
		p := WGS84{
			Lat: Lat(rapid.Float64Range(float64(offsetSouth)+edge, float64(offsetNorth)-edge).Draw(t, "lat")),
			Lng: Lng(rapid.Float64Range(float64(offsetWest)+edge, float64(offsetEast)-edge).Draw(t, "lng")),
		}
		g := p.GCJ02()
		if back := g.WGS84(); !near(back.Lat, p.Lat, 1e-9) || !near(back.Lng, p.Lng, 1e-9) {
			t.Fatalf("%v → %v → %v", p, g, back)
		}
		if d := p.Distance(WGS84(g)); d == 0 || d > 750 {
			t.Fatalf("%v is moved by %.1f m", p, float64(d))
		}
	})
}

func TestGCJ02OutsideIsWGS84(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawWGS84(t)
		if offsetApplies(p) {
			return
		}
		if got := p.GCJ02(); got != GCJ02(p) {
			t.Fatalf("%v.GCJ02() = %v", p, got)
		}
	})
}

func TestSinPi(t *testing.T) {
	for i := range 200_000 {
		x := float64(i)*0.00271 - 271
		if got, want := sinPi(x), math.Sin(math.Pi*math.Remainder(x, 2)); math.Abs(got-want) > 5e-16 {
			t.Fatalf("sinPi(%v) = %v, want %v", x, got, want)
		}
	}
}

func near[T Lat | Lng](a, b, tolerance T) bool {
	return math.Abs(float64(a-b)) <= float64(tolerance)
}

func drawWGS84(t *rapid.T) WGS84 {
	return WGS84{
		Lat: Lat(rapid.Float64Range(-90, 90).Draw(t, "lat")),
		Lng: Lng(rapid.Float64Range(-180, 180).Draw(t, "lng")),
	}
}
