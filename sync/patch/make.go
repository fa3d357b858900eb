package patch

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
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

// Make writes the patch that leads from one segment to another, both of grid g.
// The error wraps index.ErrFault or index.ErrCorrupt where a segment is damaged,
// ErrOther where their cells differ.
func Make(w io.Writer, g *grid.Grid, from, to Segment) (Stats, error) {
	if from.CellSize() != g.Size() || to.CellSize() != g.Size() {
		return Stats{}, fmt.Errorf("make patch: %w: cells of %d m and of %d m on a grid of %d m", ErrOther,
			from.CellSize(), to.CellSize(), g.Size())
	}
	head, err := header{from.Object.Digest, to.Object.Digest, to.Object.Bytes}.encode()
	if err != nil {
		return Stats{}, fmt.Errorf("make patch: %w", err)
	}
	if _, err := w.Write(head); err != nil {
		return Stats{}, fmt.Errorf("make patch: %w", err)
	}
	m := &maker{grid: g, from: from.Segment, to: to.Segment, out: snappy.NewBufferedWriter(w)}
	if err := index.Protect(m.run); err != nil {
		return m.stats, fmt.Errorf("make patch: %w", err)
	}
	if err := m.out.Close(); err != nil {
		return m.stats, fmt.Errorf("make patch: %w", err)
	}
	return m.stats, nil
}

// maker walks through both segments at once, in the order of their records: by
// cell, then by text.
type maker struct {
	grid     *grid.Grid
	from, to *index.Segment
	out      *snappy.Writer
	stats    Stats

	combos []uint32       // number in from, or beyond, of each combination of to
	texts  map[string]int // of dropped records, by their text
	old    []index.Posting
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
	m.old, m.new = m.from.Postings(), m.to.Postings()
	m.combinations()
	m.number(len(m.new))
	m.findMoved()
	i := 0
	for j := range m.new {
		for i < len(m.old) && m.compare(i, j) < 0 {
			m.drop(i)
			i++
		}
		if i < len(m.old) && m.compare(i, j) == 0 {
			m.same(i, j)
			i++
			continue
		}
		m.insert(j)
		if m.err != nil {
			return m.err
		}
	}
	// What is left of old is dropped by not being kept.
	m.stats.Dropped += len(m.old) - i
	m.flush()
	return m.err
}

// compare orders an old record and a new one.
func (m *maker) compare(i, j int) int {
	a, b := m.grid.Cell(m.old[i].Pos), m.grid.Cell(m.new[j].Pos)
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return slices.Compare(m.from.Text(m.old[i]), m.to.Text(m.new[j]))
}

// combinations sends those that from lacks, and numbers those of to.
func (m *maker) combinations() {
	known := map[string]uint32{}
	for n := range m.from.Combos() {
		known[comboKey(m.from.Combo(uint32(n), nil))] = uint32(n)
	}
	var body []byte
	added := 0
	for n := range m.to.Combos() {
		labels := m.to.Combo(uint32(n), nil)
		no, ok := known[comboKey(labels)]
		if !ok {
			no = uint32(m.from.Combos() + added)
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

// findMoved notes the texts of dropped records: one that moved to another cell
// has its text there.
func (m *maker) findMoved() {
	m.texts = map[string]int{}
	i := 0
	note := func() { m.texts[string(m.from.Text(m.old[i]))] = i }
	for j := range m.new {
		for i < len(m.old) && m.compare(i, j) < 0 {
			note()
			i++
		}
		if i < len(m.old) && m.compare(i, j) == 0 {
			i++
		}
	}
	for ; i < len(m.old); i++ {
		note()
	}
}

// same is a record of both.
func (m *maker) same(i, j int) {
	a, b := m.old[i], m.new[j]
	if a.Pos == b.Pos && a.Combo == m.combos[b.Combo] {
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
	m.dropped = append(m.dropped[:0], m.from.Text(m.old[i])...)
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
