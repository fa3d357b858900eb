package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// ErrCorrupt marks a file that is not what a writer of this package wrote.
// Errors that wrap it name the file and the section.
var ErrCorrupt = errors.New("corrupt index file")

// ErrVersion marks a file of a format version that this package cannot read.
var ErrVersion = errors.New("unknown index file version")

// Version is the format version that is written. Versions read: 1.
//
//	1  the first
const Version = 1

type kind uint16

const (
	kindSegment kind = 1
	kindAreas   kind = 2
)

const (
	magic     = "geodrop\x1a"
	fixedSize = len(magic) + 2 + 2 + 4 + 8
	metaSize  = 8 * len(meta{})
	rowSize   = 4 + 4 + 8 + 8
	crcSize   = 4
	align     = 64 // a cache line
)

// meta are the numbers of the header whose meaning depends on the kind.
type meta [4]uint64

type sectionID uint32

// A section is a run of bytes of a file.
type section struct {
	id   sectionID
	data []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func aligned(n int) int { return (n + align - 1) &^ (align - 1) }

func headerSize(sections int) int {
	return fixedSize + metaSize + sections*rowSize + crcSize
}

// writeContainer writes the header and the sections. It returns the bytes
// written, as io.WriterTo has it, also with an error.
func writeContainer(out io.Writer, k kind, m meta, sections []section) (int64, error) {
	offset := aligned(headerSize(len(sections)))
	var table []byte
	for _, s := range sections {
		table = binary.LittleEndian.AppendUint32(table, uint32(s.id))
		table = binary.LittleEndian.AppendUint32(table, crc32.Checksum(s.data, castagnoli))
		table = binary.LittleEndian.AppendUint64(table, uint64(offset))
		table = binary.LittleEndian.AppendUint64(table, uint64(len(s.data)))
		offset = aligned(offset + len(s.data))
	}
	header := append(make([]byte, 0, headerSize(len(sections))), magic...)
	header = binary.LittleEndian.AppendUint16(header, Version)
	header = binary.LittleEndian.AppendUint16(header, uint16(k))
	header = binary.LittleEndian.AppendUint32(header, uint32(len(sections)))
	header = binary.LittleEndian.AppendUint64(header, uint64(offset))
	for _, v := range m {
		header = binary.LittleEndian.AppendUint64(header, v)
	}
	header = append(header, table...)
	header = binary.LittleEndian.AppendUint32(header, crc32.Checksum(header, castagnoli))
	w := &counter{w: out}
	if err := writePadded(w, header); err != nil {
		return w.n, err
	}
	for _, s := range sections {
		if err := writePadded(w, s.data); err != nil {
			return w.n, err
		}
	}
	return w.n, nil
}

// counter counts the bytes that it writes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func writePadded(w io.Writer, data []byte) error {
	if _, err := w.Write(data); err != nil {
		return err
	}
	var zeros [align]byte
	_, err := w.Write(zeros[:aligned(len(data))-len(data)])
	return err
}

// container is the checked header of a file.
type container struct {
	meta     meta
	sections []section
	sums     []uint32 // CRC-32C of each section, as the header has it
}

// parseContainer checks the header and the geometry of the sections, not
// their content. The sections must be those of ids, in that order.
func parseContainer(file []byte, k kind, ids []sectionID) (*container, error) {
	size := headerSize(len(ids))
	if len(file) < size {
		return nil, corrupt("header", "the file has %d bytes, its header alone %d", len(file), size)
	}
	if string(file[:len(magic)]) != magic {
		return nil, corrupt("header", "no magic number: this is not a geodrop index file")
	}
	if v := binary.LittleEndian.Uint16(file[len(magic):]); v != Version {
		return nil, fmt.Errorf("%w %d: this program reads version %d", ErrVersion, v, Version)
	}
	if got := binary.LittleEndian.Uint16(file[len(magic)+2:]); got != uint16(k) {
		return nil, corrupt("header", "file kind %d, want %d", got, k)
	}
	if got := binary.LittleEndian.Uint32(file[len(magic)+4:]); got != uint32(len(ids)) {
		return nil, corrupt("header", "%d sections, want %d", got, len(ids))
	}
	sum := binary.LittleEndian.Uint32(file[size-crcSize:])
	if crc32.Checksum(file[:size-crcSize], castagnoli) != sum {
		return nil, corrupt("header", "checksum mismatch")
	}
	if got := binary.LittleEndian.Uint64(file[len(magic)+8:]); got != uint64(len(file)) {
		return nil, corrupt("header", "the file has %d bytes, its header says %d", len(file), got)
	}
	return parseTable(file, size, ids)
}

func parseTable(file []byte, size int, ids []sectionID) (*container, error) {
	c := &container{sections: make([]section, len(ids)), sums: make([]uint32, len(ids))}
	for i := range c.meta {
		c.meta[i] = binary.LittleEndian.Uint64(file[fixedSize+8*i:])
	}
	end := size
	for i, id := range ids {
		row := file[fixedSize+metaSize+i*rowSize:]
		offset, length := binary.LittleEndian.Uint64(row[8:]), binary.LittleEndian.Uint64(row[16:])
		switch {
		case binary.LittleEndian.Uint32(row) != uint32(id):
			return nil, corrupt("header", "section %d of the table has id %d, want %d", i, binary.LittleEndian.Uint32(row), id)
		case offset != uint64(aligned(end)):
			return nil, corrupt(id.String(), "offset %d, want %d", offset, aligned(end))
		case offset > uint64(len(file)) || length > uint64(len(file))-offset:
			return nil, corrupt(id.String(), "bytes %d+%d lie outside the file of %d bytes", offset, length, len(file))
		}
		if err := checkZeros(file[end:offset]); err != nil {
			return nil, corrupt(id.String(), "bytes before the section are not zero")
		}
		c.sections[i] = section{id: id, data: file[offset : offset+length : offset+length]}
		c.sums[i] = binary.LittleEndian.Uint32(row[4:])
		end = int(offset + length)
	}
	if aligned(end) != len(file) || checkZeros(file[end:]) != nil {
		return nil, corrupt("header", "bytes after the last section")
	}
	return c, nil
}

var errNotZero = errors.New("not zero")

func checkZeros(b []byte) error {
	for _, v := range b {
		if v != 0 {
			return errNotZero
		}
	}
	return nil
}

// checkSums compares every section with its checksum.
func (c *container) checkSums() error {
	for i, s := range c.sections {
		if crc32.Checksum(s.data, castagnoli) != c.sums[i] {
			return corrupt(s.id.String(), "checksum mismatch")
		}
	}
	return nil
}

func corrupt(where, format string, args ...any) error {
	return fmt.Errorf("%w: section %s: %w", ErrCorrupt, where, fmt.Errorf(format, args...))
}
