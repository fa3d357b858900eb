package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"geodrop/poi"
	"geodrop/poi/decode"
)

// SettingsFile is the name of the settings in a bundle, where they are found
// without being named.
const SettingsFile = "rules.yaml"

// Settings are what a team has agreed on about the rules: how severe they are,
// and which findings are known.
//
//	severity:                       # off, note, warning or error
//	  name-empty: off
//	accepted:
//	  - rule: quota-under-budget    # one finding …
//	    object: prize packet        # … as the report names it …
//	    amount: 500                 # … up to so many units; without, however many
//	    reason: a reserve for the last days
//	    expires: 2029-01-01         # from then on it is reported again
//	  - rule: near-duplicate        # all findings of a rule …
//	    amount: 60000               # … up to so many places in them
//	    at_most: 45000              # … or up to so many findings, or both
//	    reason: two sources of postal places
//	    expires: 2029-01-01
type Settings struct {
	Severity map[string]Severity
	Accepted []Accepted
}

// maxSettings bounds a file of settings, in bytes.
const maxSettings = 1 << 20

// ReadSettings reads settings from a file of that name. The error is a
// *decode.FileError where the text is wrong.
func ReadSettings(name string, from io.Reader) (*Settings, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxSettings+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	r := settingsReader{name: name, settings: Settings{Severity: map[string]Severity{}}}
	if len(text) > maxSettings {
		return nil, &decode.FileError{File: name, Code: poi.CodeTooLong, Reason: fmt.Sprintf("the file has more than %d bytes", maxSettings)}
	}
	if doc := r.document(text); doc != nil {
		r.mapping(doc, map[string]func(*yaml.Node){"severity": r.severities, "accepted": r.acceptedList})
	}
	if r.err != nil {
		return nil, r.err
	}
	return &r.settings, nil
}

// settingsReader keeps the first fault.
type settingsReader struct {
	name     string
	settings Settings
	err      error
}

// document is the only one of the text; nil if that says nothing.
func (r *settingsReader) document(text []byte) *yaml.Node {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var docs [2]yaml.Node
	for i := range docs {
		switch err := d.Decode(&docs[i]); {
		case errors.Is(err, io.EOF):
		case err != nil:
			r.err = decode.YAMLFault(r.name, text, err)
			return nil
		case i > 0:
			r.fault(&docs[i], decode.CodeSyntax, "a second document begins here: put all settings into one")
			return nil
		}
	}
	if len(docs[0].Content) != 1 || docs[0].Content[0].Tag == "!!null" {
		return nil
	}
	return docs[0].Content[0]
}

func (r *settingsReader) fault(n *yaml.Node, code poi.Code, format string, args ...any) {
	if r.err == nil {
		r.err = &decode.FileError{File: r.name, Line: n.Line, Column: n.Column, Code: code, Reason: fmt.Sprintf(format, args...)}
	}
}

// mapping calls the reader of each key, once.
func (r *settingsReader) mapping(n *yaml.Node, fields map[string]func(*yaml.Node)) {
	r.pairs(n, func(key, value *yaml.Node) {
		read, ok := fields[key.Value]
		if !ok {
			r.fault(key, decode.CodeUnknown, "%q is no field here; there are %s", key.Value, keysOf(fields))
			return
		}
		read(value)
	})
}

// pairs calls fn with the keys and values of a mapping.
func (r *settingsReader) pairs(n *yaml.Node, fn func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, decode.CodeType, "a mapping of fields belongs here")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content) && r.err == nil; i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.fault(key, poi.CodeDuplicate, "%q is given twice", key.Value)
			return
		}
		seen[key.Value] = true
		fn(key, n.Content[i+1])
	}
}

func (r *settingsReader) severities(n *yaml.Node) {
	r.pairs(n, func(key, value *yaml.Node) {
		var s Severity
		if err := s.UnmarshalText([]byte(r.text(value))); err != nil {
			r.fault(value, poi.CodeFormat, "%v", err)
			return
		}
		r.settings.Severity[key.Value] = s
	})
}

func (r *settingsReader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fault(n, decode.CodeType, "a text belongs here")
	}
	return n.Value
}

func (r *settingsReader) acceptedList(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, decode.CodeType, "a list of accepted findings belongs here")
		return
	}
	for _, entry := range n.Content {
		r.accepted(entry)
	}
}

func (r *settingsReader) accepted(n *yaml.Node) {
	a := Accepted{At: poi.Place{File: r.name, Line: n.Line, Column: n.Column}}
	text := func(into *string) func(*yaml.Node) { return func(n *yaml.Node) { *into = r.text(n) } }
	number := func(into *int64) func(*yaml.Node) { return func(n *yaml.Node) { *into = r.above0(n) } }
	r.mapping(n, map[string]func(*yaml.Node){
		"rule": text(&a.Rule), "object": text(&a.Object), "reason": text(&a.Reason),
		"at_most": number(&a.AtMost), "amount": number(&a.Amount),
		"expires": func(n *yaml.Node) {
			var err error
			if a.Expires, err = time.Parse(time.DateOnly, n.Value); err != nil {
				r.fault(n, poi.CodeFormat, "%q is not a date such as 2027-12-31", n.Value)
			}
		},
	})
	switch {
	case a.Rule == "":
		r.fault(n, poi.CodeMissing, "the entry has no rule")
	case strings.TrimSpace(a.Reason) == "":
		r.fault(n, poi.CodeMissing, "the entry has no reason: say why the finding is accepted")
	case a.Expires.IsZero():
		r.fault(n, poi.CodeMissing, "the entry does not expire: give a date such as 2027-12-31")
	case a.Object == "" && a.AtMost == 0 && a.Amount == 0:
		r.fault(n, poi.CodeMissing, "the entry has neither an object nor at_most nor amount: say which finding, or how many of them")
	}
	r.settings.Accepted = append(r.settings.Accepted, a)
}

func (r *settingsReader) above0(n *yaml.Node) int64 {
	value, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || value < 1 {
		r.fault(n, poi.CodeNumber, "%q is not a whole number above 0", n.Value)
	}
	return value
}

func keysOf(fields map[string]func(*yaml.Node)) string {
	return strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}
