package rule

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"

	"geodrop/builder/extsort"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// sorters put POIs into the order of their ids, together with memberships, and
// into that of their cells.
//
//	by id    key: hash of the id  id, role, origin, set | district, zone, number of zones with times, these
//	by cell  key: cell            origin, position, district, screened, id, name, kind
//
// Text has its length in front of it; numbers are big-endian where their order
// matters.
type sorters struct {
	byID, byCell *extsort.Sorter // nil: nobody asks for the order
	files        []string
	fileNo       map[string]uint32
	buf          []byte
}

// origin is where a row was read.
type origin struct {
	file uint32 // number
	line int
}

// byIDShare is what sorting by id gets of the memory; its records are shorter.
const byIDShare = 0.35

func (v *validation) openSorters() {
	s := &v.sorters
	s.fileNo = map[string]uint32{}
	open := func(share float64) *extsort.Sorter {
		return extsort.New(extsort.Options{Memory: int64(share * float64(v.opts.Memory)), TempDir: v.opts.TempDir})
	}
	s.byID = open(byIDShare)
	for i := range v.checks {
		if v.checks[i].Cell != nil && s.byCell == nil {
			s.byCell = open(1 - byIDShare)
		}
	}
}

func (v *validation) closeSorters() (err error) {
	for _, s := range []*extsort.Sorter{v.sorters.byID, v.sorters.byCell} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// file is the number of a file or table.
func (s *sorters) file(name string) uint32 {
	no, ok := s.fileNo[name]
	if !ok {
		no = uint32(len(s.files))
		s.files = append(s.files, name)
		s.fileNo[name] = no
	}
	return no
}

// The roles of an id: its POI comes before the memberships.
const (
	rolePOI = iota
	roleMembership
)

func (s *sorters) addPOI(p *POI, at origin) error {
	b := appendText(s.buf[:0], string(p.ID))
	b = append(b, rolePOI)
	b = at.append(b)
	b = binary.BigEndian.AppendUint32(b, p.District)
	b = binary.BigEndian.AppendUint32(b, p.Zone)
	b = binary.BigEndian.AppendUint32(b, uint32(len(p.Timed)))
	for _, zone := range p.Timed {
		b = binary.BigEndian.AppendUint32(b, zone)
	}
	s.buf = b
	if err := s.byID.Add(xxh3.HashString(string(p.ID)), s.buf); err != nil || s.byCell == nil {
		return err
	}
	b = at.append(s.buf[:0])
	b = binary.BigEndian.AppendUint32(b, uint32(p.Pos.Lat))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Pos.Lng))
	b = binary.BigEndian.AppendUint32(b, p.District)
	b = append(b, flag(p.Zone != None))
	b = appendText(b, string(p.ID))
	b = appendText(b, p.Name)
	s.buf = appendText(b, p.Kind)
	return s.byCell.Add(p.Cell.SortKey(), s.buf)
}

func (s *sorters) addMembership(m *poi.MembershipRow, set uint32, at origin) error {
	b := appendText(s.buf[:0], string(m.POI))
	b = append(b, roleMembership)
	b = at.append(b)
	s.buf = binary.BigEndian.AppendUint32(b, set)
	return s.byID.Add(xxh3.HashString(string(m.POI)), s.buf)
}

func (o origin) compare(other origin) int {
	return cmp.Or(cmp.Compare(o.file, other.file), cmp.Compare(o.line, other.line))
}

func (o origin) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, o.file)
	return binary.BigEndian.AppendUint64(b, uint64(o.line))
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

var errRecord = errors.New("a sorted record is damaged")

// reader takes a record apart. After a fault everything reads as zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.err, r.b = errRecord, nil
		return make([]byte, min(max(n, 0), 8))
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) text() []byte {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(len(r.b)) {
		r.err, r.b = errRecord, nil
		return nil
	}
	r.b = r.b[size:]
	return r.take(int(n))
}

func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// numbers appends those that are there, behind how many they are.
func (r *reader) numbers(to []uint32) []uint32 {
	for n := r.uint32(); n > 0 && r.err == nil; n-- {
		to = append(to, r.uint32())
	}
	return to
}

func (r *reader) flag() bool { return r.take(1)[0] != 0 }

func (r *reader) origin() origin {
	return origin{r.uint32(), int(binary.BigEndian.Uint64(r.take(8)))}
}

func (r *reader) position() coord.E7 {
	lat := int32(r.uint32())
	return coord.E7{Lat: lat, Lng: int32(r.uint32())}
}

// done is an error unless all of the record was read.
func (r *reader) done() error {
	if r.err == nil && len(r.b) > 0 {
		r.err = errRecord
	}
	if r.err != nil {
		return fmt.Errorf("sort the POIs: %w", r.err)
	}
	return nil
}
