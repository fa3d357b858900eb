package coord

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestParseCRS(t *testing.T) {
	for _, tc := range []struct {
		text string
		crs  CRS
		ok   bool
	}{
		{"wgs84", CRSWGS84, true},
		{"gcj02", CRSGCJ02, true},
		{"bd09", CRSBD09, true},
		{"", 0, false},
		{"WGS84", 0, false},
		{"epsg:4326", 0, false},
		{"CRS(3)", 0, false},
	} {
		got, err := ParseCRS(tc.text)
		if got != tc.crs || (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrCRS) {
			t.Errorf("ParseCRS(%q) = %v, %v", tc.text, got, err)
		}
		if tc.ok && got.String() != tc.text {
			t.Errorf("CRS(%d).String() = %q, want %q", got, got, tc.text)
		}
	}
}

func TestToWGS84(t *testing.T) {
	const lat, lng = 39.915, 116.404
	for _, tc := range []struct {
		crs  CRS
		want WGS84
	}{
		{CRSWGS84, WGS84{lat, lng}},
		{CRSGCJ02, GCJ02{lat, lng}.WGS84()},
		{CRSBD09, BD09{lat, lng}.WGS84()},
	} {
		if got, err := tc.crs.ToWGS84(lat, lng); got != tc.want || err != nil {
			t.Errorf("%v.ToWGS84() = %v, %v; want %v", tc.crs, got, err, tc.want)
		}
	}
}

func TestToWGS84Refuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		crs  CRS
		lat  Lat
		lng  Lng
		want error
	}{
		{"NaN", CRSGCJ02, Lat(math.NaN()), 0, ErrRange},
		{"infinite", CRSBD09, 0, Lng(math.Inf(1)), ErrRange},
		{"one ulp north", CRSWGS84, Lat(math.Nextafter(90, 91)), 0, ErrRange},
		{"BD-09 beyond a pole", CRSBD09, -90, 0, ErrRange},
		{"BD-09 beyond the antimeridian", CRSBD09, 0, -180, ErrRange},
		{"unknown datum", CRSBD09 + 1, 0, 0, ErrCRS},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, err := tc.crs.ToWGS84(tc.lat, tc.lng); !errors.Is(err, tc.want) || got != (WGS84{}) {
				t.Errorf("ToWGS84() = %v, %v; want %v", got, err, tc.want)
			}
		})
	}
}

func TestToWGS84InRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawWGS84(t)
		crs := CRS(rapid.IntRange(0, 2).Draw(t, "crs"))
		got, err := crs.ToWGS84(p.Lat, p.Lng)
		if err == nil && !got.E7().Valid() {
			t.Fatalf("%v.ToWGS84(%v) = %v", crs, p, got)
		}
	})
}
