package index

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"
	"unsafe"

	"geodrop/grid"
)

// DumpOptions say how much of a file Dump shows. The zero value shows all.
type DumpOptions struct {
	// Rows bounds the rows shown of each section; one line stands for the
	// others. 0 is no bound.
	Rows int
}

// Dump writes what each byte of a segment file means, a line for each range of
// bytes: offset in hexadecimal, length, field, value. The ranges follow each
// other without a gap; [first,end) is a range without its end.
//
//	0001b0 +16    block 3        0x35f5f8: tiles 57 59, from row 3
//
// It reads damaged files too, as long as the header holds together: wrong
// checksums are noted, and bytes that make no sense are shown as such. The file
// must be aligned to 8 bytes in memory.
func Dump(w io.Writer, file []byte, opts DumpOptions) error {
	c, err := parseContainer(file, kindSegment, segmentSections)
	if err != nil {
		return fmt.Errorf("dump segment: %w", err)
	}
	d := &dumper{out: bufio.NewWriter(w), file: file, rows: opts.Rows}
	if d.rows <= 0 {
		d.rows = math.MaxInt
	}
	if c.meta[0] <= uint64(grid.MaxSize) {
		d.grid, _ = grid.New(grid.Size(c.meta[0])) // without one, cells are not named
	}
	d.header(c)
	for _, s := range c.sections {
		if err := d.section(c, s); err != nil {
			return fmt.Errorf("dump segment: %w", err)
		}
	}
	if err := d.out.Flush(); err != nil {
		return fmt.Errorf("dump segment: %w", err)
	}
	return nil
}

// A dumper walks the file from its first byte to its last.
type dumper struct {
	out  *bufio.Writer // its first error shows when it is flushed
	file []byte
	grid *grid.Grid
	rows int
	at   int // first byte not yet shown
}

// line shows the next n bytes.
func (d *dumper) line(n int, field, format string, args ...any) {
	value := fmt.Sprintf(format, args...)
	text := fmt.Sprintf("%06x +%-5d %-14s %s", d.at, n, field, value)
	fmt.Fprintln(d.out, strings.TrimRight(text, " "))
	d.at += n
}

// more shows the next n bytes as rows left out.
func (d *dumper) more(n, rows int) { d.line(n, "…", "%d more rows", rows) }

// rest shows the bytes up to end, if any, as none of the rows of their section.
func (d *dumper) rest(end int) {
	const most = 32
	if n := end - d.at; n > 0 {
		d.line(n, "no row", "% x", d.file[d.at:d.at+min(n, most)])
	}
}

// pad shows the zeros up to the next section.
func (d *dumper) pad() {
	if n := aligned(d.at) - d.at; n > 0 {
		d.line(n, "zeros", "")
	}
}

func (d *dumper) header(c *container) {
	number := func(n int) uint64 {
		var b [8]byte
		copy(b[:], d.file[d.at:d.at+n])
		return binary.LittleEndian.Uint64(b[:])
	}
	fmt.Fprintln(d.out, "header")
	d.line(len(magic), "magic", "%q", d.file[:len(magic)])
	d.line(2, "version", "%d", number(2))
	d.line(2, "kind", "%d (segment)", number(2))
	d.line(4, "sections", "%d", number(4))
	d.line(8, "file length", "%d", number(8))
	d.line(8, "cell size", "%d m", number(8))
	d.line(8, "first tile", "%#x", number(8))
	d.line(8, "last tile", "%#x", number(8))
	d.line(8, "0", "%d", number(8))
	for i, s := range c.sections {
		note := ""
		if sum := crc32.Checksum(s.data, castagnoli); sum != c.sums[i] {
			note = fmt.Sprintf(" (its bytes have %08x)", sum)
		}
		offset := binary.LittleEndian.Uint64(d.file[d.at+8:])
		d.line(rowSize, s.id.String(), "id %d, CRC-32C %08x%s, offset %06x, length %d", s.id, c.sums[i], note, offset, len(s.data))
	}
	d.line(crcSize, "CRC-32C", "%08x", number(crcSize))
	d.pad()
}

func (d *dumper) section(c *container, s section) error {
	fmt.Fprintln(d.out, s.id)
	var err error
	end := d.at + len(s.data)
	switch s.id {
	case secBlocks:
		err = dumpRows(d, s, d.block)
	case secStages:
		err = dumpRows(d, s, d.stage)
	case secSlots:
		err = d.slots(s)
	case secTiles:
		err = dumpRows(d, s, d.tile)
	case secStarts:
		err = dumpRows(d, s, d.crowded)
	case secPostings:
		err = dumpRows(d, s, d.posting)
	case secCombos:
		err = d.bounds(s, "combination", "members")
	case secMembers:
		err = dumpRows(d, s, d.member)
	case secLabels:
		err = d.bounds(s, "label", "bytes")
	case secNames:
		err = d.names(c.sections[secLabels-1], s)
	case secTexts:
		d.texts(s)
	}
	d.rest(end)
	d.pad()
	return err
}

// dumpRows shows the rows of a section.
func dumpRows[T fixed](d *dumper, s section, show func(i int, row T)) error {
	rows, err := wholeRows[T](s)
	for i, row := range rows {
		if i == d.rows {
			d.more(len(raw(rows[i:])), len(rows)-i)
			break
		}
		show(i, row)
	}
	return err
}

// wholeRows is view without the bytes after the last whole row.
func wholeRows[T fixed](s section) ([]T, error) {
	var row T
	size := int(unsafe.Sizeof(row))
	return view[T](section{s.id, s.data[:len(s.data)/size*size]})
}
