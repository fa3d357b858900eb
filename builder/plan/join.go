package plan

import (
	"bytes"
	"encoding/binary"
	"errors"

	"geodrop/builder/extsort"
	"geodrop/grid/coord"

	"github.com/zeebo/xxh3"
)

// join finds what has one id: places that are in one cell before and in another
// after, and those that a zone keeps out of a release. A record has the hash of
// the id as its key and
//
//	┌────────────┬──────┬─────────────┬─────────┬─────────┬──────────────┐
//	│ id, with   │ kind │ site, or    │ lat     │ lng     │ text, of a   │
//	│ its length │ 1    │ zone, 4     │ 4       │ 4       │ place        │
//	└────────────┴──────┴─────────────┴─────────┴─────────┴──────────────┘
//
// so that those of one id follow each other.
type join struct {
	sorter *extsort.Sorter
	buf    []byte
}

// The kinds of records.
const (
	recordBefore byte = iota
	recordAfter
	recordScreenedBefore
	recordScreenedAfter
	recordKinds
)

const recordFixed = 1 + 4 + 4 + 4

func newJoin(o Options) *join {
	return &join{sorter: extsort.New(extsort.Options{Memory: o.Memory / 2, TempDir: o.TempDir})}
}

func (j *join) close() error { return j.sorter.Close() }

func hashID(id []byte) uint64 { return xxh3.Hash(id) }

// place adds a place of one release.
func (j *join) place(kind byte, s *side) error {
	j.begin(kind, s.id, s.site, s.pos)
	j.buf = append(j.buf, s.text...)
	return j.sorter.Add(hashID(s.id), j.buf)
}

// screened adds a place that a zone keeps out; its id is without a length.
func (j *join) screened(kind byte, id string, zone uint32, pos coord.E7) error {
	length := binary.AppendUvarint(nil, uint64(len(id)))
	whole := append(length, id...)
	j.begin(kind, whole, zone, pos)
	return j.sorter.Add(hashID(whole), j.buf)
}

func (j *join) begin(kind byte, id []byte, number uint32, pos coord.E7) {
	j.buf = append(append(j.buf[:0], id...), kind)
	for _, n := range [...]uint32{number, uint32(pos.Lat), uint32(pos.Lng)} {
		j.buf = binary.LittleEndian.AppendUint32(j.buf, n)
	}
}

// record is one of the sorter, in place.
type record struct {
	id, text []byte
	kind     byte
	number   uint32
	pos      coord.E7
}

var errRecord = errors.New("a sorted record is damaged; see to the disk of the temporary folder")

func (r *record) parse(b []byte) error {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)) || len(b) < size+int(n)+recordFixed || b[size+int(n)] >= recordKinds {
		return errRecord
	}
	end := size + int(n)
	fixed := b[end+1:]
	r.id, r.kind, r.text = b[:end], b[end], b[end+recordFixed:]
	r.number = binary.LittleEndian.Uint32(fixed)
	r.pos.Lat, r.pos.Lng = int32(binary.LittleEndian.Uint32(fixed[4:])), int32(binary.LittleEndian.Uint32(fixed[8:]))
	return nil
}

// group are the first records of each kind with one id.
type group struct {
	id   []byte
	has  [recordKinds]bool
	of   [recordKinds]record
	text []byte
}

// add copies a record into the group: what the sorter lends is lost at the next.
func (g *group) add(r *record) {
	if g.has[r.kind] {
		return // an id that came twice; builds leave the second out
	}
	kept := *r
	if r.kind == recordAfter || r.kind == recordBefore && !g.has[recordAfter] {
		g.text = append(g.text[:0], r.text...)
	}
	g.has[r.kind], g.of[r.kind] = true, kept
}

func (g *group) reset(id []byte) {
	g.id = append(g.id[:0], id...)
	g.has = [recordKinds]bool{}
}

// joinIDs goes through the join and counts what it finds.
func (c *comparison) joinIDs() error {
	it, err := c.join.sorter.Sort(c.ctx)
	if err != nil {
		return err
	}
	var g group
	var r record
	open := false
	for it.Next() {
		if err := r.parse(it.Payload()); err != nil {
			return err
		}
		if open && !bytes.Equal(g.id, r.id) {
			if err := c.joined(&g); err != nil {
				return err
			}
			open = false
		}
		if !open {
			g.reset(r.id)
			open = true
		}
		g.add(&r)
	}
	if err := it.Err(); err != nil || !open {
		return err
	}
	return c.joined(&g)
}

// joined counts what has one id.
func (c *comparison) joined(g *group) error {
	f := found{id: g.id, text: g.text, sites: [2]uint32{noSite, noSite}, zones: [2]uint32{noZone, noZone}}
	for i, kind := range []byte{recordBefore, recordAfter} {
		if g.has[kind] {
			f.sites[i] = g.of[kind].number
		}
	}
	f.before, f.after = g.of[recordBefore].pos, g.of[recordAfter].pos
	for i, kind := range []byte{recordScreenedBefore, recordScreenedAfter} {
		if g.has[kind] && f.sites[i] == noSite { // else it is a later row of an id
			f.zones[i] = g.of[kind].number
			c.zones[i].count(f.zones[i])
		}
	}
	switch {
	case g.has[recordBefore] && g.has[recordAfter]:
		f.kind = Moved
	case g.has[recordAfter]:
		f.kind = Added
		c.freed(&f)
	case g.has[recordBefore]:
		f.kind = Removed
		c.screened(&f)
	default:
		return nil // kept out before and after, or by one and unknown to the other
	}
	return c.found(&f)
}
