// Package coord holds positions on the Earth. A datum is a type, latitude and
// longitude are types, so that swapping them, or mixing a GCJ-02 position into
// WGS-84 arithmetic, does not compile.
//
//	WGS84   degrees on the WGS-84 ellipsoid: what GPS says, what geodrop stores
//	GCJ02   the obfuscated datum of maps published in mainland China
//	BD09    Baidu's offset on top of GCJ-02
//	E7      WGS-84 in units of 1e-7 degrees (≤ 11.1 mm), what the index holds
//
// The package does no geometry beyond distance: cells and polygons live in
// package grid.
package coord

import (
	"errors"
	"fmt"
	"math"
)

// Lat is a latitude in degrees, north positive.
type Lat float64

// Lng is a longitude in degrees, east positive.
type Lng float64

// Metres is a length on the ground.
type Metres float64

// EarthRadius is the mean radius R1 of the WGS-84 ellipsoid (IUGG: (2a+b)/3).
const EarthRadius Metres = 6371008.8

// ErrRange marks a latitude outside [-90, 90], a longitude outside
// [-180, 180], or either of them NaN or infinite.
var ErrRange = errors.New("coordinate out of range")

// WGS84 is a position in degrees on the WGS-84 datum.
type WGS84 struct {
	Lat Lat
	Lng Lng
}

// NewWGS84 checks the range of both coordinates; the error wraps ErrRange and
// names the coordinate that is wrong.
func NewWGS84(lat Lat, lng Lng) (WGS84, error) {
	if err := check(lat, lng); err != nil {
		return WGS84{}, err
	}
	return WGS84{Lat: lat, Lng: lng}, nil
}

func check(lat Lat, lng Lng) error {
	if !(lat >= -90 && lat <= 90) { // written so that NaN fails
		return fmt.Errorf("%w: lat %v is not within -90…90 degrees", ErrRange, float64(lat))
	}
	if !(lng >= -180 && lng <= 180) {
		return fmt.Errorf("%w: lng %v is not within -180…180 degrees", ErrRange, float64(lng))
	}
	return nil
}

// E7 rounds the position to 1e-7 degrees. Longitude 180 becomes -180, so that
// each meridian has one representation.
func (p WGS84) E7() E7 {
	e := E7{
		Lat: int32(math.Round(float64(p.Lat) * 1e7)),
		Lng: int32(math.Round(float64(p.Lng) * 1e7)),
	}
	if e.Lng == MaxLngE7 {
		e.Lng = -MaxLngE7
	}
	return e
}

// Distance is the great-circle distance on a sphere of EarthRadius
// (haversine). Against the ellipsoid it is off by at most 0.56 %.
func (p WGS84) Distance(q WGS84) Metres {
	const rad = math.Pi / 180
	sinLat := math.Sin(float64(q.Lat-p.Lat) * rad / 2)
	sinLng := math.Sin(float64(q.Lng-p.Lng) * rad / 2)
	h := sinLat*sinLat + math.Cos(float64(p.Lat)*rad)*math.Cos(float64(q.Lat)*rad)*sinLng*sinLng
	return 2 * EarthRadius * Metres(math.Asin(math.Sqrt(min(h, 1))))
}

// The range of E7 coordinates.
const (
	MaxLatE7 int32 = 900_000_000
	MaxLngE7 int32 = 1_800_000_000
)

// E7 is a WGS-84 position in units of 1e-7 degrees.
type E7 struct {
	Lat, Lng int32
}

// Valid reports whether both coordinates are in range.
func (e E7) Valid() bool {
	return e.Lat >= -MaxLatE7 && e.Lat <= MaxLatE7 && e.Lng >= -MaxLngE7 && e.Lng <= MaxLngE7
}

// WGS84 converts back to degrees.
func (e E7) WGS84() WGS84 {
	return WGS84{Lat: Lat(float64(e.Lat) / 1e7), Lng: Lng(float64(e.Lng) / 1e7)}
}
