package grid

import (
	"math"
	"testing"

	"geodrop/grid/coord"
)

func TestShapeDistance(t *testing.T) {
	const far = coord.Metres(1e6)
	for _, tc := range []struct {
		shape, at string
		want      float64
	}{
		{square, "-1,5", degree},
		{square, "1,5", degree}, // inside
		{square, "11,11", degree * math.Hypot(1, math.Cos(11*math.Pi/180))}, // from a corner
		{holed, "5,5", degree * math.Cos(5*math.Pi/180)},
		{square, "0,3", 0},
		{fiji, "-17,-177", degree * math.Cos(17*math.Pi/180)},
		{fiji, "-17,179", degree * math.Cos(17*math.Pi/180)},
		{square, "-20,5", float64(far)},
	} {
		got := mustShape(t, tc.shape).Distance(parsePoint(t, tc.at), far)
		if math.Abs(float64(got)-tc.want) > 0.002*tc.want {
			t.Errorf("%s is %.0f m from %s, want %.0f", tc.at, float64(got), tc.shape, tc.want)
		}
	}
}

func TestShapeLength(t *testing.T) {
	cos := func(lat float64) float64 { return math.Cos(lat * math.Pi / 180) }
	for _, tc := range []struct {
		shape string
		want  float64
	}{
		{square, degree * (10 + 10 + 10 + 10*cos(10))},
		{holed, degree * (30 + 10*cos(10) + 4 + 2*cos(4) + 2*cos(6))},
		{fiji, degree * (5 + 5 + 4*cos(20) + 4*cos(15))},
	} {
		if got := mustShape(t, tc.shape).Length(); math.Abs(float64(got)-tc.want) > 0.001*tc.want {
			t.Errorf("the borders of %s are %.0f m long, want %.0f", tc.shape, float64(got), tc.want)
		}
	}
}
