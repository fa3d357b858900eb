package decode

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"strings"
	"time"

	"geodrop/poi"
)

// areaProperties are the properties of features that are read; others are left
// out.
var areaProperties = map[string]bool{
	"adcode": true, "name": true, "parent": true,
	"id": true, "reason": true, "kind": true, "starts_at": true, "ends_at": true, "daily": true, "time_zone": true,
}

// Districts streams the features of every districts*.geojson.
func (b *Bundle) Districts(ctx context.Context) iter.Seq2[*poi.District, error] {
	return areas(ctx, b, b.files.districts, poi.MaxDistricts, "adcode", func(f *feature) (*poi.District, string, error) {
		d, err := f.district()
		return d, string(d.Adcode), err
	})
}

// Zones streams the features of every zones*.geojson.
func (b *Bundle) Zones(ctx context.Context) iter.Seq2[*poi.Zone, error] {
	return areas(ctx, b, b.files.zones, poi.MaxZones, "id", func(f *feature) (*poi.Zone, string, error) {
		z, err := f.zone()
		return z, string(z.ID), err
	})
}

// areas streams what build makes of the features of some files. Areas whose id
// was given before are rejected.
func areas[T any](ctx context.Context, b *Bundle, files []file, limit int, idField string,
	build func(*feature) (*T, string, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		seen := make(map[string]poi.Place)
		for _, file := range files {
			more, err := b.features(ctx, file, func(f *feature) bool {
				area, id, err := build(f)
				first, twice := seen[id]
				switch {
				case err != nil:
					f.rejectInvalid(err)
				case twice:
					f.rejectTwice(idField, id, first)
				case len(seen) >= limit:
					f.reject(0, "feature", "", poi.CodeTooMany, fmt.Sprintf("is one more than %d", limit))
				default:
					seen[id] = poi.Place{File: file.name, Line: f.line}
					return yield(area, nil)
				}
				return true
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// rejectInvalid reports what a Check method found, at the property that it
// concerns or else at the feature.
func (f *feature) rejectInvalid(err error) {
	inv, ok := errors.AsType[*poi.Invalid](err)
	if !ok {
		inv = &poi.Invalid{Field: "feature", Code: CodeSyntax, Reason: err.Error()}
	}
	name := inv.Field
	if strings.HasPrefix(name, "sessions") {
		name = "daily"
	}
	p := f.properties[name]
	f.reject(p.pos, inv.Field, p.text, inv.Code, reasonBeside(p.text, inv))
}

func (f *feature) district() (*poi.District, error) {
	d := &poi.District{Shape: f.shape}
	if p := f.properties["adcode"]; p.kind == '0' {
		return d, wrong("adcode", "is a number; write it as a string, since leading zeros count")
	}
	adcode, err := f.str("adcode")
	if err != nil {
		return d, err
	}
	name, err := f.str("name")
	if err != nil {
		return d, err
	}
	parent, err := f.str("parent")
	if err != nil {
		return d, err
	}
	d.Adcode, d.Name, d.Parent = poi.Adcode(adcode), name, poi.Adcode(parent)
	return d, d.Check()
}

func wrong(field, reason string) error {
	return &poi.Invalid{Field: field, Code: CodeType, Reason: reason}
}

// str is a property that has to be text; "" if it is absent or null.
func (f *feature) str(name string) (string, error) {
	switch p := f.properties[name]; p.kind {
	case 0, 'n', '"':
		return p.text, nil
	}
	return "", wrong(name, "is no string")
}

// zone takes its id from the properties, else from the feature, else from its
// place in the file; and its reason from the kind if it has none.
func (f *feature) zone() (*poi.Zone, error) {
	z := &poi.Zone{Shape: f.shape, ID: poi.ZoneID(f.id)}
	if p := f.properties["id"]; p.kind == '0' || p.kind == '"' {
		z.ID = poi.ZoneID(p.text)
	}
	if z.ID == "" {
		z.ID = poi.ZoneID(fmt.Sprintf("%s#%d", path.Base(f.s.name), f.ordinal))
	}
	var err error
	if z.Name, err = f.str("name"); err != nil {
		return z, err
	}
	if z.Reason, err = f.str("reason"); err != nil {
		return z, err
	}
	if z.Reason == "" {
		if z.Reason, err = f.str("kind"); err != nil {
			return z, err
		}
	}
	if err := f.schedule(&z.When); err != nil {
		return z, err
	}
	return z, z.Check()
}

func (f *feature) schedule(s *poi.Schedule) (err error) {
	if s.Start, err = f.instant("starts_at"); err != nil {
		return err
	}
	if s.End, err = f.instant("ends_at"); err != nil {
		return err
	}
	daily := f.properties["daily"]
	texts := daily.list
	switch daily.kind {
	case '"':
		texts = []string{daily.text}
	case 0, 'n', '[':
	default:
		return wrong("daily", `is neither a session such as "08:00-16:00" nor a list of them`)
	}
	for _, text := range texts {
		session, err := poi.ParseSession(text)
		if err != nil {
			return &poi.Invalid{Field: "daily", Code: poi.CodeFormat, Reason: sessionReason(err)}
		}
		s.Sessions = append(s.Sessions, session)
	}
	return f.timeZone(s)
}

// sessionReason words a fault of ParseSession as a clause beside the session.
func sessionReason(err error) string {
	if inv, ok := errors.AsType[*poi.Invalid](err); ok {
		return inv.Reason
	}
	return "is no session: " + err.Error()
}

func (f *feature) timeZone(s *poi.Schedule) error {
	name, err := f.str("time_zone")
	if err != nil {
		return err
	}
	if name == "" {
		if len(s.Sessions) > 0 {
			return &poi.Invalid{Field: "time_zone", Code: poi.CodeMissing, Reason: "is missing: daily times need one, such as Europe/London"}
		}
		return nil
	}
	if s.TimeZone, err = poi.ParseTimeZone(name); err != nil {
		return &poi.Invalid{Field: "time_zone", Code: poi.CodeFormat, Reason: "is not an IANA time zone such as Europe/London"}
	}
	return nil
}

func (f *feature) instant(name string) (time.Time, error) {
	text, err := f.str(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, &poi.Invalid{Field: name, Code: poi.CodeFormat, Reason: "is not a time such as 2027-01-01T20:00:00+08:00"}
	}
	return at.UTC(), nil // Parse may give the machine's own zone
}
