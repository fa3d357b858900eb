package sqlstore

import (
	"context"
	"iter"
	"strings"

	"geodrop/poi"
)

// The size of a batch: what stays in a core's cache while it is filled.
const (
	batchRows  = 512
	batchBytes = 64 << 10
)

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
		err = s.each(ctx, "set_members", selectMembers, func(c *cursor) bool {
			id := c.text(0)
			if batch != nil && (len(batch.Rows) == batchRows || text.Len()+len(id) > batchBytes) {
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
			set, ok := sets[c.text(1)]
			if !ok {
				c.reject(&poi.Invalid{Field: "set_id", Code: poi.CodeDangling, Reason: "is not in poi_sets"}, id, c.text(1))
				return true
			}
			from := text.Len()
			text.WriteString(id)
			m := poi.MembershipRow{Membership: poi.Membership{Set: set, POI: poi.POIID(text.String()[from:])}}
			if err := m.Check(); err != nil {
				c.reject(err, id, c.text(1))
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
