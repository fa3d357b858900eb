package index

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// The rows of each section as Dump shows them.

func (d *dumper) block(i int, row blockRow) {
	d.line(16, fmt.Sprintf("block %d", i), "%s", row.describe())
}

func (b blockRow) describe() string {
	var numbers []string
	for tiles := b.Tiles; tiles != 0; tiles &= tiles - 1 {
		numbers = append(numbers, fmt.Sprint(lowest(tiles)))
	}
	return fmt.Sprintf("%#x: tiles %s, from row %d", b.Block, strings.Join(numbers, " "), b.FirstTile)
}

func (d *dumper) stage(i int, row stage) {
	d.line(8, fmt.Sprintf("stage %d", i), "%d slots, seed %#x", row.Slots, row.Seed)
}

// slots shows runs of free slots as one row.
func (d *dumper) slots(s section) error {
	slots, err := wholeRows[blockRow](s)
	shown := 0
	for i := 0; i < len(slots); shown++ {
		if shown == d.rows {
			d.more(len(raw(slots[i:])), len(slots)-i)
			break
		}
		free := 0
		for i+free < len(slots) && slots[i+free] == (blockRow{}) {
			free++
		}
		if free == 0 {
			d.line(16, fmt.Sprintf("slot %d", i), "%s", slots[i].describe())
			i++
			continue
		}
		d.line(16*free, fmt.Sprintf("slot %d", i), "%d free", free)
		i += free
	}
	return err
}

func (d *dumper) tile(i int, t tileRow) {
	starts := "not crowded"
	if t.Starts != notCrowded {
		starts = fmt.Sprintf("crowded: starts from row %d", t.Starts)
	}
	d.line(16, fmt.Sprintf("tile %d", i), "postings %d+%d, combination summary %#x, %s", t.First, t.Len, t.Combos, starts)
	d.line(16, "  before rows", "%d", t.Rows)
	d.line(32, "  counts", "%s", t.countText())
}

// countText shows the counts of the cells as hexadecimal digits, west to east,
// the rows from south to north.
func (t *tileRow) countText() string {
	var b strings.Builder
	for row, counts := range t.Counts {
		if row > 0 {
			b.WriteByte(' ')
		}
		for col := range 8 {
			b.WriteByte(".123456789abcdef"[counts>>(4*col)&15])
		}
	}
	return b.String()
}

func (d *dumper) crowded(i int, starts [crowdedRows]uint32) {
	for row := range 8 {
		d.line(32, fmt.Sprintf("starts %d", i*crowdedRows+row*8), "%d", starts[row*8:row*8+8])
	}
	d.line(4, "  end", "%d", starts[crowdedRows-1])
}

func (d *dumper) posting(i int, p Posting) {
	cell := "outside the Earth"
	if d.grid != nil && p.Pos.Valid() {
		cell = "cell " + d.grid.Text(d.grid.Cell(p.Pos))
	}
	d.line(16, fmt.Sprintf("posting %d", i), "lat %de-7, lng %de-7, %s, combination %d, text at byte %d",
		p.Pos.Lat, p.Pos.Lng, cell, p.Combo, p.text)
}

// bounds shows rows of which each is the end of the one before.
func (d *dumper) bounds(s section, one, of string) error {
	rows, err := wholeRows[uint32](s)
	if err != nil {
		return err
	}
	return dumpRows(d, s, func(i int, first uint32) {
		if i == len(rows)-1 {
			d.line(4, "end", "%d", first)
			return
		}
		d.line(4, fmt.Sprintf("%s %d", one, i), "%s [%d,%d)", of, first, rows[i+1])
	})
}

func (d *dumper) member(i int, label uint32) {
	d.line(4, fmt.Sprintf("member %d", i), "label %d", label)
}

// names shows the labels where the section labels says they are, as long as
// they follow each other.
func (d *dumper) names(labels, s section) error {
	ends, err := wholeRows[uint32](labels)
	at := uint32(0)
	for i := 1; i < len(ends) && ends[i] >= at && uint64(ends[i]) <= uint64(len(s.data)); i++ {
		if i > d.rows {
			d.more(len(s.data)-int(at), len(ends)-i)
			break
		}
		d.line(int(ends[i]-at), fmt.Sprintf("name %d", i-1), "%q", s.data[at:ends[i]])
		at = ends[i]
	}
	return err
}

// texts shows the texts as long as their lengths lead from one to the next.
func (d *dumper) texts(s section) {
	rest := s.data
	for i := 0; len(rest) > 0; i++ {
		if i == d.rows {
			d.line(len(rest), "…", "more texts")
			return
		}
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return
		}
		d.line(n+int(length), fmt.Sprintf("text %d", i), "%q", rest[n:n+int(length)])
		rest = rest[n+int(length):]
	}
}
