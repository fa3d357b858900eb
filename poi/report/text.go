package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"geodrop/poi/phrase"
	"geodrop/poi/rule"
)

// textWriter keeps the first error.
type textWriter struct {
	w    io.Writer
	opts *Options
	err  error
}

func writeText(w io.Writer, r *rule.Result, o *Options) error {
	t := &textWriter{w: w, opts: o}
	if o.Accepted != "" && r.Count(rule.Note) > 0 {
		t.line("Accepted in %s:\n", phrase.Plain(o.Accepted))
	}
	for _, severity := range []rule.Severity{rule.Error, rule.Warning, rule.Note} {
		each(r, func(total *rule.Total, findings []rule.Finding) {
			if total.Severity == severity && total.Count > 0 {
				t.rule(total, findings)
			}
		})
	}
	t.summary(r)
	return t.err
}

func (t *textWriter) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

// The colours of a terminal.
const (
	red    = "31;1"
	yellow = "33;1"
	cyan   = "36;1"
	bold   = "1"
	faint  = "2"
)

func (t *textWriter) paint(color, s string) string {
	if !t.opts.Color {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func (t *textWriter) severity(s rule.Severity) string {
	return t.paint(map[rule.Severity]string{rule.Error: red, rule.Warning: yellow, rule.Note: cyan}[s], s.String())
}

func (t *textWriter) rule(total *rule.Total, findings []rule.Finding) {
	times := ""
	if total.Count > 1 {
		times = fmt.Sprintf(", %s times", phrase.Number(total.Count))
	}
	accepted := ""
	if t.opts.Accepted != "" {
		accepted = ", accepted"
	}
	t.line("%s %s%s: %s%s", t.severity(total.Severity), t.paint(bold, total.Rule.ID), accepted, total.Rule.Reason, times)
	shown := findings
	if t.opts.Show > 0 {
		shown = findings[:min(len(findings), t.opts.Show)]
	}
	for i := range shown {
		f := &shown[i]
		at := t.opts.place(f.At)
		where := at.String()
		if at.Line == 0 && at.Field != "" {
			where += " " + at.Field
		}
		t.line("  %s: %s", t.paint(bold, phrase.Plain(where)), phrase.Plain(t.opts.sentence(f)))
	}
	if more := total.Count - int64(len(shown)); more > 0 {
		t.line("  … and %s more%s", phrase.Number(more), t.spread(total))
	}
	if t.opts.Accepted == "" { // else nobody has to do anything
		t.line("  %s", t.paint(faint, "→ "+total.Rule.Fix))
	}
	t.line("")
}

// shownFiles is how many files a text counts findings of.
const shownFiles = 4

// spread tells in which files the findings of a rule are, unless there are as
// many as findings.
func (t *textWriter) spread(total *rule.Total) string {
	if n := len(total.Files); n < 2 || int64(n) == total.Count {
		return ""
	}
	names := slices.SortedFunc(maps.Keys(total.Files), func(a, b string) int {
		return cmp.Or(cmp.Compare(total.Files[b], total.Files[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, name := range names[:min(len(names), shownFiles)] {
		parts = append(parts, phrase.Plain(name)+" "+phrase.Number(total.Files[name]))
	}
	if more := len(names) - shownFiles; more > 0 {
		parts = append(parts, phrase.Count(more, "other file"))
	}
	return "; in all: " + strings.Join(parts, ", ")
}

func (t *textWriter) summary(r *rule.Result) {
	hidden := false
	for i := range r.Totals {
		hidden = hidden || t.opts.Show > 0 && r.Totals[i].Count > int64(t.opts.Show)
	}
	if t.opts.Accepted != "" {
		r = r.AllAccepted()
	}
	by := map[rule.Severity]int64{}
	for i := range r.Totals {
		by[r.Totals[i].Severity] += r.Totals[i].Count
	}
	var parts []string
	for _, s := range []rule.Severity{rule.Error, rule.Warning, rule.Note} {
		if by[s] > 0 {
			parts = append(parts, phrase.Count(by[s], s.String()))
		}
	}
	switch {
	case len(parts) > 0:
	case t.opts.Accepted != "":
		parts = append(parts, "Nothing remains")
	default:
		parts = append(parts, "Nothing found")
	}
	if n := r.Accepted(); n > 0 {
		parts = append(parts, phrase.Number(n)+" accepted")
	}
	t.line("%s in %s, %s, %s, %s, %s.", t.paint(bold, strings.Join(parts, ", ")), phrase.Count(r.POIs, "POI"), phrase.Count(r.Memberships, "membership"),
		phrase.Count(r.Tasks, "task"), phrase.Count(r.Districts, "district"), phrase.Count(r.Zones, "zone"))
	switch {
	case r.Unread:
		t.line("A file could not be read: rules that need the whole config did not run.")
	case r.LeftOut:
		t.line("Merchants, prizes, tasks or quotas were left out: once they are mended, rules look at them and may find more.")
	}
	if hidden {
		t.line("The first %d of each rule are shown: --all shows all that were kept, geodrop rules RULE explains a rule.", t.opts.Show)
	}
}
