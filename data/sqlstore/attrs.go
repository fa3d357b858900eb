package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"geodrop/poi"
)

// Attributes are kept as a JSON object of strings, in their order:
//
//	{"country":"GB","source":"tfl"}

// attrsText writes attributes, nil for none. Empty values are left out.
func attrsText(attrs []poi.Attr) (any, error) {
	var b []byte
	for i := range attrs {
		a := &attrs[i]
		if a.Value == "" {
			continue
		}
		for j := range i {
			if attrs[j].Name == a.Name {
				return nil, &poi.Invalid{Field: "attrs", Code: poi.CodeDuplicate, Reason: fmt.Sprintf("have the name %q twice", a.Name)}
			}
		}
		if b == nil {
			b = append(make([]byte, 0, 64), '{')
		} else {
			b = append(b, ',')
		}
		b = append(appendJSON(b, a.Name), ':')
		b = appendJSON(b, a.Value)
	}
	if b == nil {
		return nil, nil
	}
	return string(append(b, '}')), nil
}

// appendJSON writes a string that package poi allows: valid UTF-8 whose only
// control characters are tabs and line feeds.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// attrReader reads attributes of many rows. Names recur, so they are shared.
type attrReader struct {
	names map[string]string
}

// maxNames bounds the names that are shared.
const maxNames = 4096

// read appends the attributes of a text to attrs; values may be parts of it.
func (r *attrReader) read(text string, attrs []poi.Attr) ([]poi.Attr, error) {
	if len(text) == 0 {
		return attrs, nil
	}
	first := len(attrs)
	attrs, ok := r.plain(text, attrs)
	if !ok {
		whole, err := r.any(text, attrs[:first])
		if err != nil {
			return attrs[:first], err
		}
		attrs = whole
	}
	for i := first; i < len(attrs); i++ {
		for j := first; j < i; j++ {
			if attrs[i].Name == attrs[j].Name {
				return attrs[:first], &poi.Invalid{Field: "attrs", Code: poi.CodeDuplicate, Reason: fmt.Sprintf("have the name %q twice", attrs[i].Name)}
			}
		}
	}
	return attrs, nil
}

// plain reads what attrsText writes when nothing needs a backslash; false if
// the text is anything else.
func (r *attrReader) plain(text string, attrs []poi.Attr) ([]poi.Attr, bool) {
	if len(text) < 2 || text[0] != '{' || text[len(text)-1] != '}' || strings.IndexByte(text, '\\') >= 0 {
		return attrs, false
	}
	for rest := text[1 : len(text)-1]; len(rest) > 0; {
		var name, value string
		var ok bool
		if name, rest, ok = quoted(rest); !ok || len(rest) == 0 || rest[0] != ':' {
			return attrs, false
		}
		if value, rest, ok = quoted(rest[1:]); !ok {
			return attrs, false
		}
		if len(rest) > 0 {
			if rest[0] != ',' || len(rest) == 1 {
				return attrs, false
			}
			rest = rest[1:]
		}
		if len(value) > 0 {
			attrs = append(attrs, poi.Attr{Name: r.name(name), Value: value})
		}
	}
	return attrs, true
}

func quoted(b string) (text, rest string, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", b, false
	}
	end := strings.IndexByte(b[1:], '"')
	if end < 0 {
		return "", b, false
	}
	return b[1 : 1+end], b[2+end:], true
}

func (r *attrReader) name(text string) string {
	if name, ok := r.names[text]; ok {
		return name
	}
	name := strings.Clone(text)
	if r.names == nil {
		r.names = make(map[string]string)
	}
	if len(r.names) < maxNames {
		r.names[name] = name
	}
	return name
}

// any reads any JSON object of strings.
func (r *attrReader) any(text string, attrs []poi.Attr) ([]poi.Attr, error) {
	bad := &poi.Invalid{Field: "attrs", Code: poi.CodeFormat, Reason: "are not a JSON object of strings"}
	d := json.NewDecoder(strings.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, bad
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, bad
		}
		value, err := d.Token()
		v, ok := value.(string)
		if err != nil || !ok {
			return nil, bad
		}
		if v != "" {
			attrs = append(attrs, poi.Attr{Name: r.name(name.(string)), Value: v})
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, bad
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, bad
	}
	return attrs, nil
}
