package query

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

// drawNear is a position, and another at most far E7 units away each way.
func drawNear(t *rapid.T, far int32) (from, to coord.E7) {
	from = coord.E7{
		Lat: rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7).Draw(t, "lat"),
		Lng: rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7).Draw(t, "lng"),
	}
	lat := int64(from.Lat) + int64(rapid.Int32Range(-far, far).Draw(t, "north"))
	lng := int64(from.Lng) + int64(rapid.Int32Range(-far, far).Draw(t, "east"))
	to.Lat = int32(min(max(lat, -int64(coord.MaxLatE7)), int64(coord.MaxLatE7)))
	to.Lng = int32(eastward(lng))
	return from, to
}

// TestRulerAgreesWithDistance: to a micrometre near by, where the rounding of
// degrees shows, and to 10^-7 of the distance elsewhere.
func TestRulerAgreesWithDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		far := rapid.SampledFrom([]int32{0, 1, 100, 100_000, 12_000_000, 1_800_000_000}).Draw(t, "far")
		from, to := drawNear(t, far)
		r := newRuler(from)
		got, want := r.to(to).metres(), from.WGS84().Distance(to.WGS84())
		if diff := math.Abs(float64(got - want)); diff > 1e-6+1e-7*float64(want) {
			t.Errorf("%v to %v: %v m, want %v", from, to, got, want)
		}
	})
}

// TestRulerIsSymmetric: mirror images in the position's meridian are equally
// near, to the last bit.
func TestRulerIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := drawNear(t, 100_000)
		mirror := coord.E7{Lat: to.Lat, Lng: int32(eastward(2*int64(from.Lng) - int64(to.Lng)))}
		r := newRuler(from)
		if a, b := r.to(to), r.to(mirror); a != b {
			t.Errorf("from %v: %v is %v, its mirror %v is %v", from, to, a, mirror, b)
		}
	})
}

// TestRulerMeetsAtSmall: the series and the functions that replace them beyond
// agree where they meet.
func TestRulerMeetsAtSmall(t *testing.T) {
	for _, x := range []float64{0, 1e-9, 1e-3, small} {
		tests := []struct {
			name      string
			got, want float64
		}{
			{"sin", smallSin(x), math.Sin(x)},
			{"cos", smallCos(x), math.Cos(x)},
			{"asin", float64(haversine(x*x).metres() / (2 * coord.EarthRadius)), math.Asin(x)},
		}
		for _, tt := range tests {
			if math.Abs(tt.got-tt.want) > 4e-16*math.Abs(tt.want) {
				t.Errorf("%s(%v) is %v, want %v", tt.name, x, tt.got, tt.want)
			}
		}
	}
}
