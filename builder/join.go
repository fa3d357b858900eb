package builder

import (
	"context"
	"fmt"

	"geodrop/builder/extsort"
	"geodrop/poi"
)

// join walks POIs and memberships by id. It drops POIs whose id came before,
// reports memberships of POIs that do not exist, and writes a fix for every POI
// that is in a set or dropped.
func (b *build) join(ctx context.Context, s *sorted) error {
	it, err := s.byID.Sort(ctx)
	if err != nil {
		return err
	}
	j := joiner{b: b, sorted: s}
	for it.Next() {
		if err := j.next(it); err != nil {
			return err
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	if err := j.finish(); err != nil {
		return err
	}
	return it.Close()
}

// joiner is at one id, of which it has seen the POI, if any, and some
// memberships.
type joiner struct {
	b      *build
	sorted *sorted
	key    uint64
	poi    identity
	has    bool // an id is being joined
	exists bool // it is a POI's
	sets   []uint32
	buf    []byte
}

func (j *joiner) next(it *extsort.Iterator) error {
	var id identity
	if err := id.parse(it.Payload()); err != nil {
		return err
	}
	if !j.has || it.Key() != j.key || id.hash != j.poi.hash {
		if err := j.finish(); err != nil {
			return err
		}
		j.key, j.poi, j.has, j.exists = it.Key(), id, true, id.role == rolePOI
		j.sets = j.sets[:0]
		if j.exists {
			return nil
		}
	}
	if id.role == rolePOI {
		return j.duplicate(&id)
	}
	if !j.exists {
		j.dangling(&id)
		return nil
	}
	j.sets = append(j.sets, id.set)
	return nil
}

func (j *joiner) duplicate(id *identity) error {
	first := j.poi.origin
	j.b.src.Rejects().Add(poi.Reject{
		File: j.sorted.files[id.origin.file()], Line: id.origin.line(), Field: "id", Code: poi.CodeDuplicate,
		Reason: fmt.Sprintf("is also at %s:%d, which stays", j.sorted.files[first.file()], first.line()),
	})
	j.b.summary.Duplicates++
	return j.fix(id, dropIt)
}

func (j *joiner) dangling(id *identity) {
	j.b.summary.Dangling++
	j.b.src.Rejects().Add(poi.Reject{
		File: j.sorted.files[id.origin.file()], Line: id.origin.line(), Field: "poi_id", Code: poi.CodeDangling,
		Reason: fmt.Sprintf("of set %q names no POI", j.b.sets.ids[id.set]),
	})
}

// finish ends the id that is being joined.
func (j *joiner) finish() error {
	if !j.has || !j.exists || len(j.sets) == 0 {
		return nil
	}
	return j.fix(&j.poi, j.b.sets.combo(j.sets))
}

func (j *joiner) fix(id *identity, sets uint32) error {
	if id.cell == screenedOut {
		return nil
	}
	f := fix{origin: id.origin, sets: sets}
	j.buf = f.append(j.buf[:0])
	return j.sorted.fixes.Add(id.cell, j.buf)
}
