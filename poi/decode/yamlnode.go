package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"geodrop/poi"
)

// MaxTasksBytes bounds tasks.yaml, whose parsed form takes some thirty times
// its size. Long lists of quotas belong into quotas.csv.
const MaxTasksBytes = 8 << 20

// readYAML reads the one document of a file. It is nil if the file is empty.
func readYAML(in *input) (*yaml.Node, error) {
	text, err := io.ReadAll(io.LimitReader(in, MaxTasksBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxTasksBytes {
		return nil, &FileError{File: in.name, Code: poi.CodeTooLong,
			Reason: fmt.Sprintf("the file has more than %d bytes; put the quotas into quotas.csv", MaxTasksBytes)}
	}
	docs, err := yamlDocuments(bytes.NewReader(text))
	switch {
	case err != nil:
		return nil, YAMLFault(in.name, text, err)
	case len(docs) > 1:
		return nil, &FileError{File: in.name, Line: docs[1].Line, Column: docs[1].Column, Code: CodeSyntax,
			Reason: "a second document begins here; the file has one"}
	case len(docs) == 0 || len(docs[0].Content) != 1:
		return nil, nil
	}
	return docs[0].Content[0], nil
}

// yamlDocuments are the first two: nobody wants more than one.
func yamlDocuments(text io.Reader) (docs []yaml.Node, err error) {
	dec := yaml.NewDecoder(text)
	for len(docs) < 2 {
		var doc yaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// yamlReader turns nodes into values and keeps what is wrong with them.
type yamlReader struct {
	faults []poi.Reject
}

// maxFaults bounds the faults that are reported of one task.
const maxFaults = 20

func (r *yamlReader) fault(n *yaml.Node, field string, code poi.Code, format string, args ...any) {
	if len(r.faults) >= maxFaults {
		return
	}
	value := ""
	if n.Kind == yaml.ScalarNode {
		value = clip(n.Value)
	}
	r.faults = append(r.faults, poi.Reject{Line: n.Line, Column: n.Column, Field: field, Value: value,
		Code: code, Reason: fmt.Sprintf(format, args...)})
}

// yamlField reads the value of one key.
type yamlField struct {
	name string
	read func(n *yaml.Node, field string)
}

// mapping reads a mapping strictly: unknown and repeated keys are faults. It
// returns the nodes of the values by key.
func (r *yamlReader) mapping(n *yaml.Node, path string, fields []yamlField) map[string]*yaml.Node {
	if !r.kind(n, path, yaml.MappingNode, "a mapping of fields") {
		return nil
	}
	found := make(map[string]*yaml.Node, len(fields))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !r.kind(key, path, yaml.ScalarNode, "a field's name") {
			continue
		}
		field := join(path, key.Value)
		j := 0
		for j < len(fields) && fields[j].name != key.Value {
			j++
		}
		switch {
		case j == len(fields):
			r.unknown(key, clip(field), fields)
		case found[key.Value] != nil:
			r.fault(key, field, poi.CodeDuplicate, "is given twice")
		default:
			found[key.Value] = value
			if given(value) {
				fields[j].read(value, field)
			}
		}
	}
	return found
}

// given reports whether a field has a value.
func given(n *yaml.Node) bool { return n != nil && n.Tag != "!!null" }

func (r *yamlReader) unknown(key *yaml.Node, field string, fields []yamlField) {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].name
	}
	reason := "is no field; there are " + strings.Join(names, ", ")
	if near := poi.Nearest(key.Value, names); near != "" {
		reason = fmt.Sprintf("is no field; did you mean %q?", near)
	}
	name := *key
	name.Value = "" // which the field says
	r.fault(&name, field, CodeUnknown, "%s", reason)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// kind checks what a node is. Anchors and aliases are refused: a few lines of
// them can stand for gigabytes.
func (r *yamlReader) kind(n *yaml.Node, field string, want yaml.Kind, what string) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fault(n, field, CodeSyntax, "uses an anchor or alias; write the value out")
	case n.Kind != want:
		r.fault(n, field, CodeType, "is not %s", what)
	case n.Style&yaml.TaggedStyle != 0:
		r.fault(n, field, CodeSyntax, "has the tag %s; leave tags out", clip(n.Tag))
	default:
		return true
	}
	return false
}

// list calls element for each element of a sequence, up to limit of them.
func (r *yamlReader) list(n *yaml.Node, field string, limit int, element func(n *yaml.Node, field string)) {
	if !r.kind(n, field, yaml.SequenceNode, "a list") {
		return
	}
	if len(n.Content) > limit {
		r.fault(n, field, poi.CodeTooMany, "has %d elements, more than %d", len(n.Content), limit)
		return
	}
	for i, e := range n.Content {
		element(e, field+"["+strconv.Itoa(i)+"]")
	}
}

// text reads a scalar as it is written, so that 01001 stays "01001".
func (r *yamlReader) text(n *yaml.Node, field string) (string, bool) {
	if !r.kind(n, field, yaml.ScalarNode, "a single value") {
		return "", false
	}
	return n.Value, true
}

// texts makes a field reader for text of some string type.
func texts[T ~string](r *yamlReader, into *T) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		if s, ok := r.text(n, field); ok {
			*into = T(s)
		}
	}
}

// plain reads a scalar that must not be in quotes.
func (r *yamlReader) plain(n *yaml.Node, field, what string) (string, bool) {
	s, ok := r.text(n, field)
	if ok && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		r.fault(n, field, CodeType, "is text; write %s without quotes", what)
		return "", false
	}
	return s, ok
}

// count reads a whole number of least…most in digits.
func (r *yamlReader) count(n *yaml.Node, field string, least, most uint64) (uint64, bool) {
	s, ok := r.plain(n, field, "the number")
	if !ok {
		return 0, false
	}
	v, f := parseCount(s)
	if f == nil && (v < least || v > most) || f != nil && f.code == poi.CodeRange {
		f = &fault{poi.CodeRange, fmt.Sprintf("is not within %d…%d", least, most)}
	}
	if f != nil {
		r.fault(n, field, f.code, "%s", f.reason)
		return 0, false
	}
	return v, true
}

func counts[T ~uint32 | ~uint64](r *yamlReader, into *T, least, most uint64) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		if v, ok := r.count(n, field, least, most); ok {
			*into = T(v)
		}
	}
}

// truth reads true or false.
func (r *yamlReader) truth(into *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		s, ok := r.plain(n, field, "true or false")
		if ok && s != "true" && s != "false" {
			r.fault(n, field, CodeType, "is neither true nor false")
		}
		*into = s == "true"
	}
}

// instant reads an RFC 3339 time, with or without quotes.
func (r *yamlReader) instant(into *time.Time) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		s, ok := r.text(n, field)
		if !ok {
			return
		}
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			r.fault(n, field, poi.CodeFormat, "is not a time such as 2027-01-01T20:00:00+08:00")
			return
		}
		*into = at.UTC() // Parse may give the machine's own zone
	}
}

// duration reads "15m" or "1h30m".
func (r *yamlReader) duration(into *time.Duration) func(*yaml.Node, string) {
	return func(n *yaml.Node, field string) {
		s, ok := r.text(n, field)
		if !ok {
			return
		}
		d, err := time.ParseDuration(s)
		if err != nil {
			r.fault(n, field, poi.CodeFormat, "is not a duration such as 15m or 1h30m")
			return
		}
		*into = d
	}
}
