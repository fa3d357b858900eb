package builder

import (
	"bytes"
	"slices"

	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// cellWriter gathers the entries of one cell, and hands them on in the order of
// their texts.
type cellWriter struct {
	b       *build
	out     *segmentWriter
	entries []posting
	arena   []byte // their texts
	untold  int    // rows of which the progress does not know yet
}

// posting is an entry of a cell; its text is arena[from:to].
type posting struct {
	pos      coord.E7
	combo    uint32
	from, to int
}

func (w *cellWriter) add(pos coord.E7, combo uint32, text []byte) {
	from := len(w.arena)
	w.arena = append(w.arena, text...)
	w.entries = append(w.entries, posting{pos: pos, combo: combo, from: from, to: len(w.arena)})
}

// flush writes the gathered cell. It may be empty: its POIs were all dropped or
// screened out.
func (w *cellWriter) flush(key uint64) error {
	if len(w.entries) == 0 {
		return nil
	}
	c, err := w.b.grid.CellFromKey(key)
	if err != nil {
		return err
	}
	text := func(p posting) []byte { return w.arena[p.from:p.to] }
	slices.SortFunc(w.entries, func(a, b posting) int { return bytes.Compare(text(a), text(b)) })
	if err := w.out.turnTo(c.Tile()); err != nil {
		return err
	}
	for _, p := range w.entries {
		if err := w.out.add(index.Entry{Cell: c, Pos: p.pos, Combo: p.combo, Text: text(p)}); err != nil {
			return err
		}
	}
	w.b.summary.cell(w.b.grid, c, len(w.entries))
	w.progress(len(w.entries))
	w.entries, w.arena = w.entries[:0], w.arena[:0]
	return nil
}

// progress tells of rows, some thousands at a time.
func (w *cellWriter) progress(rows int) {
	const step = 4096
	if w.untold += rows; w.untold >= step {
		w.tell()
	}
}

// tell tells of the rows that are left.
func (w *cellWriter) tell() {
	w.b.opts.Progress.Add(w.untold)
	w.untold = 0
}
