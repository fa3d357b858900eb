package builder

import (
	"context"

	"geodrop/builder/extsort"
)

// join walks POIs and memberships by id. It writes a fix for every POI that is
// in a set, or dropped since its id came before, and a flaw for every row that
// is left out.
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
		return j.dangling(&id)
	}
	j.sets = append(j.sets, id.set)
	return nil
}

func (j *joiner) duplicate(id *identity) error {
	j.b.summary.Duplicates++
	if err := j.flaw(id, flaw{role: rolePOI, first: j.poi.origin}); err != nil {
		return err
	}
	return j.fix(id, dropIt)
}

func (j *joiner) dangling(id *identity) error {
	j.b.summary.Dangling++
	return j.flaw(id, flaw{role: roleMembership, set: id.set})
}

func (j *joiner) flaw(id *identity, f flaw) error {
	j.buf = f.append(j.buf[:0])
	return j.sorted.flaws.Add(uint64(id.origin), j.buf)
}

// finish ends the id that is being joined.
func (j *joiner) finish() error {
	if !j.has || !j.exists || len(j.sets) == 0 {
		return nil
	}
	return j.fix(&j.poi, j.b.sets.combo(j.sets))
}

func (j *joiner) fix(id *identity, sets uint32) error {
	f := fix{origin: id.origin, sets: sets}
	j.buf = f.append(j.buf[:0])
	return j.sorted.fixes.Add(id.cell, j.buf)
}
