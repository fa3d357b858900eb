package coord

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestNewWGS84Range(t *testing.T) {
	nan, inf, negativeZero := math.NaN(), math.Inf(1), math.Copysign(0, -1)
	for _, tc := range []struct {
		name     string
		lat, lng float64
		ok       bool
	}{
		{"origin", 0, 0, true},
		{"negative zero", negativeZero, negativeZero, true},
		{"north pole", 90, 0, true},
		{"south pole", -90, 0, true},
		{"antimeridian, east", 0, 180, true},
		{"antimeridian, west", 0, -180, true},
		{"smallest", 5e-324, -5e-324, true},
		{"one ulp north", math.Nextafter(90, inf), 0, false},
		{"one ulp south", math.Nextafter(-90, -inf), 0, false},
		{"one ulp east", 0, math.Nextafter(180, inf), false},
		{"one ulp west", 0, math.Nextafter(-180, -inf), false},
		{"NaN lat", nan, 0, false},
		{"NaN lng", 0, nan, false},
		{"infinite lat", inf, 0, false},
		{"infinite lng", 0, -inf, false},
		{"swapped", 116.4, 39.9, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := NewWGS84(Lat(tc.lat), Lng(tc.lng))
			if (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrRange) {
				t.Errorf("NewWGS84(%v, %v) = %v, %v", tc.lat, tc.lng, p, err)
			}
			if _, err := NewGCJ02(Lat(tc.lat), Lng(tc.lng)); (err == nil) != tc.ok {
				t.Errorf("NewGCJ02(%v, %v): %v", tc.lat, tc.lng, err)
			}
			if _, err := NewBD09(Lat(tc.lat), Lng(tc.lng)); (err == nil) != tc.ok {
				t.Errorf("NewBD09(%v, %v): %v", tc.lat, tc.lng, err)
			}
		})
	}
}

func TestE7Rounds(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   WGS84
		want E7
	}{
		{"negative zero", WGS84{Lat(math.Copysign(0, -1)), Lng(math.Copysign(0, -1))}, E7{0, 0}},
		{"half away from zero", WGS84{0.00000005, -0.00000005}, E7{1, -1}},
		{"below half", WGS84{0.00000004, -0.00000004}, E7{0, 0}},
		{"poles and antimeridian", WGS84{90, 180}, E7{900_000_000, -1_800_000_000}},
		{"rounds up to the antimeridian", WGS84{-90, 179.99999999}, E7{-900_000_000, -1_800_000_000}},
		{"last before the antimeridian", WGS84{0, 179.9999999}, E7{0, 1_799_999_999}},
	} {
		if got := tc.in.E7(); got != tc.want {
			t.Errorf("%s: %v.E7() = %v, want %v", tc.name, tc.in, got, tc.want)
		}
	}
}

func TestE7RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := E7{
			Lat: rapid.Int32Range(-MaxLatE7, MaxLatE7).Draw(t, "lat"),
			Lng: rapid.Int32Range(-MaxLngE7, MaxLngE7-1).Draw(t, "lng"),
		}
		if back := e.WGS84().E7(); back != e || !e.Valid() {
			t.Fatalf("%v → %v → %v", e, e.WGS84(), back)
		}
	})
}

func TestE7Valid(t *testing.T) {
	for _, tc := range []struct {
		e    E7
		want bool
	}{
		{E7{MaxLatE7, MaxLngE7}, true},
		{E7{-MaxLatE7, -MaxLngE7}, true},
		{E7{MaxLatE7 + 1, 0}, false},
		{E7{-MaxLatE7 - 1, 0}, false},
		{E7{0, MaxLngE7 + 1}, false},
		{E7{0, -MaxLngE7 - 1}, false},
	} {
		if got := tc.e.Valid(); got != tc.want {
			t.Errorf("%v.Valid() = %v", tc.e, got)
		}
	}
}

func TestDistance(t *testing.T) {
	half := Metres(math.Pi) * EarthRadius
	for _, tc := range []struct {
		name string
		p, q WGS84
		want Metres
	}{
		{"itself", WGS84{51, 7}, WGS84{51, 7}, 0},
		{"one degree of the equator", WGS84{0, 0}, WGS84{0, 1}, half / 180},
		{"across the antimeridian", WGS84{0, 179.5}, WGS84{0, -179.5}, half / 180},
		{"the antimeridian twice", WGS84{12, 180}, WGS84{12, -180}, 0},
		{"pole to pole", WGS84{90, 13}, WGS84{-90, -110}, half},
		{"one pole, two longitudes", WGS84{90, 13}, WGS84{90, -110}, 0},
		{"over the pole", WGS84{89.5, 0}, WGS84{89.5, 180}, half / 180},
		{"antipodes", WGS84{10, 20}, WGS84{-10, -160}, half},
	} {
		if got := tc.p.Distance(tc.q); math.Abs(float64(got-tc.want)) > 1e-3 {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestDistanceIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := drawWGS84(t), drawWGS84(t)
		if d, back := p.Distance(q), q.Distance(p); d != back || !(d >= 0) || d > Metres(math.Pi)*EarthRadius {
			t.Fatalf("%v and %v are %v and %v apart", p, q, d, back)
		}
	})
}
