package index

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"geodrop/grid"
)

// What the tests of this package need of its inside.

// HeaderSize is the length of a segment's header without the zeros after it.
func HeaderSize() int { return headerSize(len(segmentSections)) }

// AreaHeaderSize is HeaderSize of an area file.
func AreaHeaderSize() int { return headerSize(len(areaSections)) }

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

// Spans are the sections of a whole segment.
func Spans(file []byte) []Span { return spansOf(file, segmentSections) }

// AreaSpans are the sections of a whole area file.
func AreaSpans(file []byte) []Span { return spansOf(file, areaSections) }

func spansOf(file []byte, ids []sectionID) []Span {
	var spans []Span
	for i, id := range ids {
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
func ResealHeader(file []byte) { resealHeader(file, HeaderSize()) }

// ResealAreaHeader is ResealHeader of an area file.
func ResealAreaHeader(file []byte) { resealHeader(file, AreaHeaderSize()) }

func resealHeader(file []byte, size int) {
	end := size - crcSize
	binary.LittleEndian.PutUint32(file[end:], crc32.Checksum(file[:end], castagnoli))
}

// Numbers are the four numbers of a file's header.
func Numbers(file []byte) (m [4]uint64) {
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(file[fixedSize+8*i:])
	}
	return m
}

// Assemble makes a segment of any content with right lengths and checksums.
func Assemble(numbers [4]uint64, contents [][]byte) []byte {
	return assemble(kindSegment, segmentSections, numbers, contents)
}

// AssembleAreas makes an area file of any content.
func AssembleAreas(numbers [4]uint64, contents [][]byte) []byte {
	return assemble(kindAreas, areaSections, numbers, contents)
}

func assemble(k kind, ids []sectionID, numbers [4]uint64, contents [][]byte) []byte {
	var sections []section
	for i, id := range ids {
		sections = append(sections, section{id, contents[i]})
	}
	var out bytes.Buffer
	if _, err := writeContainer(&out, k, numbers, sections); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return out.Bytes()
}

// ParseAreas reads an area file from memory.
func ParseAreas(file []byte, opts Options) (*grid.AreaIndex, error) { return parseAreas(file, opts) }

// LimitStages bounds the stages of the prefix hash.
func (w *Writer) LimitStages(n int) { w.stages = n }
