package builder

import (
	"math"
	"math/rand/v2"

	"geodrop/grid/coord"
)

// bandDegrees is the height of a band: 64 rows of 200 m.
const bandDegrees = 64 * 200 / 111319.49

// oddPositions are n positions of every kind that could be answered wrongly,
// some of them in towns.
func oddPositions(r *rand.Rand, n int, towns []coord.E7) []coord.E7 {
	uniform := func(from, to float64) float64 { return from + (to-from)*r.Float64() }
	sign := func() float64 { return float64(2*r.IntN(2) - 1) }
	const bands = 739 // up to 85 degrees
	bandEdge := func() float64 {
		k := r.IntN(bands) + 1
		return sign() * (float64(k)*bandDegrees + uniform(-500, 500)/111319.49)
	}
	all := make([]coord.E7, n)
	for i := range all {
		lat, lng := uniform(-60, 60), uniform(-180, 180)
		switch i % 8 {
		case 1: // the north and the south
			lat = sign() * uniform(60, 85)
		case 2, 3:
			lat = bandEdge()
		case 4: // the antimeridian
			lat, lng = uniform(-85, 85), sign()*(180-uniform(0, 0.02))
		case 5: // where the guarantee ends
			lat = sign() * uniform(84.98, 85)
		case 6: // corners of bands on the antimeridian, the equator, Greenwich
			lat, lng = bandEdge(), sign()*180
			if i%16 == 6 {
				lat, lng = uniform(-0.01, 0.01), uniform(-0.01, 0.01)
			}
		case 7: // the highest cities
			lat = sign() * uniform(68, 79)
		}
		all[i] = coord.WGS84{Lat: coord.Lat(min(85, max(-85, lat))), Lng: coord.Lng(lng)}.E7()
		if i%8 == 0 && len(towns) > 0 {
			all[i] = off(towns[r.IntN(len(towns))], 900*r.Float64(), 2*math.Pi*r.Float64())
		}
	}
	return all
}

// off is the position some metres away in a direction, on a sphere.
func off(p coord.E7, metres, direction float64) coord.E7 {
	const rad = math.Pi / 180
	from, d := p.WGS84(), metres/float64(coord.EarthRadius)
	lat := float64(from.Lat) * rad
	sin := math.Sin(lat)*math.Cos(d) + math.Cos(lat)*math.Sin(d)*math.Cos(direction)
	lng := float64(from.Lng)*rad + math.Atan2(math.Sin(direction)*math.Sin(d)*math.Cos(lat), math.Cos(d)-math.Sin(lat)*sin)
	return coord.WGS84{Lat: coord.Lat(math.Asin(sin) / rad), Lng: coord.Lng(math.Remainder(lng/rad, 360))}.E7()
}
