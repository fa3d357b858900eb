package report

import (
	"fmt"
	"io"
	"path"

	"geodrop/poi"
	"geodrop/poi/rule"
)

// Options of a report. The zero value is text without colours.
type Options struct {
	Format  Format
	Dir     string        // of the bundle, put in front of its files; slash-separated
	Version string        // of geodrop
	Show    int           // findings of each rule in a text; default 5, below 0: all that were kept
	Color   bool          // of a text
	FailOn  rule.Severity // what JUnit takes for a failure; default rule.Error

	// Accepted says where, and until when, all that was found is accepted now;
	// empty: it is not. A text shows it once more, the other formats count it.
	Accepted string
}

// Format is a form of report.
type Format string

// The formats.
const (
	Text  Format = "text"
	JSON  Format = "json"
	SARIF Format = "sarif"
	JUnit Format = "junit"
)

const defaultShow = 5

func (o Options) withDefaults() Options {
	if o.Format == "" {
		o.Format = Text
	}
	if o.Show == 0 {
		o.Show = defaultShow
	}
	if o.FailOn == rule.Off {
		o.FailOn = rule.Error
	}
	return o
}

// Write writes the report.
func Write(w io.Writer, r *rule.Result, opts Options) error {
	o := opts.withDefaults()
	if o.Accepted != "" && o.Format != Text {
		r = r.AllAccepted()
	}
	write, ok := map[Format]func(io.Writer, *rule.Result, *Options) error{
		Text: writeText, JSON: writeJSON, SARIF: writeSARIF, JUnit: writeJUnit,
	}[o.Format]
	if !ok {
		return fmt.Errorf("there is no report in the format %q: there are text, json, sarif and junit", o.Format)
	}
	if err := write(w, r, &o); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// place is one of a finding, its file below the folder.
func (o *Options) place(at poi.Place) poi.Place {
	if at.File != "" {
		at.File = path.Join(o.Dir, at.File)
	}
	return at
}

// each calls fn with every rule and its findings.
func each(r *rule.Result, fn func(t *rule.Total, findings []rule.Finding)) {
	left := r.Findings
	for i := range r.Totals {
		t := &r.Totals[i]
		fn(t, left[:t.Kept])
		left = left[t.Kept:]
	}
}

// sentence says what a finding is, in one line. A place in a store is not named:
// the message has the record.
func (o *Options) sentence(f *rule.Finding) string {
	text := f.Message
	if f.Object != "" {
		text = f.Object + " " + text
	}
	if f.Nearest != "" {
		text += "; nearest right value: " + f.Nearest
	}
	if see := o.place(f.See); see.File != "" {
		text += "; see " + see.String()
	}
	return text
}
