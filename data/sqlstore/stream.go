package sqlstore

import (
	"context"
	"iter"
	"math"
	"strings"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// The size of a batch: what stays in a core's cache while it is filled.
const (
	batchRows  = 512
	batchBytes = 64 << 10
)

const selectPOIs = "SELECT id, name, kind, attrs, lat_e7, lng_e7 FROM pois ORDER BY id"

// POIs streams the table in the order of ids.
func (s *Snapshot) POIs(ctx context.Context) iter.Seq2[*poi.POIBatch, error] {
	return stream(func(yield func(*poi.POIBatch) bool) error {
		var b poiBatch
		b.reset()
		more := true
		err := s.each(ctx, "pois", selectPOIs, "ttttnn", func(c *cursor) bool {
			if !b.fits(c) {
				more = yield(b.POIBatch)
				b.reset()
			}
			if more {
				b.add(c, &s.attrs)
			}
			return more
		})
		if err == nil && more && len(b.Rows) > 0 {
			yield(b.POIBatch)
		}
		return err
	})
}

// poiBatch is a batch being filled. Strings point into text, which never grows
// beyond its first allocation.
type poiBatch struct {
	*poi.POIBatch
	text  strings.Builder
	attrs []poi.Attr
}

func (b *poiBatch) reset() {
	attrs := cap(b.attrs)
	*b = poiBatch{POIBatch: &poi.POIBatch{File: "pois", Rows: make([]poi.POIRow, 0, batchRows)}, attrs: make([]poi.Attr, 0, attrs)}
	b.text.Grow(batchBytes)
}

// fits reports whether there is room for the row, or none would help.
func (b *poiBatch) fits(c *cursor) bool {
	need := 0
	for _, t := range c.texts {
		need += len(t)
	}
	return len(b.Rows) == 0 || len(b.Rows) < batchRows && b.text.Len()+need <= batchBytes
}

func (b *poiBatch) add(c *cursor, names *attrReader) {
	row := poi.POIRow{}
	first := len(b.attrs)
	if err := b.fill(&row.POI, c, names); err != nil {
		c.reject(err, c.text(0))
		b.attrs = b.attrs[:first]
		return
	}
	b.Rows = append(b.Rows, row)
}

func (b *poiBatch) fill(p *poi.POI, c *cursor, names *attrReader) error {
	lat, err := c.number(0, "lat_e7", math.MinInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	lng, err := c.number(1, "lng_e7", math.MinInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	p.Pos = coord.E7{Lat: int32(lat), Lng: int32(lng)}
	if p.Pos.Lng == coord.MaxLngE7 {
		p.Pos.Lng = -coord.MaxLngE7
	}
	p.ID, p.Name, p.Kind = poi.POIID(b.keep(c.texts[0])), b.keep(c.texts[1]), b.keep(c.texts[2])
	first := len(b.attrs)
	if b.attrs, err = names.read(c.texts[3], b.attrs, b.keep); err != nil {
		return err
	}
	if len(b.attrs) > first {
		p.Attrs = b.attrs[first:len(b.attrs):len(b.attrs)]
	}
	return checkPOI(p)
}

// keep copies a value into the batch's text.
func (b *poiBatch) keep(value []byte) string {
	from := b.text.Len()
	b.text.Write(value)
	return b.text.String()[from:]
}

const selectMembers = "SELECT poi_id, set_id FROM set_members ORDER BY poi_id, set_id"

// Memberships streams the table in the order of POIs and sets. Rows of a set
// that is not in poi_sets are left out.
func (s *Snapshot) Memberships(ctx context.Context) iter.Seq2[*poi.MembershipBatch, error] {
	return stream(func(yield func(*poi.MembershipBatch) bool) error {
		config, err := s.Config(ctx)
		if err != nil {
			return err
		}
		sets := make(map[string]poi.SetID, len(config.Sets))
		for _, id := range config.Sets {
			sets[string(id)] = id
		}
		var batch *poi.MembershipBatch
		var text strings.Builder
		more := true
		err = s.each(ctx, "set_members", selectMembers, "tt", func(c *cursor) bool {
			if batch != nil && (len(batch.Rows) == batchRows || text.Len()+len(c.texts[0]) > batchBytes) {
				if more = yield(batch); !more {
					return false
				}
				batch = nil
			}
			if batch == nil {
				batch = &poi.MembershipBatch{File: "set_members", Rows: make([]poi.MembershipRow, 0, batchRows)}
				text = strings.Builder{}
				text.Grow(batchBytes)
			}
			set, ok := sets[string(c.texts[1])]
			if !ok {
				c.reject(&poi.Invalid{Field: "set_id", Code: poi.CodeDangling, Reason: "is not in poi_sets"}, c.text(0), c.text(1))
				return true
			}
			from := text.Len()
			text.Write(c.texts[0])
			m := poi.MembershipRow{Membership: poi.Membership{Set: set, POI: poi.POIID(text.String()[from:])}}
			if err := m.Check(); err != nil {
				c.reject(err, c.text(0), c.text(1))
				return true
			}
			batch.Rows = append(batch.Rows, m)
			return true
		})
		if err == nil && more && batch != nil && len(batch.Rows) > 0 {
			yield(batch)
		}
		return err
	})
}
