package builder

import (
	"context"
	"fmt"

	"geodrop/poi"
)

// reportFlaws rejects the rows that the join left out, in the order in which
// they were read: ids are joined by hashes under a seed that differs from build
// to build, and what a build says of its input must not.
func (b *build) reportFlaws(ctx context.Context, s *sorted) error {
	it, err := s.flaws.Sort(ctx)
	if err != nil {
		return err
	}
	for it.Next() {
		var f flaw
		if err := f.parse(it.Payload()); err != nil {
			return err
		}
		b.src.Rejects().Add(b.reject(s, origin(it.Key()), &f))
	}
	if err := it.Err(); err != nil {
		return err
	}
	return it.Close()
}

func (b *build) reject(s *sorted, at origin, f *flaw) poi.Reject {
	file := &s.files[at.file()]
	r := poi.Reject{File: file.name, Line: at.line()}
	of := "" // for sources without lines
	if file.rows > 0 {
		r.Line, of = 0, fmt.Sprintf("of row %d ", at.line())
	}
	if f.role == rolePOI {
		r.Field, r.Code = "id", poi.CodeDuplicate
		r.Reason = of + "is also at " + s.place(f.first) + ", which stays"
	} else {
		r.Field, r.Code = "poi_id", poi.CodeDangling
		r.Reason = fmt.Sprintf("%sof set %q names no POI", of, b.sets.ids[f.set])
	}
	return r
}

// place is where a row was read, for people.
func (s *sorted) place(at origin) string {
	file := &s.files[at.file()]
	if file.rows > 0 {
		return fmt.Sprintf("row %d of %s", at.line(), file.name)
	}
	return fmt.Sprintf("%s:%d", file.name, at.line())
}
