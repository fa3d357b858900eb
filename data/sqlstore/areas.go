package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"geodrop/grid"
	"geodrop/poi"
)

const (
	selectDistricts = "SELECT adcode, name, parent, shape FROM districts ORDER BY adcode"
	selectZones     = "SELECT id, name, reason, starts_at, ends_at, time_zone, sessions, shape FROM zones ORDER BY id"
)

// Districts streams the table in the order of adcodes.
func (s *Snapshot) Districts(ctx context.Context) iter.Seq2[*poi.District, error] {
	return areas(ctx, s, "districts", selectDistricts, poi.MaxDistricts, func(c *cursor) (*poi.District, error) {
		d := &poi.District{Adcode: poi.Adcode(c.text(0)), Name: c.text(1), Parent: poi.Adcode(c.text(2))}
		if err := d.Check(); err != nil {
			return nil, err
		}
		var err error
		d.Shape, err = shapeOf(c.text(3))
		return d, err
	})
}

// Zones streams the table in the order of ids.
func (s *Snapshot) Zones(ctx context.Context) iter.Seq2[*poi.Zone, error] {
	return areas(ctx, s, "zones", selectZones, poi.MaxZones, func(c *cursor) (*poi.Zone, error) {
		z := &poi.Zone{ID: poi.ZoneID(c.text(0)), Name: c.text(1), Reason: c.text(2)}
		var err error
		if z.When, err = scheduleOf(c, 3); err != nil {
			return nil, err
		}
		if err := z.Check(); err != nil {
			return nil, err
		}
		z.Shape, err = shapeOf(c.text(7))
		return z, err
	})
}

func areas[T any](ctx context.Context, s *Snapshot, table, query string, limit int, build func(*cursor) (*T, error)) iter.Seq2[*T, error] {
	return stream(func(yield func(*T) bool) error {
		n := 0
		return s.each(ctx, table, query, func(c *cursor) bool {
			area, err := build(c)
			if n++; err == nil && n > limit {
				err = tooMany(limit)
			}
			if err != nil {
				c.reject(err, c.text(0))
				return true
			}
			return yield(area)
		})
	})
}

func tooMany(limit int) error {
	return &poi.Invalid{Field: "row", Code: poi.CodeTooMany, Reason: fmt.Sprintf("is one more than %d", limit)}
}

func shapeOf(text string) (grid.Shape, error) {
	shape, err := parseShape([]byte(text))
	if err != nil {
		return nil, &poi.Invalid{Field: "shape", Code: poi.CodeGeometry, Reason: err.Error()}
	}
	return shape, nil
}

// scheduleOf reads the columns starts_at, ends_at, time_zone, sessions, of
// which i is the first.
func scheduleOf(c *cursor, i int) (when poi.Schedule, err error) {
	if when.Start, err = timeOf(c, i, "starts_at"); err != nil {
		return when, err
	}
	if when.End, err = timeOf(c, i+1, "ends_at"); err != nil {
		return when, err
	}
	zone := c.text(i + 2)
	if zone != "" {
		if when.TimeZone, err = poi.ParseTimeZone(zone); err != nil {
			return when, badFormat("time_zone", "%q is not an IANA time zone such as Asia/Shanghai", zone)
		}
	}
	text := c.text(i + 3)
	if text == "" {
		return when, nil
	}
	var sessions []string
	if err := json.Unmarshal([]byte(text), &sessions); err != nil {
		return when, badFormat("sessions", `are not a JSON list such as ["20:00-22:00"]`)
	}
	if len(sessions) > 0 && zone == "" {
		return when, &poi.Invalid{Field: "time_zone", Code: poi.CodeMissing, Reason: "is missing: sessions need one, such as Asia/Shanghai"}
	}
	for _, daily := range sessions {
		session, err := poi.ParseSession(daily)
		if err != nil {
			return when, badFormat("sessions", "have %s", strings.TrimPrefix(err.Error(), "session "))
		}
		when.Sessions = append(when.Sessions, session)
	}
	return when, nil
}

func timeOf(c *cursor, i int, field string) (time.Time, error) {
	text := c.text(i)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, badFormat(field, "%q is not a time such as 2027-01-01T20:00:00+08:00", text)
	}
	return at.UTC(), nil
}

func durationOf(c *cursor, i int, field string) (time.Duration, error) {
	text := c.text(i)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, badFormat(field, "%q is not a duration such as 15m or 1h30m", text)
	}
	return d, nil
}

func badFormat(field, format string, args ...any) error {
	return &poi.Invalid{Field: field, Code: poi.CodeFormat, Reason: fmt.Sprintf(format, args...)}
}
