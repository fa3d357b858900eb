package index

import (
	"encoding/binary"
	"errors"
	"fmt"

	"geodrop/grid"
)

// Options say how a segment is opened. The zero value checks everything that
// Open documents and uses the prefix hash.
type Options struct {
	// SkipChecksums trusts the content, as after a check of the file's digest,
	// and leaves its pages on disk until they are used.
	SkipChecksums bool
	// ForceBisection ignores the prefix hash.
	ForceBisection bool
	// HugePages asks the kernel to map the file with huge pages, for those who
	// read all of it, such as a query node: lookups in 10^7 POIs then took about
	// 20 % less time (Linux 6.18, ext4, segments of 2 MiB), and cold pages are read
	// up to 2 MiB at a time. A page is never larger than its file.
	// It is ignored where the system has no such thing, or refuses.
	HugePages bool
}

// Segment is one open segment file. It is immutable and safe for concurrent
// use until Close.
type Segment struct {
	path     string
	mapped   *mapping // nil: parsed, or closed
	file     []byte
	size     grid.Size
	first    grid.Tile
	last     grid.Tile
	blocks   []blockRow
	stages   []stage
	slots    []blockRow
	tiles    []tileRow
	starts   []uint32
	postings []Posting
	combos   []uint32
	members  []uint32
	labels   []uint32
	names    []byte
	texts    []byte
	hashed   bool
}

// ErrPlatform marks a machine whose byte order is not the file's.
var ErrPlatform = errors.New("index files need a little-endian machine")

