package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"geodrop/poi/rule"
)

// Rules writes the documentation of rules: as text, as "markdown" or as JSON.
func Rules(w io.Writer, rules []*rule.Rule, format Format) error {
	switch format {
	case Text:
		return rulesText(w, rules)
	case Markdown:
		return rulesMarkdown(w, rules)
	case JSON:
		return rulesJSON(w, rules)
	}
	return fmt.Errorf("there is no documentation in the format %q: there are text, markdown and json", format)
}

// Markdown is a format of the documentation alone.
const Markdown Format = "markdown"

func rulesText(w io.Writer, rules []*rule.Rule) error {
	t := textWriter{w: w, opts: &Options{}}
	group := ""
	for _, r := range rules {
		if r.Group != group {
			if group != "" {
				t.line("")
			}
			group = r.Group
			t.line("%s", strings.ToUpper(group))
		}
		t.line("  %-24s %-8s %s", r.ID, r.Severity, r.Reason)
	}
	return t.err
}

// RuleText writes all there is to say about one rule.
func RuleText(w io.Writer, r *rule.Rule) error {
	t := textWriter{w: w, opts: &Options{}}
	t.line("%s (%s)", r.ID, r.Severity)
	t.line("%s.", capital(r.Reason))
	t.line("")
	for _, line := range wrap(r.Doc, 78) {
		t.line("%s", line)
	}
	t.line("")
	for _, line := range wrap("To mend it: "+r.Fix, 78) {
		t.line("%s", line)
	}
	return t.err
}

// wrap breaks text at spaces into lines of at most width bytes, but for words
// that are longer.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

func rulesMarkdown(w io.Writer, rules []*rule.Rule) error {
	t := textWriter{w: w, opts: &Options{}}
	t.line("# Rules of geodrop validate")
	group := ""
	for _, r := range rules {
		if r.Group != group {
			group = r.Group
			t.line("\n## %s", group)
		}
		t.line("\n### %s\n\n*%s*: %s.\n\n%s\n\n**To mend it:** %s", r.ID, r.Severity, capital(r.Reason), r.Doc, r.Fix)
	}
	return t.err
}

func rulesJSON(w io.Writer, rules []*rule.Rule) error {
	type entry struct {
		ID       string        `json:"id"`
		Group    string        `json:"group"`
		Severity rule.Severity `json:"severity"`
		Reason   string        `json:"reason"`
		Fix      string        `json:"fix"`
		Doc      string        `json:"doc"`
	}
	list := make([]entry, len(rules))
	for i, r := range rules {
		list[i] = entry{r.ID, r.Group, r.Severity, r.Reason, r.Fix, r.Doc}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(list)
}
