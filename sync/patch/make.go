package patch

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"

	"github.com/golang/snappy"
)

// Stats say what a patch holds.
type Stats struct {
	Kept, Dropped, Inserted, Revised int
}

// Make writes the patch that leads from some segments, in order of their tiles,
// to another, all of grid g. The error wraps index.ErrFault or index.ErrCorrupt
// where one is damaged, ErrOther where they do not fit together.
func Make(w io.Writer, g *grid.Grid, from []Segment, to Segment) (Stats, error) {
	m, err := newMaker(w, g, from, to)
	if err == nil {
		err = index.Protect(m.run)
	}
	if err == nil {
		err = m.out.Close()
	}
	if err != nil {
		return Stats{}, fmt.Errorf("make patch: %w", err)
	}
	return m.stats, nil
}

func newMaker(w io.Writer, g *grid.Grid, from []Segment, to Segment) (*maker, error) {
	before, err := newOld(g, from)
	if err != nil {
		return nil, err
	}
	if to.CellSize() != g.Size() {
		return nil, fmt.Errorf("%w: cells of %d m on a grid of %d m", ErrOther, to.CellSize(), g.Size())
	}
	head, err := header{to.Object, digests(from)}.encode()
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	return &maker{grid: g, from: before, to: to.Segment, out: snappy.NewBufferedWriter(w), texts: map[string]int{}}, nil
}

// maker walks through old and new records at once, in their order: by cell, then
// by text.
type maker struct {
	grid  *grid.Grid
	from  *old
	to    *index.Segment
	out   *snappy.Writer
	stats Stats

	canon  []uint32       // number of each old combination: two segments may have the same one
	combos []uint32       // that of each combination of to
	texts  map[string]int // dropped records, by their text
	new    []index.Posting

	kind    kind // of the step that is being collected
	count   int
	body    []byte
	scratch []byte
	last    coord.E7 // position sent
	dropped []byte   // text dropped last
	err     error
}

func (m *maker) run() error {
	m.new = m.to.Postings()
	m.combinations()
	m.number(len(m.new))
	// A record that moved to another cell has its text where it was dropped.
	m.walk(func(i int) { m.texts[string(m.from.text(i))] = i }, func(int, int) {}, func(int) {})
	m.walk(m.drop, m.same, m.insert)
	if m.kind != drop { // what is left of old is not kept, without a word
		m.flush()
	}
	return m.err
}

// walk calls drop for records that are in old only, insert for those in new only,
// and same for those in both. What is left of old at the end is not kept either.
func (m *maker) walk(drop func(i int), same func(i, j int), insert func(j int)) {
	i := 0
	for j := range m.new {
		for i < m.from.len() && m.compare(i, j) < 0 {
			drop(i)
			i++
		}
		if i < m.from.len() && m.compare(i, j) == 0 {
			same(i, j)
			i++
			continue
		}
		insert(j)
	}
	for ; i < m.from.len(); i++ {
		drop(i)
	}
}

// compare orders an old record and a new one.
func (m *maker) compare(i, j int) int {
	was, is := m.from.at(i).Pos, m.new[j].Pos
	if was != is { // as it is for nearly none
		if order := cmp.Compare(m.grid.Cell(was), m.grid.Cell(is)); order != 0 {
			return order
		}
	}
	return bytes.Compare(m.from.text(i), m.to.Text(m.new[j]))
}

// combinations sends those that old lacks, and numbers those of to.
func (m *maker) combinations() {
	known := map[string]uint32{}
	for n, segment := range m.from.segments {
		for c := range segment.Combos() {
			key, no := comboKey(segment.Combo(uint32(c), nil)), m.from.combos[n]+uint32(c)
			if first, ok := known[key]; ok {
				no = first
			}
			known[key] = no
			m.canon = append(m.canon, no)
		}
	}
	var body []byte
	added := 0
	for n := range m.to.Combos() {
		labels := m.to.Combo(uint32(n), nil)
		no, ok := known[comboKey(labels)]
		if !ok {
			no = m.from.known() + uint32(added)
			added++
			body = binary.AppendUvarint(body, uint64(len(labels)))
			for _, l := range labels {
				body = append(binary.AppendUvarint(body, uint64(len(l))), l...)
			}
		}
		m.combos = append(m.combos, no)
	}
	m.number(added)
	m.write(body)
}

// comboKey is one text for a list of labels.
func comboKey(labels []string) string {
	var b strings.Builder
	for _, l := range labels {
		fmt.Fprintf(&b, "%d:%s", len(l), l)
	}
	return b.String()
}

// same is a record of both.
func (m *maker) same(i, j int) {
	a, b := m.from.at(i), m.new[j]
	if a.Pos == b.Pos && m.canon[a.Combo] == m.combos[b.Combo] {
		m.step(keep)
		m.stats.Kept++
		return
	}
	m.step(revise)
	m.position(a.Pos, b.Pos)
	m.body = binary.AppendUvarint(m.body, uint64(m.combos[b.Combo]))
	m.stats.Revised++
}

func (m *maker) drop(i int) {
	m.step(drop)
	m.dropped = append(m.dropped[:0], m.from.text(i)...)
	m.stats.Dropped++
}

func (m *maker) insert(j int) {
	m.step(insert)
	p, text := m.new[j], m.to.Text(m.new[j])
	m.position(m.last, p.Pos)
	m.last = p.Pos
	m.body = binary.AppendUvarint(m.body, uint64(m.combos[p.Combo]))
	if i, ok := m.texts[string(text)]; ok {
		m.body = binary.AppendUvarint(m.body, uint64(i)<<1|1)
	} else {
		shared := sharedPrefix(m.dropped, text)
		m.body = binary.AppendUvarint(m.body, uint64(shared)<<1)
		m.body = binary.AppendUvarint(m.body, uint64(len(text)-shared))
		m.body = append(m.body, text[shared:]...)
	}
	m.stats.Inserted++
}

func sharedPrefix(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func (m *maker) position(from, to coord.E7) {
	m.body = binary.AppendVarint(m.body, int64(to.Lat)-int64(from.Lat))
	m.body = binary.AppendVarint(m.body, int64(to.Lng)-int64(from.Lng))
}

// step adds a record to the step of its kind.
func (m *maker) step(k kind) {
	if m.count > 0 && m.kind != k {
		m.flush()
	}
	m.kind = k
	m.count++
}

// flush sends the step that was collected.
func (m *maker) flush() {
	if m.count == 0 {
		return
	}
	m.number(m.count*int(kinds) + int(m.kind))
	m.write(m.body)
	m.count, m.body = 0, m.body[:0]
}

func (m *maker) number(n int) {
	m.scratch = binary.AppendUvarint(m.scratch[:0], uint64(n))
	m.write(m.scratch)
}

// write keeps the first error; the ones after it would say the same.
func (m *maker) write(b []byte) {
	if m.err == nil {
		_, m.err = m.out.Write(b)
	}
}
