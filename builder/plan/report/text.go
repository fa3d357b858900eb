package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"geodrop/builder/plan"

	"github.com/rivo/uniseg"
)

// textRows bounds the tables of Text, textCell the width of their cells.
const (
	textRows = 20
	textCell = 48
)

// Text writes a plan for a terminal.
func Text(w io.Writer, p *plan.Plan) error {
	var b strings.Builder
	for i, s := range Sections(p, textRows) {
		if i > 0 {
			b.WriteString("\n" + s.Title + "\n")
		}
		for _, words := range s.Words {
			b.WriteString(words + "\n")
		}
		if s.Table != nil {
			writeAligned(&b, s.Table)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// writeAligned writes a table in columns: figures to the right, words to the
// left.
func writeAligned(b *strings.Builder, t *Table) {
	rows := [][]string{t.Head}
	for _, r := range t.Rows {
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			cells[i] = cut(c, textCell)
		}
		rows = append(rows, cells)
	}
	widths, figures := make([]int, len(t.Head)), make([]bool, len(t.Head))
	for i := range t.Head {
		figures[i] = t.figures(i)
		for _, row := range rows {
			widths[i] = max(widths[i], uniseg.StringWidth(row[i]))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell))
			if figures[i] {
				line.WriteString("  " + gap + cell)
			} else {
				line.WriteString("  " + cell + gap)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if t.Rest != "" {
		b.WriteString("  … " + t.Rest + "\n")
	}
}

// figures reports whether a column has nothing but figures.
func (t *Table) figures(column int) bool {
	for _, r := range t.Rows {
		switch cell := r.Cells[column]; cell {
		case "", none, unknown, unbounded:
		default:
			if first, _ := utf8.DecodeRuneInString(cell); !unicode.IsDigit(first) && first != '+' && string(first) != minus {
				return false
			}
		}
	}
	return column > 0
}

// cut cuts a text that is wider than a column, between characters as people see
// them.
func cut(s string, width int) string {
	if uniseg.StringWidth(s) <= width {
		return s
	}
	var b strings.Builder
	room := width - 1
	for rest, state := s, -1; rest != ""; {
		var cluster string
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if w > room || b.Len()+len(cluster) > maxCellBytes {
			break
		}
		room -= w
		b.WriteString(cluster)
	}
	return b.String() + "…"
}

// maxCellBytes bounds a cell: a character can have marks without end, and no
// width.
const maxCellBytes = 400