// Open maps a segment file and checks its header, the geometry of its sections
// and, unless told otherwise, every checksum. The error names the file and the
// section; it wraps ErrCorrupt, ErrVersion or the error of the file system.
func Open(path string, opts Options) (*Segment, error) {
	mapped, err := mapFile(path, opts)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	var s *Segment
	err = Protect(func() (err error) {
		s, err = parse(mapped.bytes, opts)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open segment %s: %w", path, err), mapped.close())
	}
	s.path, s.mapped = path, mapped
	return s, nil
}

// Parse reads a segment from memory that the caller keeps unchanged. The
// memory must be aligned to 8 bytes.
func Parse(file []byte, opts Options) (*Segment, error) {
	s, err := parse(file, opts)
	if err != nil {
		return nil, fmt.Errorf("parse segment: %w", err)
	}
	return s, nil
}

func parse(file []byte, opts Options) (*Segment, error) {
	if !littleEndian() {
		return nil, ErrPlatform
	}
	c, err := parseContainer(file, kindSegment, segmentSections)
	if err != nil {
		return nil, err
	}
	if !opts.SkipChecksums {
		if err := c.checkSums(); err != nil {
			return nil, err
		}
	}
	s := &Segment{file: file, first: grid.Tile(c.meta[1]), last: grid.Tile(c.meta[2])}
	if c.meta[0] > uint64(grid.MaxSize) || c.meta[3] != 0 {
		return nil, corrupt("header", "cell size %d m, last number %d", c.meta[0], c.meta[3])
	}
	s.size = grid.Size(c.meta[0])
	if err := s.bind(c.sections); err != nil {
		return nil, err
	}
	if err := s.checkGeometry(); err != nil {
		return nil, err
	}
	s.hashed = !opts.ForceBisection && s.hashVerifies()
	return s, nil
}

// bind points the fields at the sections.
func (s *Segment) bind(sections []section) error {
	of := func(id sectionID) section { return sections[id-1] }
	var errs [9]error
	s.blocks, errs[0] = view[blockRow](of(secBlocks))
	s.stages, errs[1] = view[stage](of(secStages))
	s.slots, errs[2] = view[blockRow](of(secSlots))
	s.tiles, errs[3] = view[tileRow](of(secTiles))
	s.starts, errs[4] = view[uint32](of(secStarts))
	s.postings, errs[5] = view[Posting](of(secPostings))
	s.combos, errs[6] = view[uint32](of(secCombos))
	s.members, errs[7] = view[uint32](of(secMembers))
	s.labels, errs[8] = view[uint32](of(secLabels))
	s.names, s.texts = of(secNames).data, of(secTexts).data
	return errors.Join(errs[:]...)
}

// checkGeometry checks what can be checked without reading the big sections.
func (s *Segment) checkGeometry() error {
	switch {
	case len(s.blocks) == 0 || len(s.tiles) < len(s.blocks) || len(s.postings) < len(s.tiles):
		return corrupt("blocks", "%d blocks, %d tiles, %d postings", len(s.blocks), len(s.tiles), len(s.postings))
	case len(s.combos) == 0 || len(s.labels) == 0:
		return corrupt("combos", "the section has no end row")
	case s.first > s.last:
		return corrupt("header", "first tile %#x is after last tile %#x", uint64(s.first), uint64(s.last))
	}
	if len(s.stages) > maxStages {
		return corrupt("stages", "%d stages, at most %d are read", len(s.stages), maxStages)
	}
	total := uint64(0)
	for i, st := range s.stages {
		if st.Slots == 0 {
			return corrupt("stages", "stage %d has no slots", i)
		}
		total += uint64(st.Slots)
	}
	if total != uint64(len(s.slots)) {
		return corrupt("stages", "their %d slots are not the %d of section slots", total, len(s.slots))
	}
	return nil
}

// hashVerifies reports whether the prefix hash finds exactly the blocks.
func (s *Segment) hashVerifies() bool {
	used := 0
	for _, row := range s.slots {
		if row.Tiles != 0 {
			used++
		}
	}
	for _, row := range s.blocks {
		if hashFind(s.stages, s.slots, row.Block) != row {
			return false
		}
	}
	return used == len(s.blocks)
}

// Close unmaps the file. No look-up may be under way.
func (s *Segment) Close() error {
	if s.mapped == nil {
		return nil
	}
	err := s.mapped.close()
	*s = Segment{path: s.path}
	if err != nil {
		return fmt.Errorf("close segment: %w", err)
	}
	return nil
}

// CheckFile reports a file that was cut, or grew, since it was opened: an error
// that wraps ErrFault. Look-ups do not: after a cut within a page they read
// zeros to the end of that page. It costs one system call; ask it now and then.
func (s *Segment) CheckFile() error {
	if s.mapped == nil {
		return nil
	}
	return s.mapped.check()
}

// Path is the file that was opened, or empty.
func (s *Segment) Path() string { return s.path }

// CellSize is the edge of the cells that the postings are sorted by.
func (s *Segment) CellSize() grid.Size { return s.size }

// Tiles is the range of tiles, both ends included, that the segment answers
// for.
func (s *Segment) Tiles() (first, last grid.Tile) { return s.first, s.last }

// Len is the number of postings.
func (s *Segment) Len() int { return len(s.postings) }

// Hashed reports whether look-ups use the prefix hash; otherwise they bisect.
func (s *Segment) Hashed() bool { return s.hashed }

// Postings are the points, sorted by cell, valid until Close and not to be
// changed.
func (s *Segment) Postings() []Posting { return s.postings }

// Text is the text of a posting of this segment, valid until Close. It is nil
// where the file is corrupt.
func (s *Segment) Text(p Posting) []byte {
	if uint64(p.text) >= uint64(len(s.texts)) {
		return nil
	}
	length, n := binary.Uvarint(s.texts[p.text:])
	rest := s.texts[int(p.text)+max(n, 0):]
	if n <= 0 || length > uint64(len(rest)) {
		return nil
	}
	return rest[:length:length]
}

// Combos is the number of combinations.
func (s *Segment) Combos() int { return len(s.combos) - 1 }

// Combo appends the labels of a combination to dst, in ascending order. They
// are copies. Run it inside Protect.
func (s *Segment) Combo(n uint32, dst []string) []string {
	for _, label := range s.members[s.combos[n]:s.combos[n+1]] {
		dst = append(dst, string(s.names[s.labels[label]:s.labels[label+1]]))
	}
	return dst
}

// Range is a run of postings of one segment of an Index: First up to, but not
// including, End.
type Range struct {
	Segment uint32
	First   uint32
	End     uint32
}

// Visible says which combinations of a segment can be seen. The zero value
// shows nothing; All shows everything.
type Visible struct {
	bits    []uint64
	summary uint32
	all     bool
}

// All returns a Visible that hides nothing.
func All() Visible { return Visible{summary: ^uint32(0), all: true} }

// Show makes a combination visible. It is not for use on a Visible that
// look-ups already use.
func (v *Visible) Show(combo uint32) {
	for int(combo/64) >= len(v.bits) {
		v.bits = append(v.bits, 0)
	}
	v.bits[combo/64] |= 1 << (combo % 64)
	v.summary |= 1 << (combo % 32)
}

// Sees reports whether postings of the combination can be seen.
func (v *Visible) Sees(combo uint32) bool {
	return v.all || int(combo/64) < len(v.bits) && v.bits[combo/64]>>(combo%64)&1 == 1
}

// find is the row of a block, or the zero row.
func (s *Segment) find(b grid.Block) blockRow {
	if s.hashed {
		return hashFind(s.stages, s.slots, b)
	}
	return bisect(s.blocks, b)
}
