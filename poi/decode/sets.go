package decode

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"geodrop/poi"
)

// Memberships streams the rows of poi_sets.csv and of the files in sets/.
func (b *Bundle) Memberships(ctx context.Context) iter.Seq2[*poi.MembershipBatch, error] {
	return func(yield func(*poi.MembershipBatch, error) bool) {
		for _, f := range append(b.files.memberships[:len(b.files.memberships):len(b.files.memberships)], b.files.sets...) {
			more, err := b.membershipFile(ctx, f, func(batch *poi.MembershipBatch) bool { return yield(batch, nil) })
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

// setOfFile is the set that a file below sets/ holds; false for poi_sets.csv.
func setOfFile(name string) (poi.SetID, bool) {
	dir, base := path.Split(name)
	if dir == "" {
		return "", false
	}
	return poi.SetID(strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".csv")), true
}

func (b *Bundle) membershipFile(ctx context.Context, f file, yield func(*poi.MembershipBatch) bool) (more bool, err error) {
	required := []string{"set_id", "poi_id"}
	set, named := setOfFile(f.name)
	if named {
		if err := poi.CheckSetID("name", set); err != nil {
			return false, &FileError{File: f.name, Code: poi.CodeReserved, Reason: "the file names a set whose " + err.Error()}
		}
		required = required[1:]
	}
	t, err := openTable(f, b, required...)
	if err != nil {
		return false, err
	}
	defer func() {
		if more {
			t.close(&err)
		} else {
			t.in.Close()
		}
	}()
	r := membershipReader{t: t, set: set, setColumn: t.column("set_id"), poiColumn: t.column("poi_id")}
	if named {
		r.setColumn = -1
	}
	for {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		batch, err := r.batch()
		if err != nil && !isEOF(err) {
			return false, err
		}
		if len(batch.Rows) > 0 && !yield(batch) {
			return false, nil
		}
		if err != nil {
			return true, nil
		}
	}
}

type membershipReader struct {
	t                    *table
	set                  poi.SetID // of rows without a set column, else of the row before
	setColumn, poiColumn int
}

func (r *membershipReader) batch() (*poi.MembershipBatch, error) {
	batch := &poi.MembershipBatch{File: r.t.in.name, Rows: make([]poi.MembershipRow, 0, batchRows)}
	var text strings.Builder
	text.Grow(batchBytes)
	for len(batch.Rows) < batchRows && text.Len() < batchBytes/2 {
		row, err := r.t.next()
		if err != nil {
			return batch, err
		}
		if m, ok := r.membership(row, &text); ok {
			batch.Rows = append(batch.Rows, poi.MembershipRow{Membership: m, Line: row.line})
		}
	}
	return batch, nil
}

func (r *membershipReader) membership(row *row, text *strings.Builder) (m poi.Membership, ok bool) {
	if len(row.raw) > batchBytes/2 {
		r.t.report.add(poi.Reject{Line: row.line, Field: "row", Code: poi.CodeTooLong,
			Reason: fmt.Sprintf("has %d bytes, more than %d", len(row.raw), batchBytes/2)})
		return m, false
	}
	if r.setColumn >= 0 {
		if id := row.bytes(r.setColumn, &r.t.scratch); string(id) != string(r.set) {
			r.set = poi.SetID(id)
		}
	}
	from := text.Len()
	text.Write(row.bytes(r.poiColumn, &r.t.scratch))
	m = poi.Membership{Set: r.set, POI: poi.POIID(text.String()[from:])}
	if err := m.Check(); err != nil {
		r.t.rejectInvalid(row, err)
		return m, false
	}
	return m, true
}
