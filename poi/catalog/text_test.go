package catalog

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"geodrop/poi"
)

func attrsOf(t *Text) []poi.Attr {
	var attrs []poi.Attr
	for name, value := range t.Attrs() {
		attrs = append(attrs, poi.Attr{Name: string(name), Value: string(value)})
	}
	return attrs
}

func TestText(t *testing.T) {
	for _, p := range []poi.POI{
		{},
		{ID: "node/1", Name: "Covent Garden", Kind: "square"},
		{ID: poi.POIID(strings.Repeat("é", poi.MaxIDBytes/2)), Name: strings.Repeat("n", poi.MaxNameBytes)},
		{ID: "a", Attrs: []poi.Attr{{Name: "b", Value: strings.Repeat("v", poi.MaxAttrValue)}, {Name: "c"}}},
	} {
		b := AppendText([]byte("before"), &p)[len("before"):]
		got, err := ParseText(b)
		if err != nil || string(got.ID) != string(p.ID) || string(got.Name) != p.Name || string(got.Kind) != p.Kind ||
			!slices.Equal(attrsOf(&got), p.Attrs) {
			t.Errorf("text of %+v is %+v, %v", p, got, err)
		}
		for n := range len(b) {
			cut, err := ParseText(b[:n])
			if err != nil && !errors.Is(err, ErrCorrupt) || err == nil && len(attrsOf(&cut)) >= max(len(p.Attrs), 1) {
				t.Errorf("text of %q cut to %d bytes: %v, %v", p.ID, n, attrsOf(&cut), err)
			}
		}
	}
}

func TestAttrsStop(t *testing.T) {
	p := poi.POI{ID: "a", Attrs: []poi.Attr{{Name: "b", Value: "1"}, {Name: "c", Value: "2"}}}
	text, err := ParseText(AppendText(nil, &p))
	if err != nil {
		t.Fatal(err)
	}
	for name := range text.Attrs() {
		if string(name) != "b" {
			t.Errorf("went on to %q", name)
		}
		break
	}
}

// TestTextOrder: in a cell shorter ids come first.
func TestTextOrder(t *testing.T) {
	ids := []string{"b", "aa", "bb", strings.Repeat("a", 127), strings.Repeat("a", 128)}
	for i := 1; i < len(ids); i++ {
		before := AppendText(nil, &poi.POI{ID: poi.POIID(ids[i-1]), Name: "z"})
		if now := AppendText(nil, &poi.POI{ID: poi.POIID(ids[i])}); bytes.Compare(before, now) >= 0 {
			t.Errorf("the text of %.9q (%d bytes) is not before that of %.9q", ids[i-1], len(ids[i-1]), ids[i])
		}
	}
}

func TestParseTextAllocatesNothing(t *testing.T) {
	b := AppendText(nil, &poi.POI{ID: "a", Name: "b", Kind: "c", Attrs: []poi.Attr{{Name: "d", Value: "e"}}})
	if n := testing.AllocsPerRun(100, func() {
		if _, err := ParseText(b); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// FuzzText: what is parsed lies in the text, and written again it parses as the
// same.
func FuzzText(f *testing.F) {
	f.Add(AppendText(nil, &poi.POI{ID: "a", Name: "b", Kind: "c", Attrs: []poi.Attr{{Name: "d", Value: "e"}}}))
	f.Add([]byte{1, 'a', 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := ParseText(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("ParseText = %v, want ErrCorrupt", err)
			}
			return
		}
		p := poi.POI{ID: poi.POIID(text.ID), Name: string(text.Name), Kind: string(text.Kind), Attrs: attrsOf(&text)}
		written := AppendText(nil, &p)
		if len(written) > len(b) {
			t.Errorf("%d bytes make a text of %d", len(b), len(written))
		}
		again, err := ParseText(written)
		if err != nil || !bytes.Equal(again.ID, text.ID) || !bytes.Equal(again.Name, text.Name) ||
			!bytes.Equal(again.Kind, text.Kind) || !slices.Equal(attrsOf(&again), p.Attrs) {
			t.Errorf("%q is %+v again, %v", b, again, err)
		}
	})
}
