package coord

import "math"

// GCJ02 is a position in degrees on the datum of maps published in mainland
// China: WGS-84 with an offset of up to 750 m that varies with the place.
//
// The transform has never been published by its authority. The formula and its
// constants are those of the "EvilTransform" listing that became public around
// 2010 and that map software has used since (the package eviltransform, for
// one). What is stated here is therefore the error against that formula, not
// against the official, undisclosed transform: maps of different publishers
// are known to differ from it by some metres, more along the border.
//
//	WGS84 → GCJ02   the formula itself
//	GCJ02 → WGS84   by iteration; the round trip is within 1e-9 degrees (0.1 mm)
//
// Outside the rectangle 0.8293…55.8271° N, 72.004…137.8347° E both datums are
// the same. The rectangle is no border: it covers neighbouring countries too,
// whose GCJ-02 maps are as a rule not offset. Across its edge the transform
// jumps by the offset: within 1 km of the edge a position has no unique
// inverse, and the one inside the rectangle is preferred.
type GCJ02 struct {
	Lat Lat
	Lng Lng
}

// The Krasovsky 1940 ellipsoid, to which the offset in metres is referred:
// a = 6,378,245 m, f = 1/298.3, e² = 2f - f².
const (
	krasovskyA  = 6378245.0
	krasovskyE2 = (2 - 1/298.3) / 298.3
)

// inverseSteps is how often an inverse is refined. A step shrinks the error
// more than 100 times, and the first error is below 0.02 degrees.
const inverseSteps = 8

// NewGCJ02 checks the range of both coordinates as NewWGS84 does.
func NewGCJ02(lat Lat, lng Lng) (GCJ02, error) {
	if err := check(lat, lng); err != nil {
		return GCJ02{}, err
	}
	return GCJ02{Lat: lat, Lng: lng}, nil
}

// GCJ02 converts to GCJ-02.
func (p WGS84) GCJ02() GCJ02 {
	if !offsetApplies(p) {
		return GCJ02(p)
	}
	dLat, dLng := offset(p)
	return GCJ02{Lat: p.Lat + dLat, Lng: p.Lng + dLng}
}

// WGS84 converts to WGS-84.
func (g GCJ02) WGS84() WGS84 {
	const reach = 0.02 // degrees; more than any offset
	if g.Lat < offsetSouth-reach || g.Lat > offsetNorth+reach ||
		g.Lng < offsetWest-reach || g.Lng > offsetEast+reach {
		return WGS84(g)
	}
	p := WGS84(g)
	for range inverseSteps {
		dLat, dLng := offset(p)
		p = WGS84{Lat: g.Lat - dLat, Lng: g.Lng - dLng}
	}
	if !offsetApplies(p) {
		return WGS84(g)
	}
	return p
}

// The rectangle in which GCJ-02 is offset.
const (
	offsetSouth, offsetNorth Lat = 0.8293, 55.8271
	offsetWest, offsetEast   Lng = 72.004, 137.8347
)

func offsetApplies(p WGS84) bool {
	return p.Lat >= offsetSouth && p.Lat <= offsetNorth && p.Lng >= offsetWest && p.Lng <= offsetEast
}

// offset is GCJ-02 minus WGS-84. Products are converted to float64 before they
// are added, here and below, because a compiler may otherwise fuse the two and
// round differently on another architecture.
func offset(p WGS84) (Lat, Lng) {
	x, y := float64(p.Lng)-105, float64(p.Lat)-35
	sinLat := sinPi(float64(p.Lat) / 180)
	cosLat := sinPi(float64(p.Lat)/180 + 0.5)
	w2 := 1 - float64(krasovskyE2*sinLat*sinLat)
	w := math.Sqrt(w2)
	meridian := krasovskyA * (1 - krasovskyE2) / (w2 * w) // radius of curvature, metres
	parallel := krasovskyA / w * cosLat                   // radius of the circle of latitude
	return Lat(northMetres(x, y) * 180 / (meridian * math.Pi)),
		Lng(eastMetres(x, y) * 180 / (parallel * math.Pi))
}

func northMetres(x, y float64) float64 {
	m := -100 + float64(2*x) + float64(3*y) + float64(0.2*y*y) + float64(0.1*x*y) +
		float64(0.2*math.Sqrt(math.Abs(x)))
	waves := float64(20*sinPi(6*x)) + float64(20*sinPi(2*x)) +
		float64(20*sinPi(y)) + float64(40*sinPi(y/3)) +
		float64(160*sinPi(y/12)) + float64(320*sinPi(y/30))
	return m + float64(waves*2/3)
}

func eastMetres(x, y float64) float64 {
	m := 300 + x + float64(2*y) + float64(0.1*x*x) + float64(0.1*x*y) +
		float64(0.1*math.Sqrt(math.Abs(x)))
	waves := float64(20*sinPi(6*x)) + float64(20*sinPi(2*x)) +
		float64(20*sinPi(x)) + float64(40*sinPi(x/3)) +
		float64(150*sinPi(x/12)) + float64(300*sinPi(x/30))
	return m + float64(waves*2/3)
}

// sinPi is sin(πt) within 5e-16, the same to the last bit on every
// architecture, which math.Sin does not promise.
func sinPi(t float64) float64 {
	n := math.Round(t)
	z := (t - n) * math.Pi // within ±π/2
	z2 := z * z
	sum := 1.0
	for k := 22.0; k >= 2; k -= 2 { // Taylor: z(1 - z²/(2·3)(1 - z²/(4·5)(…
		sum = 1 - float64(z2/(k*(k+1))*sum)
	}
	if math.Mod(n, 2) != 0 {
		return -z * sum
	}
	return z * sum
}
