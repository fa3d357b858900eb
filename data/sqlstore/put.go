package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"geodrop/poi"
)

// rowError places what a Check method found.
func rowError(key string, err error) error { return fmt.Errorf("row %q: %w", key, err) }

var merchantTable = target{table: "merchants", key: []string{"id"}, set: []string{"name", "attrs"}}

func (t *transaction) PutMerchants(ctx context.Context, merchants []poi.Merchant) error {
	return t.put(ctx, &merchantTable, len(merchants), func(args []any, i int) ([]any, error) {
		m := &merchants[i]
		if err := m.Check(); err != nil {
			return nil, rowError(string(m.ID), err)
		}
		attrs, err := attrsText(m.Attrs)
		if err != nil {
			return nil, rowError(string(m.ID), err)
		}
		return append(args, string(m.ID), m.Name, attrs), nil
	})
}

var prizeTable = target{table: "prizes", key: []string{"id"},
	set: []string{"name", "kind", "merchant", "value", "currency", "units", "attrs"}}

func (t *transaction) PutPrizes(ctx context.Context, prizes []poi.Prize) error {
	return t.put(ctx, &prizeTable, len(prizes), func(args []any, i int) ([]any, error) {
		p := &prizes[i]
		if err := p.Check(); err != nil {
			return nil, rowError(string(p.ID), err)
		}
		attrs, err := attrsText(p.Attrs)
		if err != nil {
			return nil, rowError(string(p.ID), err)
		}
		return append(args, string(p.ID), p.Name, string(p.Kind), string(p.Merchant), p.Value, p.Currency, p.Units, attrs), nil
	})
}

var setTable = target{table: "poi_sets", key: []string{"id"}}

func (t *transaction) PutSets(ctx context.Context, sets []poi.SetID) error {
	if err := t.log.note(ctx, "set", texts(sets)); err != nil {
		return err
	}
	return t.put(ctx, &setTable, len(sets), func(args []any, i int) ([]any, error) {
		if err := poi.CheckSetID("id", sets[i]); err != nil {
			return nil, rowError(string(sets[i]), err)
		}
		return append(args, string(sets[i])), nil
	})
}

var poiTable = target{table: "pois", key: []string{"id"}, set: []string{"name", "lat_e7", "lng_e7", "kind", "attrs"}, bulk: true}

func (t *transaction) PutPOIs(ctx context.Context, pois []poi.POIRow) error {
	ids := make([]string, len(pois))
	for i := range pois {
		ids[i] = string(pois[i].ID)
	}
	if err := t.log.pois(ctx, ids); err != nil {
		return err
	}
	return t.put(ctx, &poiTable, len(pois), func(args []any, i int) ([]any, error) {
		p := &pois[i]
		if err := checkPOI(&p.POI); err != nil {
			return nil, rowError(string(p.ID), err)
		}
		attrs, err := attrsText(p.Attrs)
		if err != nil {
			return nil, rowError(string(p.ID), err)
		}
		return append(args, string(p.ID), p.Name, int64(p.Pos.Lat), int64(p.Pos.Lng), p.Kind, attrs), nil
	})
}

// checkPOI is poi.POI.Check and refuses attributes that a bundle cannot have.
func checkPOI(p *poi.POI) error {
	if err := p.Check(); err != nil {
		return err
	}
	return checkReserved(p.Attrs)
}

// checkReserved refuses attributes named like columns of pois.csv. That a name
// is empty or too long is looked at, too, for rows that skip all other checks.
func checkReserved(attrs []poi.Attr) error {
	for i := range attrs {
		name := attrs[i].Name
		switch name {
		case "id", "name", "lat", "lng", "kind", "crs":
			return &poi.Invalid{Field: "attrs", Code: poi.CodeReserved, Reason: fmt.Sprintf("have the name %q of a column of pois.csv", name)}
		}
		if name == "" || len(name) > poi.MaxAttrName {
			return poi.CheckAttrName("attrs", name)
		}
	}
	return nil
}

var memberTable = target{table: "set_members", key: []string{"poi_id", "set_id"}, bulk: true, part: true}

func (t *transaction) PutMemberships(ctx context.Context, memberships []poi.MembershipRow) error {
	ids := make([]string, len(memberships))
	for i := range memberships {
		ids[i] = string(memberships[i].POI)
	}
	if err := t.log.note(ctx, "member", ids); err != nil {
		return err
	}
	return t.put(ctx, &memberTable, len(memberships), func(args []any, i int) ([]any, error) {
		m := &memberships[i]
		if err := m.Check(); err != nil {
			return nil, rowError(string(m.POI), err)
		}
		return append(args, string(m.POI), string(m.Set)), nil
	})
}

// areaRows is how many shapes go into one INSERT: they may be large.
const areaRows = 1

var districtTable = target{table: "districts", key: []string{"adcode"}, set: []string{"name", "parent", "shape"}, maxRows: areaRows}

func (t *transaction) PutDistricts(ctx context.Context, districts []*poi.District) error {
	if err := t.log.note(ctx, "district", []string{""}); err != nil {
		return err
	}
	return t.put(ctx, &districtTable, len(districts), func(args []any, i int) ([]any, error) {
		d := districts[i]
		if err := d.Check(); err != nil {
			return nil, rowError(string(d.Adcode), err)
		}
		return append(args, string(d.Adcode), d.Name, string(d.Parent), string(AppendShape(nil, d.Shape))), nil
	})
}

var zoneTable = target{table: "zones", key: []string{"id"},
	set: []string{"name", "reason", "starts_at", "ends_at", "time_zone", "sessions", "shape"}, maxRows: areaRows}

func (t *transaction) PutZones(ctx context.Context, zones []*poi.Zone) error {
	if err := t.log.note(ctx, "zone", []string{""}); err != nil {
		return err
	}
	return t.put(ctx, &zoneTable, len(zones), func(args []any, i int) ([]any, error) {
		z := zones[i]
		if err := z.Check(); err != nil {
			return nil, rowError(string(z.ID), err)
		}
		return append(args, string(z.ID), z.Name, z.Reason, timeText(z.When.Start), timeText(z.When.End),
			z.When.TimeZone.String(), sessionsText(z.When.Sessions), string(AppendShape(nil, z.Shape))), nil
	})
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// sessionsText is a JSON list of sessions, nil for none.
func sessionsText(sessions []poi.Session) any {
	if len(sessions) == 0 {
		return nil
	}
	texts := make([]string, len(sessions))
	for i, s := range sessions {
		texts[i] = s.String()
	}
	b, _ := json.Marshal(texts) // strings always can be
	return string(b)
}
