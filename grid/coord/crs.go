package coord

import (
	"errors"
	"fmt"
)

// CRS names the datum that coordinates of an input are on.
type CRS uint8

// The datums that geodrop reads. The zero value is WGS-84.
const (
	CRSWGS84 CRS = iota
	CRSGCJ02
	CRSBD09
)

// ErrCRS marks a name that is no datum geodrop knows.
var ErrCRS = errors.New("unknown coordinate reference system")

// ParseCRS reads the text form: "wgs84", "gcj02" or "bd09". The error wraps
// ErrCRS.
func ParseCRS(name string) (CRS, error) {
	for c := CRSWGS84; c <= CRSBD09; c++ {
		if name == c.String() {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%w: %.40q; use wgs84, gcj02 or bd09", ErrCRS, name)
}

// String is the text form that ParseCRS reads.
func (c CRS) String() string {
	switch c {
	case CRSWGS84:
		return "wgs84"
	case CRSGCJ02:
		return "gcj02"
	case CRSBD09:
		return "bd09"
	}
	return fmt.Sprintf("CRS(%d)", uint8(c))
}

// ToWGS84 converts a position on datum c. The error wraps ErrRange where a
// coordinate, given or converted, is out of range, ErrCRS where c is unknown.
func (c CRS) ToWGS84(lat Lat, lng Lng) (WGS84, error) {
	if err := check(lat, lng); err != nil {
		return WGS84{}, err
	}
	var p WGS84
	switch c {
	case CRSWGS84:
		return WGS84{Lat: lat, Lng: lng}, nil
	case CRSGCJ02:
		p = GCJ02{Lat: lat, Lng: lng}.WGS84()
	case CRSBD09:
		p = BD09{Lat: lat, Lng: lng}.WGS84()
	default:
		return WGS84{}, fmt.Errorf("%w: %v", ErrCRS, c)
	}
	if err := check(p.Lat, p.Lng); err != nil {
		return WGS84{}, fmt.Errorf("%v position %v, %v is not on the map: converted, %w", c, float64(lat), float64(lng), err)
	}
	return p, nil
}
