package coord

import "math"

// BD09 is a position in degrees on Baidu's datum: GCJ-02 turned by about 3e-6
// radians around the origin of the coordinates and moved by 0.0065° east and
// 0.006° north, with a ripple of some metres.
//
// As with GCJ02, the formula is the one in common use, not one that its
// publisher warrants. The round trip GCJ02 → BD09 → GCJ02 is within 1e-9
// degrees; the closed inverse in common use is off by up to
// 2.1e-6 in China.
//
// The offset has no border: it applies everywhere, as in the formula. Within
// 0.01 degrees of a pole or of the antimeridian, where no such map exists, the
// result can lie outside the range of coordinates; CRS.ToWGS84 says so.
type BD09 struct {
	Lat Lat
	Lng Lng
}

const (
	baiduNorth Lat = 0.006
	baiduEast  Lng = 0.0065
)

// NewBD09 checks the range of both coordinates as NewWGS84 does.
func NewBD09(lat Lat, lng Lng) (BD09, error) {
	if err := check(lat, lng); err != nil {
		return BD09{}, err
	}
	return BD09{Lat: lat, Lng: lng}, nil
}

// BD09 converts to BD-09, by way of GCJ-02.
func (p WGS84) BD09() BD09 { return p.GCJ02().BD09() }

// WGS84 converts to WGS-84, by way of GCJ-02.
func (b BD09) WGS84() WGS84 { return b.GCJ02().WGS84() }

// BD09 converts to BD-09.
func (g GCJ02) BD09() BD09 {
	x, y := float64(g.Lng), float64(g.Lat)
	r := math.Sqrt(float64(x*x) + float64(y*y))
	cos, sin := 1.0, 0.0
	if r > 0 {
		cos, sin = x/r, y/r
	}
	// Both ripples have a period of 0.12 degrees (the π·3000/180 of the formula).
	r += float64(2e-5 * sinPi(y*50/3))
	turn := 3e-6 * sinPi(x*50/3+0.5)
	cosTurn, sinTurn := 1-float64(turn*turn/2), turn-float64(turn*turn*turn/6)
	return BD09{
		Lat: Lat(r*(float64(sin*cosTurn)+float64(cos*sinTurn))) + baiduNorth,
		Lng: Lng(r*(float64(cos*cosTurn)-float64(sin*sinTurn))) + baiduEast,
	}
}

// GCJ02 converts to GCJ-02.
func (b BD09) GCJ02() GCJ02 {
	g := GCJ02{Lat: b.Lat - baiduNorth, Lng: b.Lng - baiduEast}
	for range inverseSteps {
		at := g.BD09()
		g.Lat += b.Lat - at.Lat
		g.Lng += b.Lng - at.Lng
	}
	return g
}
