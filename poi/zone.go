package poi

import (
	"time"

	"geodrop/grid"
)

// ZoneID names a zone.
type ZoneID string

// Zone is an area in which nothing may be dropped.
//
// A zone without times takes its POIs out of the release when that is built. A
// zone with times is carried in the release, and suppresses the drops inside
// while it is active.
type Zone struct {
	ID     ZoneID
	Name   string
	Reason string // why: "school", "railway", …
	When   Schedule
	Shape  grid.Shape
}

// Always reports whether the zone has no times.
func (z *Zone) Always() bool { return z.When.Always() }

// ActiveAt reports whether the zone forbids drops at that time.
func (z *Zone) ActiveAt(at time.Time) bool { return z.When.OpenAt(at) }

// Check holds the zone against the limits of the package, save its shape, which
// is for package grid to judge.
func (z *Zone) Check() error {
	if err := CheckID("id", string(z.ID)); err != nil {
		return err
	}
	if err := CheckText("name", z.Name, MaxNameBytes); err != nil {
		return err
	}
	if z.Reason == "" {
		return invalid("reason", CodeMissing, "is empty")
	}
	if err := CheckText("reason", z.Reason, MaxNameBytes); err != nil {
		return err
	}
	return z.When.Check()
}
