package report

import (
	"fmt"
	"io"
	"strings"

	"geodrop/builder/plan"
)

// textRows bounds the tables of Text.
const textRows = 20

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

// writeAligned writes a table in columns, those for which there is no room below
// the others.
func writeAligned(b *strings.Builder, t *Table) {
	for i, part := range blocks(t.columns()) {
		if i > 0 {
			b.WriteString("\n")
		}
		writeColumns(b, part)
	}
	if t.Rest != "" {
		b.WriteString("  … " + t.Rest + "\n")
	}
}
