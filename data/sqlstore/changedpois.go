package sqlstore

import (
	"context"
	"database/sql/driver"
	"maps"
	"slices"

	"geodrop/poi"
)

// changedRows is how many POIs are looked up at a time, at most batchRows.
const changedRows = 256

// readPOIs looks up what became of the touched POIs.
func (r *changeReader) readPOIs(ctx context.Context, yield func(*poi.POIChange) bool) error {
	config, err := r.s.Config(ctx)
	if err != nil {
		return err
	}
	sets := make(map[string]poi.SetID, len(config.Sets))
	for _, id := range config.Sets {
		sets[string(id)] = id
	}
	ids := slices.Sorted(maps.Keys(r.touched))
	for some := range slices.Chunk(ids, changedRows) {
		l := lookup{r: r, sets: sets, at: make(map[poi.POIID]int, len(some)), found: make([]poi.POIChange, len(some))}
		if err := l.read(ctx, some); err != nil {
			return err
		}
		for i := range l.found {
			if c := &l.found[i]; (c.Was != nil || c.Now != nil) && !yield(c) {
				return nil
			}
		}
	}
	return nil
}

// lookup is some POIs being looked up. What a reading of everything would
// reject is left to one.
type lookup struct {
	r     *changeReader
	sets  map[string]poi.SetID
	at    map[poi.POIID]int // in found
	found []poi.POIChange
}

func (l *lookup) read(ctx context.Context, ids []poi.POIID) error {
	args := make([]driver.Value, len(ids))
	for i, id := range ids {
		args[i] = string(id)
		l.at[id] = i
		l.found[i] = poi.POIChange{ID: id, Was: l.r.touched[id].was}
	}
	in := " IN (" + marks("?", len(ids)) + ")"
	if err := l.readRows(ctx, in, args); err != nil {
		return err
	}
	for i := range l.found {
		if c := &l.found[i]; !l.r.touched[c.ID].told && c.Now != nil {
			c.Was = &c.Now.Pos
		}
	}
	return l.readMembers(ctx, in, args)
}

const selectSomePOIs = "SELECT id, name, kind, attrs, lat_e7, lng_e7 FROM pois WHERE id"

func (l *lookup) readRows(ctx context.Context, in string, args []driver.Value) error {
	raw := newRawPOIs()
	err := l.r.s.each(ctx, "pois", selectSomePOIs+in, func(c *cursor) bool {
		raw.add(c)
		return len(raw.rows) < cap(raw.rows)
	}, args...)
	if err != nil {
		return err
	}
	decoder := poiDecoder{names: &l.r.s.attrs}
	for i := range raw.rows {
		p := &raw.rows[i].POI
		at, known := l.at[p.ID]
		err := raw.faults[i]
		if err == nil {
			_, err = decoder.row(p, raw.attrs[i], nil)
		}
		if err != nil || !known {
			return l.r.s.untracked("POI %q would be rejected", clip(string(p.ID)))
		}
		l.found[at].Now = p
	}
	return nil
}

func (l *lookup) readMembers(ctx context.Context, in string, args []driver.Value) (err error) {
	query := "SELECT poi_id, set_id FROM set_members WHERE poi_id" + in + " ORDER BY poi_id, set_id"
	reading := l.r.s.each(ctx, "set_members", query, func(c *cursor) bool {
		at, known := l.at[poi.POIID(c.text(0))]
		set, there := l.sets[c.text(1)]
		if !known || !there || l.found[at].Now == nil {
			err = l.r.s.untracked("the membership of POI %q in set %q would be rejected", clip(c.text(0)), clip(c.text(1)))
			return false
		}
		l.found[at].Sets = append(l.found[at].Sets, set)
		return true
	}, args...)
	if reading != nil {
		return reading
	}
	return err
}
