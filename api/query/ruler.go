package query

import (
	"math"

	"geodrop/grid/coord"
)

// haversine is the square of the sine of half the angle between two positions:
// it grows with their distance and costs less.
type haversine float64

// ruler measures from one position, as coord.WGS84.Distance does, but starts
// from differences of whole E7 units: equally near positions are equally near
// exactly, so that their ids decide, and not the last bit of a rounding.
type ruler struct {
	from           coord.E7
	sinLat, cosLat float64
}

func newRuler(from coord.E7) ruler {
	lat := float64(from.Lat) * radian
	return ruler{from: from, sinLat: math.Sin(lat), cosLat: math.Cos(lat)}
}

const (
	radian = math.Pi / 180 / 1e7 // of one E7 unit
	turn   = 2 * int64(coord.MaxLngE7)

	// small is the angle up to which the series below are exact to the last bits
	// of a float64; twice that is 127 km.
	small = 0.01
)

// to is the haversine of a position. That of a near one takes no trigonometry.
func (r *ruler) to(p coord.E7) haversine {
	lat := float64(int64(p.Lat)-int64(r.from.Lat)) * (radian / 2)
	lng := float64(eastward(int64(p.Lng)-int64(r.from.Lng))) * (radian / 2)
	if math.Abs(lat) > small || math.Abs(lng) > small {
		s, t := math.Sin(lat), math.Sin(lng)
		return haversine(s*s + r.cosLat*math.Cos(float64(p.Lat)*radian)*t*t)
	}
	s, c, t := smallSin(lat), smallCos(lat), smallSin(lng)
	cosLat := r.cosLat*(1-2*s*s) - r.sinLat*(2*s*c) // of p, by the sum of angles
	return haversine(max(s*s+r.cosLat*cosLat*t*t, 0))
}

// eastward is a difference of longitudes the short way round.
func eastward(lng int64) int64 {
	switch {
	case lng > turn/2:
		return lng - turn
	case lng < -turn/2:
		return lng + turn
	}
	return lng
}

func smallSin(x float64) float64 { return x * (1 - x*x*(1.0/6)*(1-x*x*(1.0/20))) }
func smallCos(x float64) float64 { return 1 - x*x*(1.0/2)*(1-x*x*(1.0/12)*(1-x*x*(1.0/30))) }

// metres is the distance of a haversine.
func (h haversine) metres() coord.Metres {
	x := math.Sqrt(min(float64(h), 1))
	angle := x * (1 + x*x*(1.0/6)*(1+x*x*(9.0/20)*(1+x*x*(25.0/42)))) // the series of asin
	if x > small {
		angle = math.Asin(x)
	}
	return 2 * coord.EarthRadius * coord.Metres(angle)
}
