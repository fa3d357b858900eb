package extsort

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Fields of a block's header in a run file, little-endian, with their sizes.
const (
	crcAt       = 0
	lengthAt    = crcAt + 4
	numberAt    = lengthAt + 4
	runAt       = numberAt + 4
	blockHeader = runAt + 4
)

// blockID is a block's place: the run file and its number in it.
type blockID struct{ run, number uint32 }

// checksums computes CRC32C.
type checksums struct{ table *crc32.Table }

func newChecksums() checksums { return checksums{crc32.MakeTable(crc32.Castagnoli)} }

func (c checksums) sum(header, body []byte) uint32 {
	return crc32.Update(crc32.Update(0, c.table, header[lengthAt:blockHeader]), c.table, body)
}

// seal writes the header that describes body.
func (c checksums) seal(header []byte, id blockID, body []byte) {
	binary.LittleEndian.PutUint32(header[lengthAt:], uint32(len(body)))
	binary.LittleEndian.PutUint32(header[numberAt:], id.number)
	binary.LittleEndian.PutUint32(header[runAt:], id.run)
	binary.LittleEndian.PutUint32(header[crcAt:], c.sum(header, body))
}

// check compares a block that was read with its header.
func (c checksums) check(header []byte, id blockID, body []byte) error {
	got := blockID{
		run:    binary.LittleEndian.Uint32(header[runAt:]),
		number: binary.LittleEndian.Uint32(header[numberAt:]),
	}
	if got != id {
		return fmt.Errorf("%w: block %d of run %d where block %d of run %d belongs",
			ErrCorrupt, got.number, got.run, id.number, id.run)
	}
	if want := binary.LittleEndian.Uint32(header[crcAt:]); c.sum(header, body) != want {
		return fmt.Errorf("%w: block %d has CRC32C %08x, its header says %08x",
			ErrCorrupt, id.number, c.sum(header, body), want)
	}
	return nil
}

// bodyLength returns the length that a header gives.
func bodyLength(header []byte) int {
	return int(binary.LittleEndian.Uint32(header[lengthAt:]))
}
