package report

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// A text stays within textWidth. Columns of words, and of figures longer than
// mostFigure, are folded down to leastWords, into foldLines lines at most.
const (
	textWidth  = 110
	leastWords = 24
	mostWords  = 44 // where columns go below others in any case
	mostFigure = 32
	foldLines  = 3
	columnGap  = "  " // in front of each column
)

// column is one of a table in a text.
type column struct {
	cells   []string // the first is the head
	figures bool
	width   int
}

// columns are those of a table, but for such as have nothing to say of any row.
func (t *Table) columns() []column {
	var all []column
	for i, head := range t.Head {
		c := column{cells: []string{head}, figures: t.figures(i), width: uniseg.StringWidth(head)}
		for _, r := range t.Rows {
			c.cells = append(c.cells, r.Cells[i])
			c.width = max(c.width, uniseg.StringWidth(r.Cells[i]))
		}
		if i == 0 || slices.ContainsFunc(c.cells[1:], func(cell string) bool { return cell != "" && cell != none }) {
			all = append(all, c)
		}
	}
	return all
}

// figures reports whether a column has nothing but figures, none so long that it
// is to be folded.
func (t *Table) figures(column int) bool {
	for _, r := range t.Rows {
		switch cell := r.Cells[column]; cell {
		case "", none, unknown, unbounded:
		default:
			if first, _ := utf8.DecodeRuneInString(cell); !unicode.IsDigit(first) && first != '+' && string(first) != minus || uniseg.StringWidth(cell) > mostFigure {
				return false
			}
		}
	}
	return column > 0
}

// blocks are the columns as they stand side by side: all of them if they fit
// when words are folded, else in parts below each other, each behind the first
// column.
func blocks(all []column) [][]column {
	if folded, ok := squeezed(all); ok {
		return [][]column{folded}
	}
	for i := range all {
		if !all[i].figures {
			all[i].width = min(all[i].width, mostWords)
		}
	}
	var parts [][]column
	part := all[:1:1]
	for _, c := range all[1:] {
		if len(part) > 1 && widthOf(part)+widthOf([]column{c}) > textWidth {
			parts, part = append(parts, part), all[:1:1]
		}
		part = append(part, c)
	}
	return append(parts, part)
}

// squeezed are the columns with those of words so narrow that all fit, if they
// can be.
func squeezed(all []column) ([]column, bool) {
	all = slices.Clone(all)
	for over := widthOf(all) - textWidth; over > 0; over = widthOf(all) - textWidth {
		widest := -1
		for i, c := range all {
			if !c.figures && c.width > leastWords && (widest < 0 || c.width > all[widest].width) {
				widest = i
			}
		}
		if widest < 0 {
			return nil, false
		}
		all[widest].width--
	}
	return all, true
}

func widthOf(columns []column) (width int) {
	for _, c := range columns {
		width += len(columnGap) + c.width
	}
	return width
}

// writeColumns writes columns side by side: figures to the right, words to the left.
func writeColumns(b *strings.Builder, columns []column) {
	for row := range columns[0].cells {
		folded, lines := make([][]string, len(columns)), 1
		for i, c := range columns {
			folded[i] = fold(c.cells[row], c.width)
			lines = max(lines, len(folded[i]))
		}
		for n := range lines {
			var line strings.Builder
			for i, c := range columns {
				cell := ""
				if n < len(folded[i]) {
					cell = folded[i][n]
				}
				gap := strings.Repeat(" ", c.width-uniseg.StringWidth(cell))
				if c.figures {
					cell, gap = gap, cell
				}
				line.WriteString(columnGap + cell + gap)
			}
			b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		}
	}
}

// fold breaks a text into lines, between words where it can be. What is left of
// a very long one is cut.
func fold(s string, width int) (lines []string) {
	for len(lines) < foldLines-1 && uniseg.StringWidth(s) > width {
		line := prefix(s, width)
		if space := strings.LastIndexByte(line, ' '); space > 0 && !strings.HasPrefix(s[len(line):], " ") {
			line = line[:space]
		}
		if line == "" {
			break // a character that is none
		}
		lines = append(lines, strings.TrimRight(line, " "))
		s = strings.TrimLeft(s[len(line):], " ")
	}
	return append(lines, cut(s, width))
}

// cut cuts a text that is wider than a column.
func cut(s string, width int) string {
	if uniseg.StringWidth(s) <= width {
		return s
	}
	return prefix(s, width-1) + "…"
}

// prefix is as much of a text as has room, up to a whole character as people see
// them.
func prefix(s string, room int) string {
	end := 0
	for rest, state := s, -1; rest != ""; {
		var cluster string
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if w > room || end+len(cluster) > maxCellBytes {
			break
		}
		room -= w
		end += len(cluster)
	}
	return s[:end]
}

// maxCellBytes bounds a line of a cell: a character can have marks without end,
// and no width.
const maxCellBytes = 400
