package sqlstore

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"geodrop/grid/coord"
	"geodrop/poi"
)

var _ poi.Tracker = (*Snapshot)(nil)

// Mark is the last entry of the change log.
func (s *Snapshot) Mark(ctx context.Context) (mark poi.Mark, err error) {
	err = s.each(ctx, "change_log", "SELECT n, mark FROM change_log ORDER BY n DESC LIMIT 1", func(c *cursor) bool {
		mark = markOf(c)
		return false
	})
	return mark, err
}

// markOf is the mark of an entry (n, mark).
func markOf(c *cursor) poi.Mark {
	n, _ := c.values[0].(int64)
	mark, _ := c.values[1].(int64)
	return poi.Mark(strconv.FormatInt(n, 10) + "." + strconv.FormatUint(uint64(mark), 16))
}

// ChangesSince reads the change log behind a mark.
func (s *Snapshot) ChangesSince(ctx context.Context, since poi.Mark) (*poi.Changes, error) {
	n, err := s.locate(ctx, since)
	if err != nil {
		return nil, err
	}
	r := changeReader{s: s, since: n, touched: map[poi.POIID]before{}, changes: &poi.Changes{}}
	if err := r.readLog(ctx); err != nil {
		return nil, err
	}
	if r.sets {
		if err := r.readMembersOfSets(ctx); err != nil {
			return nil, err
		}
	}
	if r.changes.Memberships, err = r.count(ctx, "set_members"); err != nil {
		return nil, err
	}
	if r.changes.Rows, err = r.count(ctx, "pois"); err != nil {
		return nil, err
	}
	r.changes.POIs = stream(func(yield func(*poi.POIChange) bool) error { return r.readPOIs(ctx, yield) })
	return r.changes, nil
}

// locate is the number of the entry of a mark.
func (s *Snapshot) locate(ctx context.Context, since poi.Mark) (int64, error) {
	no, _, _ := strings.Cut(string(since), ".")
	n, err := strconv.ParseInt(no, 10, 64)
	if err != nil {
		return 0, s.untracked("%.40q is no mark of it", since)
	}
	found := poi.Mark("")
	err = s.each(ctx, "change_log", "SELECT n, mark FROM change_log WHERE n = ?", func(c *cursor) bool {
		found = markOf(c)
		return false
	}, n)
	if err == nil && found != since {
		err = s.untracked("its change log does not go back to that state, or the state was another store's")
	}
	return n, err
}

func (s *Snapshot) untracked(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", poi.ErrUntracked, s.e.Source, fmt.Sprintf(format, args...))
}

// maxTouched bounds the POIs of which changes are told.
const maxTouched = 1 << 19

// changeReader gathers what the log has behind an entry.
type changeReader struct {
	s       *Snapshot
	since   int64
	sets    bool // some were written
	touched map[poi.POIID]before
	changes *poi.Changes
}

// before is what the log tells of a POI's position at the mark: its first entry
// counts. Without one it did not move.
type before struct {
	told bool
	was  *coord.E7
}

const selectLog = "SELECT kind, id, lat_e7, lng_e7 FROM change_log WHERE n > ? ORDER BY n"

func (r *changeReader) readLog(ctx context.Context) (err error) {
	reading := r.s.each(ctx, "change_log", selectLog, func(c *cursor) bool {
		err = r.entry(c)
		return err == nil
	}, r.since)
	if reading != nil {
		return reading
	}
	return err
}

func (r *changeReader) entry(c *cursor) error {
	switch kind := c.text(0); kind {
	case "poi":
		return r.moved(c)
	case "member":
		return r.touch(poi.POIID(c.text(1)))
	case "set":
		r.sets = true
	case "district":
		r.changes.Districts = true
	case "zone":
		r.changes.Zones = true
	case "all":
		return r.s.untracked("very much was written at once")
	default:
		return r.s.untracked("its change log has an entry of kind %.40q", kind)
	}
	return nil
}

func (r *changeReader) moved(c *cursor) error {
	id := poi.POIID(c.text(1))
	if err := r.touch(id); err != nil {
		return err
	}
	b := r.touched[id]
	if b.told {
		return nil
	}
	b.told = true
	if c.values[2] != nil {
		pos, err := position(c, 2)
		if err != nil || !pos.Valid() {
			return r.s.untracked("POI %q was at no position", clip(string(id)))
		}
		b.was = &pos
	}
	r.touched[id] = b
	return nil
}

// touch notes that something of a POI may differ.
func (r *changeReader) touch(id poi.POIID) error {
	if _, known := r.touched[id]; known {
		return nil
	}
	if len(r.touched) == maxTouched {
		return r.s.untracked("more than %d POIs were touched", maxTouched)
	}
	r.touched[id] = before{}
	return nil
}

const selectMembersOfSets = "SELECT poi_id FROM set_members WHERE set_id IN (SELECT id FROM change_log WHERE n > ? AND kind = 'set')"

// readMembersOfSets touches what is in the sets that came or went: memberships
// count for nothing while their set is not there.
func (r *changeReader) readMembersOfSets(ctx context.Context) (err error) {
	reading := r.s.each(ctx, "set_members", selectMembersOfSets, func(c *cursor) bool {
		err = r.touch(poi.POIID(c.text(0)))
		return err == nil
	}, r.since)
	if reading != nil {
		return reading
	}
	return err
}

// count is how many rows a table of the schema has.
func (r *changeReader) count(ctx context.Context, table string) (rows int64, err error) {
	reading := r.s.each(ctx, table, "SELECT COUNT(*) FROM "+table, func(c *cursor) bool {
		rows, err = c.number(0, "count", 0, math.MaxInt64)
		return false
	})
	if reading != nil {
		return 0, reading
	}
	return rows, err
}
