package poi

import (
	"fmt"
	"time"
	_ "time/tzdata" // a schedule means the same on machines without a zone database
)

// TimeZone is a named zone of the IANA database. The zero value is UTC.
type TimeZone struct{ loc *time.Location }

// ParseTimeZone looks a zone up by its IANA name. "Local" is refused, since it
// differs from machine to machine.
func ParseTimeZone(name string) (TimeZone, error) {
	if name == "" || name == "Local" {
		return TimeZone{}, fmt.Errorf("%q is not an IANA time zone such as Asia/Shanghai", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return TimeZone{}, fmt.Errorf("%q is not an IANA time zone such as Asia/Shanghai", name)
	}
	if loc == time.UTC {
		return TimeZone{}, nil
	}
	return TimeZone{loc: loc}, nil
}

// Location is the zone for use with package time.
func (z TimeZone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// String is the IANA name.
func (z TimeZone) String() string { return z.Location().String() }

// IsZero reports whether the zone is UTC.
func (z TimeZone) IsZero() bool { return z.loc == nil }

// MarshalText is String.
func (z TimeZone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// UnmarshalText is ParseTimeZone.
func (z *TimeZone) UnmarshalText(b []byte) (err error) {
	*z, err = ParseTimeZone(string(b))
	return err
}
