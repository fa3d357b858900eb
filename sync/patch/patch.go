// Package patch carries a segment from one release to the next by its records:
// what was added, taken away or changed, and nothing of the rest. The segment
// that comes out is the same, byte for byte, as the one that the builder wrote,
// since a segment depends on its records alone; its digest proves it.
//
//	old segments ─┐
//	              ├─ Apply ─► new segment, if its digest is the one promised
//	patch ────────┘
//	              ▲
//	Make(old, new)
//
// Old are the segments of the release before that hold tiles of the new one:
// one, as a rule, and two where a cut between segments moved.
//
// # A patch
//
//	┌──────────┬──────────┬────────────────┬──────────────┬────────┬──────────────┐
//	│ magic    │ version  │ SHA-256 of new │ bytes of new │ olds   │ SHA-256 of   │
//	│ 8 bytes  │ uint16   │ 32 bytes       │ uint64       │ uint16 │ each old     │
//	├──────────┴──────────┴────────────────┴──────────────┴────────┴──────────────┤
//	│ snappy frames (they have checksums) of                                      │
//	│   combinations that the olds lack: how many, and for each its labels        │
//	│   records of new: how many                                                  │
//	│   steps through the records of the olds, until new has all of its records   │
//	└─────────────────────────────────────────────────────────────────────────────┘
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
	"bytes"
	"crypto/sha256"
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
	magic     = "geodrop\x1b"
	sumSize   = sha256.Size
	fixedSize = len(magic) + 2 + sumSize + 8 + 2
	maxOlds   = 1<<16 - 1
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
	to   manifest.Object
	from []manifest.Digest
}

func (h header) encode() ([]byte, error) {
	if len(h.from) > maxOlds {
		return nil, fmt.Errorf("%w: it begins with %d segments", ErrOther, len(h.from))
	}
	b := append(make([]byte, 0, fixedSize+len(h.from)*sumSize), magic...)
	b = binary.LittleEndian.AppendUint16(b, Version)
	b, err := appendDigest(b, h.to.Digest)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.to.Bytes))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(h.from)))
	for _, d := range h.from {
		if err == nil {
			b, err = appendDigest(b, d)
		}
	}
	return b, err
}

func appendDigest(b []byte, d manifest.Digest) ([]byte, error) {
	if !d.Valid() {
		return b, fmt.Errorf("%w: digest %.80q", ErrOther, d)
	}
	return hex.AppendDecode(b, []byte(d))
}

// readHeader reads what a patch begins with. It holds the patch to the segments
// that are wanted: the memory that it takes is that of their digests.
func readHeader(r io.Reader, want header) error {
	mine, err := want.encode()
	if err != nil {
		return err
	}
	got := make([]byte, len(mine))
	if _, err := io.ReadFull(r, got); err != nil {
		return fmt.Errorf("%w: its header is cut: %w", ErrCorrupt, err)
	}
	begin := len(magic) + 2
	switch {
	case string(got[:len(magic)]) != magic:
		return fmt.Errorf("%w: no magic number", ErrCorrupt)
	case binary.LittleEndian.Uint16(got[len(magic):]) != Version:
		return fmt.Errorf("%w: version %d, this program reads %d", ErrCorrupt, binary.LittleEndian.Uint16(got[len(magic):]), Version)
	case !bytes.Equal(got[begin:], mine[begin:]):
		return fmt.Errorf("%w: it leads to %x… from other segments, or to another one", ErrOther, got[begin:begin+4])
	}
	return nil
}
