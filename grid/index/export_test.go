package index

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// What the tests of this package need of its inside.

// HeaderSize is the length of a segment's header without the zeros after it.
func HeaderSize() int { return headerSize(len(segmentSections)) }

// SectionNames are the sections in file order.
func SectionNames() []string {
	var names []string
	for _, id := range segmentSections {
		names = append(names, id.String())
	}
	return names
}

// A Span is where a section lies in a file.
type Span struct {
	Name        string
	Offset, End int
}

// Spans are the sections of a whole file.
func Spans(file []byte) []Span {
	var spans []Span
	for i, id := range segmentSections {
		row := tableRow(file, i)
		offset := int(binary.LittleEndian.Uint64(row[8:]))
		spans = append(spans, Span{id.String(), offset, offset + int(binary.LittleEndian.Uint64(row[16:]))})
	}
	return spans
}

// SpanOf is one section of a whole file.
func SpanOf(file []byte, name string) Span {
	for _, s := range Spans(file) {
		if s.Name == name {
			return s
		}
	}
	panic("no section " + name)
}

func tableRow(file []byte, i int) []byte {
	return file[fixedSize+metaSize+i*rowSize:][:rowSize]
}

// SwapTableRows exchanges two rows of the section table.
func SwapTableRows(file []byte, i, j int) {
	row := bytes.Clone(tableRow(file, i))
	copy(tableRow(file, i), tableRow(file, j))
	copy(tableRow(file, j), row)
}

// Reseal makes the checksums of a whole file right again.
func Reseal(file []byte) {
	for i, s := range Spans(file) {
		binary.LittleEndian.PutUint32(tableRow(file, i)[4:], crc32.Checksum(file[s.Offset:s.End], castagnoli))
	}
	ResealHeader(file)
}

// ResealHeader makes the checksum of the header right again.
func ResealHeader(file []byte) {
	end := HeaderSize() - crcSize
	binary.LittleEndian.PutUint32(file[end:], crc32.Checksum(file[:end], castagnoli))
}

// Numbers are the four numbers of a file's header.
func Numbers(file []byte) (m [4]uint64) {
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(file[fixedSize+8*i:])
	}
	return m
}

// Assemble makes a file of any content with right lengths and checksums.
func Assemble(numbers [4]uint64, contents [][]byte) []byte {
	var sections []section
	for i, id := range segmentSections {
		sections = append(sections, section{id, contents[i]})
	}
	var out bytes.Buffer
	if _, err := writeContainer(&out, kindSegment, numbers, sections); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return out.Bytes()
}

// LimitStages bounds the stages of the prefix hash.
func (w *Writer) LimitStages(n int) { w.stages = n }
