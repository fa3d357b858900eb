package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func digest(c string) Digest { return Digest(strings.Repeat(c, 64)) }

// sample is a manifest before it is sealed.
func sample() *Manifest {
	return &Manifest{
		Sequence: 42,
		Parent:   "r41-0123abcd",
		Source:   Source{Kind: "bundle", Digest: "x<&>\u2028"},
		Grid:     Grid{CellMetres: 200, Radius: 2},
		Counts:   map[string]int64{"b": 2, "a": 1},
		Segments: []Segment{
			{Object: Object{Digest: digest("a"), Bytes: 10}, Postings: 3, FirstTile: 5, LastTile: 5},
			{Object: Object{Digest: digest("b"), Bytes: 20}, Postings: 4, FirstTile: 6, LastTile: 1 << 40},
		},
		Areas:   Object{Digest: digest("c"), Bytes: 30},
		Catalog: Object{Digest: digest("0"), Bytes: 0},
	}
}

func sealed(t testing.TB, m *Manifest) *Manifest {
	t.Helper()
	s, err := m.Sealed()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encoded(t testing.TB, m *Manifest) []byte {
	t.Helper()
	b, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for name, m := range map[string]*Manifest{"full": sample(), "without segments": {Areas: sample().Areas, Catalog: sample().Catalog}} {
		t.Run(name, func(t *testing.T) {
			want := sealed(t, m)
			dir := t.TempDir()
			if err := Write(dir, want); err != nil {
				t.Fatal(err)
			}
			got, err := Read(dir)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Read = %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestSealIsOfTheContent(t *testing.T) {
	first := sealed(t, sample())
	if again := sealed(t, first); !reflect.DeepEqual(again, first) {
		t.Errorf("sealed again %+v, want %+v", again, first)
	}
	if !strings.HasPrefix(first.ID, "r42-") || first.ID[4:] != string(first.Seal[:8]) {
		t.Errorf("id %s of seal %s", first.ID, first.Seal)
	}
	empty, none := sample(), sample()
	empty.Segments, empty.Counts = []Segment{}, map[string]int64{}
	none.Segments, none.Counts = nil, nil
	if a, b := sealed(t, empty), sealed(t, none); a.Seal != b.Seal {
		t.Errorf("empty lists have seal %s, absent ones %s", a.Seal, b.Seal)
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(encoded(t, sealed(t, sample())))
	replaced := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(good, old, by, 1)
	}
	tests := []struct {
		name string
		file string
		want error
	}{
		{"empty", "", ErrInvalid},
		{"null", "null\n", ErrFormat},
		{"list", "[]\n", ErrInvalid},
		{"newer", replaced(`"format": 2`, `"format": 3`), ErrFormat},
		{"older than the first", replaced(`"format": 2`, `"format": 0`), ErrFormat},
		{"older than its content", replaced(`"format": 2`, `"format": 1`), ErrInvalid},
		{"cut", good[:len(good)-3], ErrInvalid},
		{"no line feed", good[:len(good)-1], ErrInvalid},
		{"white space", good + " ", ErrInvalid},
		{"two values", good + "{}", ErrInvalid},
		{"case of a key", replaced(`"parent"`, `"Parent"`), ErrInvalid},
		{"duplicate key", replaced(`"sequence": 42,`, `"sequence": 41, "sequence": 42,`), ErrInvalid},
		{"unknown key", replaced(`"sequence": 42,`, `"sequence": 42, "time": 1,`), ErrInvalid},
		{"other sequence", replaced(`"sequence": 42,`, `"sequence": 43,`), ErrInvalid},
		{"other id", replaced(`"id": "r42-`, `"id": "r43-`), ErrInvalid},
		{"number too large", replaced(`"sequence": 42,`, `"sequence": 1e999,`), ErrInvalid},
		{"too long", strings.Repeat(" ", maxBytes+1), ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := Parse([]byte(tt.file)); !errors.Is(err, tt.want) || m != nil {
				t.Errorf("Parse = %v, %v, want %v", m, err, tt.want)
			}
		})
	}
}

// TestFormats: a manifest of the first format is read as it was sealed; golden
// queries are for later ones, and bounded.
func TestFormats(t *testing.T) {
	first, err := sample().sealedAs(oldest)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := Parse(encoded(t, first)); err != nil || m.ID != first.ID || m.Format != oldest {
		t.Errorf("Parse = %+v, %v, want %s", m, err, first.ID)
	}
	asked := func(n int, g Golden) *Manifest {
		m := sample()
		m.Golden = slices.Repeat([]Golden{g}, n)
		return m
	}
	good := Golden{Lat: 1, Lng: -1, Postings: 3, Answer: digest("d")}
	if m, err := Parse(encoded(t, sealed(t, asked(MaxGolden, good)))); err != nil || len(m.Golden) != MaxGolden || m.Golden[0] != good {
		t.Errorf("Parse = %+v, %v", m, err)
	}
	early, err := asked(1, good).sealedAs(oldest)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*Manifest{
		"too many":        sealed(t, asked(MaxGolden+1, good)),
		"no answer":       sealed(t, asked(1, Golden{Postings: 3})),
		"fewer than none": sealed(t, asked(1, Golden{Postings: -1, Answer: digest("d")})),
		"too early":       early,
	} {
		if _, err := Parse(encoded(t, m)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: Parse = %v, want ErrInvalid", name, err)
		}
	}
}

// TestParseRefusesEveryFlip: whatever bit is flipped, the manifest is refused.
func TestParseRefusesEveryFlip(t *testing.T) {
	good := encoded(t, sealed(t, sample()))
	for i := range good {
		for bit := range 8 {
			b := slices.Clone(good)
			b[i] ^= 1 << bit
			if _, err := Parse(b); err == nil {
				t.Fatalf("bit %d of byte %d flipped: accepted\n%s", bit, i, b)
			}
		}
	}
}

// TestParseRefusesContradictions: a seal does not make nonsense right.
func TestParseRefusesContradictions(t *testing.T) {
	tests := []struct {
		name   string
		change func(m *Manifest)
	}{
		{"upper-case digest", func(m *Manifest) { m.Areas.Digest = digest("A") }},
		{"path for a digest", func(m *Manifest) { m.Catalog.Digest = "../../etc/passwd" }},
		{"short digest", func(m *Manifest) { m.Segments[0].Digest = "aa" }},
		{"negative length", func(m *Manifest) { m.Areas.Bytes = -1 }},
		{"empty segment", func(m *Manifest) { m.Segments[0].Bytes = 0 }},
		{"no postings", func(m *Manifest) { m.Segments[1].Postings = 0 }},
		{"tiles reversed", func(m *Manifest) { m.Segments[0].FirstTile = 6 }},
		{"tiles overlap", func(m *Manifest) { m.Segments[1].FirstTile = 5 }},
		{"segments swapped", func(m *Manifest) { slices.Reverse(m.Segments) }},
		{"segment twice", func(m *Manifest) { m.Segments[1] = m.Segments[0] }},
		{"more bytes than a disk", func(m *Manifest) { m.Areas.Bytes, m.Segments[0].Bytes = 1<<62, 1<<62 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sample()
			tt.change(m)
			m = sealed(t, m)
			if _, err := Parse(encoded(t, m)); !errors.Is(err, ErrInvalid) {
				t.Errorf("Parse = %v, want ErrInvalid", err)
			}
			dir := t.TempDir()
			if err := Write(dir, m); !errors.Is(err, ErrInvalid) {
				t.Errorf("Write = %v, want ErrInvalid", err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
				t.Errorf("a refused manifest left %v, %v", entries, err)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(dir); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), dir) {
		t.Errorf("Read of an empty folder = %v, want ErrNone that names it", err)
	}
	if err := os.Mkdir(filepath.Join(dir, Name), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || errors.Is(err, ErrNone) || errors.Is(err, ErrInvalid) {
		t.Errorf("Read of a folder = %v, want the error of the file system", err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, Name), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(other); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), filepath.Join(other, Name)) {
		t.Errorf("Read = %v, want ErrFormat that names the file", err)
	}
}

func TestObjects(t *testing.T) {
	m := sample()
	var names []string
	for name, o := range m.Objects {
		if !strings.HasPrefix(name, string(o.Digest)) {
			t.Errorf("object %s has digest %s", name, o.Digest)
		}
		names = append(names, name[63:])
	}
	if want := []string{"a.seg", "b.seg", "c.areas", "0.jsonl"}; !slices.Equal(names, want) {
		t.Errorf("objects %q, want %q", names, want)
	}
	for range 4 {
		n := 0
		for range m.Objects {
			if n++; n == 3 {
				break
			}
		}
	}
	if m.Bytes() != 60 {
		t.Errorf("%d bytes, want 60", m.Bytes())
	}
}

// FuzzManifest: a manifest that is read is exactly the bytes it was read from.
// Since nearly all bytes fail the seal, those that decode are sealed as well.
func FuzzManifest(f *testing.F) {
	f.Add(encoded(f, sealed(f, sample())))
	f.Add([]byte(`{"format":1,"segments":[{"digest":"","bytes":1,"first_tile":3}],"counts":{"a":-1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := Parse(b); err == nil {
			if got := encoded(t, m); !bytes.Equal(got, b) {
				t.Errorf("%q is written as %q", b, got)
			}
		} else if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrFormat) {
			t.Errorf("Parse = %v, want ErrInvalid or ErrFormat", err)
		}
		var m Manifest
		if json.Unmarshal(b, &m) != nil {
			return
		}
		s := sealed(t, &m)
		if got, err := Parse(encoded(t, s)); err == nil && !reflect.DeepEqual(got, s) {
			t.Errorf("%+v is read as %+v", s, got)
		} else if err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("Parse = %v, want ErrInvalid", err)
		}
	})
}
