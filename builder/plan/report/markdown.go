package report

import (
	"fmt"
	"io"
	"strings"

	"geodrop/builder/plan"
)

// MaxMarkdown bounds the Markdown of a plan in bytes: below what a comment on the
// common forges may have.
const MaxMarkdown = 60_000

// markdownRows are how many rows a table of the Markdown has, fewer where names
// are so long that these would be too much.
var markdownRows = []int{12, 6, 3, 1}

// markdownCell is how wide a cell or sentence of the Markdown is at most: only
// names are longer.
const markdownCell = 200

// Markdown writes a plan as a comment on a change.
func Markdown(w io.Writer, p *plan.Plan) error {
	text := ""
	for _, rows := range markdownRows {
		if text = markdown(p, rows); len(text) <= MaxMarkdown {
			break
		}
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

func markdown(p *plan.Plan, rows int) string {
	var b strings.Builder
	for i, s := range Sections(p, rows) {
		folded := s.Same // what changes is open
		switch {
		case i == 0:
			b.WriteString("## What changes on the map\n\n")
		case folded:
			b.WriteString("<details><summary>" + s.Title + "</summary>\n\n")
		default:
			b.WriteString("### " + s.Title + "\n\n")
		}
		for n, words := range s.Words {
			if words = paragraph(cut(words, markdownCell)); i == 0 && n == 0 {
				words = "**" + words + "**"
			}
			b.WriteString(words + "\n\n")
		}
		if s.Table != nil {
			writeMarked(&b, s.Table)
		}
		if folded {
			b.WriteString("</details>\n\n")
		}
	}
	return b.String()
}

func writeMarked(b *strings.Builder, t *Table) {
	columns := t.columns()
	for row := range len(t.Rows) + 1 {
		cells, rule := make([]string, len(columns)), make([]string, len(columns))
		for i, c := range columns {
			cells[i], rule[i] = marked(cut(c.cells[row], markdownCell)), "---"
			if c.figures {
				rule[i] = "--:"
			}
		}
		writeRow(b, cells)
		if row == 0 { // under the head
			writeRow(b, rule)
		}
	}
	if t.Rest != "" {
		b.WriteString("\n… " + marked(t.Rest) + "\n")
	}
	b.WriteString("\n")
}

func writeRow(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}
