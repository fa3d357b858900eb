package builder

import (
	"encoding/binary"
	"errors"

	"geodrop/grid/coord"

	"github.com/zeebo/xxh3"
)

// The records that the builder sorts. Numbers are big-endian where their order
// matters.
//
//	by cell   key: cell    origin, position, text
//	by id     key: id, 1st half of its hash    2nd half, role, origin, set, cell
//	fixes     key: cell    origin, what to do with the posting of that origin
//	flaws     key: origin  role, what is wrong with the row of that origin

// origin is where a row was read: the number of its file, and its line or,
// where the source has none, the number of the row. Origins order rows as they
// were read.
type origin uint64

const (
	lineBits = 40
	maxLine  = 1<<lineBits - 1
	maxFile  = 1<<(64-lineBits) - 1
)

func newOrigin(file, line int) origin { return origin(file)<<lineBits | origin(line) }

func (o origin) file() int { return int(o >> lineBits) }
func (o origin) line() int { return int(o & maxLine) }

// placed is a POI at its position.
type placed struct {
	origin origin
	pos    coord.E7
	text   []byte
}

func (p *placed) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.origin))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(p.pos.Lat))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(p.pos.Lng))
	return append(dst, p.text...)
}

var errRecord = errors.New("a sorted record is damaged")

// parse reads a record; text aliases it.
func (p *placed) parse(b []byte) error {
	const head = 8 + 4 + 4
	if len(b) <= head {
		return errRecord
	}
	p.origin = origin(binary.BigEndian.Uint64(b))
	p.pos = coord.E7{Lat: int32(binary.LittleEndian.Uint32(b[8:])), Lng: int32(binary.LittleEndian.Uint32(b[12:]))}
	p.text = b[head:]
	return nil
}

// hashID is what ids are joined by: 128 bits under a seed of the build's own,
// so that no input can be made to collide.
func hashID(id string, seed uint64) xxh3.Uint128 { return xxh3.HashString128Seed(id, seed) }

// An identity is a POI, or a membership of one, under the hash of its id. POIs
// sort before memberships, in the order in which they were read.
type identity struct {
	hash   uint64 // 2nd half
	role   byte
	origin origin
	set    uint32 // of a membership
	cell   uint64 // sort key of a POI's cell
}

const (
	rolePOI        = 0
	roleMembership = 1
	identitySize   = 8 + 1 + 8 + 4 + 8
)

func (i *identity) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, i.hash)
	dst = append(dst, i.role)
	dst = binary.BigEndian.AppendUint64(dst, uint64(i.origin))
	dst = binary.BigEndian.AppendUint32(dst, i.set)
	return binary.BigEndian.AppendUint64(dst, i.cell)
}

func (i *identity) parse(b []byte) error {
	if len(b) != identitySize {
		return errRecord
	}
	i.hash, i.role = binary.BigEndian.Uint64(b), b[8]
	i.origin = origin(binary.BigEndian.Uint64(b[9:]))
	i.set, i.cell = binary.BigEndian.Uint32(b[17:]), binary.BigEndian.Uint64(b[21:])
	return nil
}

// A fix tells what the join by id found out about a POI: the combination of its
// sets, or that it is to be dropped.
type fix struct {
	origin origin
	sets   uint32
}

const dropIt = ^uint32(0)

func (f *fix) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(f.origin))
	return binary.BigEndian.AppendUint32(dst, f.sets)
}

func (f *fix) parse(b []byte) error {
	if len(b) != 12 {
		return errRecord
	}
	f.origin, f.sets = origin(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint32(b[8:])
	return nil
}

// A flaw tells why the join by id leaves a row out: a POI whose id came before,
// or a membership of no POI.
type flaw struct {
	role  byte
	first origin // of the POI that stays
	set   uint32 // of the membership
}

func (f *flaw) append(dst []byte) []byte {
	dst = append(dst, f.role)
	dst = binary.BigEndian.AppendUint64(dst, uint64(f.first))
	return binary.BigEndian.AppendUint32(dst, f.set)
}

func (f *flaw) parse(b []byte) error {
	if len(b) != 13 {
		return errRecord
	}
	f.role, f.first, f.set = b[0], origin(binary.BigEndian.Uint64(b[1:])), binary.BigEndian.Uint32(b[9:])
	return nil
}
