// Package patch carries a segment from one release to the next by its records:
// what was added, taken away or changed, and nothing of the rest. The segment
// that comes out is the same, byte for byte, as the one that the builder wrote,
// since a segment depends on its records alone; its digest proves it.
//
//	old segment ──┐
//	              ├─ Apply ─► new segment, if its digest is the one promised
//	patch ────────┘
//	              ▲
//	Make(old, new)
//
// # A patch
//
//	┌───────────┬──────────┬─────────────────┬─────────────────┬──────────────┐
//	│ magic     │ version  │ SHA-256 of old  │ SHA-256 of new  │ bytes of new │
//	│ 8 bytes   │ uint16   │ 32 bytes        │ 32 bytes        │ uint64       │
//	├───────────┴──────────┴─────────────────┴─────────────────┴──────────────┤
//	│ snappy frames (they have checksums) of                                  │
//	│   combinations that old lacks: how many, and for each its labels        │
//	│   records of new: how many                                              │
//	│   steps through the records of old, until new has all of its records    │
//	└─────────────────────────────────────────────────────────────────────────┘
//
// Numbers of the header are little-endian, others are varints. A step is one
// number, 4 × count + kind, and what its kind says:
//
//	keep    so many records stay
//	drop    so many records are left out
//	insert  so many new records follow
//	revise  so many records follow, of which each takes the place of an old one
//	        and has its text
//
// A record follows as {latitude, longitude, combination, text}: the position as
// the difference, in 10^-7 degrees, to the old record (revise) or to the last
// position that was sent (insert); the combination as its number in old, or
// beyond those one of the new ones; the text (insert only) as 2 × the number of
// an old record that has it, + 1, or as 2 × the bytes that it shares with the
// last dropped text, the number of the bytes that follow, and these.
package patch

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

// ErrCorrupt marks a patch that is damaged, cut, or no patch.
var ErrCorrupt = errors.New("corrupt patch")

// ErrOther marks a patch that does not belong between the two segments: its old
// segment is another, or what comes out is not what it promised.
var ErrOther = errors.New("patch of another segment")

// Version is the format version that is written, and the only one that is read.
const Version = 1

const (
	magic      = "geodrop\x1b"
	sumSize    = 32
	headerSize = len(magic) + 2 + 2*sumSize + 8
)

// Segment is an open segment and the object that it is.
type Segment struct {
	*index.Segment
	Object manifest.Object
}

type kind uint8

const (
	keep kind = iota
	drop
	insert
	revise
	kinds
)

// header is what a patch begins with.
type header struct {
	from, to manifest.Digest
	bytes    int64 // of to
}

func (h header) encode() ([]byte, error) {
	b := append(make([]byte, 0, headerSize), magic...)
	b = binary.LittleEndian.AppendUint16(b, Version)
	for _, d := range []manifest.Digest{h.from, h.to} {
		if !d.Valid() {
			return nil, fmt.Errorf("%w: digest %.80q", ErrOther, d)
		}
		var err error
		if b, err = hex.AppendDecode(b, []byte(d)); err != nil {
			return nil, err
		}
	}
	return binary.LittleEndian.AppendUint64(b, uint64(h.bytes)), nil
}

func readHeader(r io.Reader) (h header, err error) {
	var b [headerSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return h, fmt.Errorf("%w: its header is cut: %w", ErrCorrupt, err)
	}
	rest := b[len(magic):]
	if string(b[:len(magic)]) != magic {
		return h, fmt.Errorf("%w: no magic number", ErrCorrupt)
	}
	if v := binary.LittleEndian.Uint16(rest); v != Version {
		return h, fmt.Errorf("%w: version %d, this program reads %d", ErrCorrupt, v, Version)
	}
	sums, length := rest[2:2+2*sumSize], binary.LittleEndian.Uint64(rest[2+2*sumSize:])
	h.from = manifest.Digest(hex.EncodeToString(sums[:sumSize]))
	h.to = manifest.Digest(hex.EncodeToString(sums[sumSize:]))
	if length > maxSegment {
		return h, fmt.Errorf("%w: a segment of %d bytes", ErrCorrupt, length)
	}
	h.bytes = int64(length)
	return h, nil
}

// maxSegment is the most bytes that a segment can have: its postings and texts
// are counted in 32 bits.
const maxSegment = 1 << 37
