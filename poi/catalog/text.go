package catalog

import (
	"encoding/binary"
	"fmt"
	"iter"

	"geodrop/poi"
)

// A text is the id, the name, the kind and then names and values of the
// attributes, in turn:
//
//	┌────────────────┬───────┬────────────────┬───────┬─
//	│ length uvarint │ bytes │ length uvarint │ bytes │ …
//	└────────────────┴───────┴────────────────┴───────┴─
//
// So the texts of one cell, which sort by their bytes, are in the order of the
// lengths of their ids, then of the ids.

// AppendText appends the text of a POI to dst.
func AppendText(dst []byte, p *poi.POI) []byte {
	dst = appendString(dst, string(p.ID))
	dst = appendString(dst, p.Name)
	dst = appendString(dst, p.Kind)
	for i := range p.Attrs {
		dst = appendString(dst, p.Attrs[i].Name)
		dst = appendString(dst, p.Attrs[i].Value)
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// Text is a text in place: its parts are valid as long as its bytes.
type Text struct {
	ID, Name, Kind []byte
	attrs          []byte
}

// ParseText reads a text; it allocates nothing. The error wraps ErrCorrupt.
func ParseText(b []byte) (t Text, err error) {
	rest := b
	for _, part := range []*[]byte{&t.ID, &t.Name, &t.Kind} {
		var ok bool
		if *part, rest, ok = cutString(rest); !ok {
			return Text{}, fmt.Errorf("%w: a text of %d bytes ends early", ErrCorrupt, len(b))
		}
	}
	t.attrs = rest
	return t, nil
}

// Attrs are names and values of the attributes. They end early where the text
// is corrupt.
func (t *Text) Attrs() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for rest := t.attrs; len(rest) > 0; {
			name, tail, ok := cutString(rest)
			if !ok {
				return
			}
			value, tail, ok := cutString(tail)
			if !ok || !yield(name, value) {
				return
			}
			rest = tail
		}
	}
}

func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) > 0 && b[0] < 0x80 && int(b[0]) < len(b) { // nearly all of them
		end := 1 + int(b[0])
		return b[1:end:end], b[end:], true
	}
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	end := size + int(n)
	return b[size:end:end], b[end:], true
}
