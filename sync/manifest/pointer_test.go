package manifest

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func samplePointer() Pointer {
	return Pointer{
		Channel: "main", Version: 3, Release: "r42-0123abcd", Sequence: 42,
		Manifest: Object{Digest: digest("a"), Bytes: 10}, Returned: true,
		Since: time.Date(2027, 1, 2, 3, 4, 5, 6_000_000, time.UTC),
	}
}

func TestPointerRoundTrip(t *testing.T) {
	want := samplePointer()
	b, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"channel":"main","version":3,"release":"r42-0123abcd","sequence":42,"manifest":{"digest":"` +
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + `","bytes":10},"returned":true,"since":"2027-01-02T03:04:05.006Z"}` + "\n"
	if string(b) != text {
		t.Errorf("Encode = %s, want %s", b, text)
	}
	later := strings.Replace(text, `"version"`, `"signature":{"key":"k"},"version"`, 1)
	for _, s := range []string{text, later} {
		if got, err := ParsePointer([]byte(s)); err != nil || got != want {
			t.Errorf("ParsePointer = %+v, %v, want %+v", got, err, want)
		}
	}
}

func TestPointerRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Pointer)
	}{
		{"no channel", func(p *Pointer) { p.Channel = "" }},
		{"path for a channel", func(p *Pointer) { p.Channel = "../main" }},
		{"upper case", func(p *Pointer) { p.Channel = "Main" }},
		{"long channel", func(p *Pointer) { p.Channel = strings.Repeat("a", 65) }},
		{"no version", func(p *Pointer) { p.Version = 0 }},
		{"no release", func(p *Pointer) { p.Release = "" }},
		{"path for a release", func(p *Pointer) { p.Release = "../r42-0123abcd" }},
		{"two lines", func(p *Pointer) { p.Release = "r42-0123abcd\n" }},
		{"short seal", func(p *Pointer) { p.Release = "r42-0123abc" }},
		{"upper-case digest", func(p *Pointer) { p.Manifest.Digest = digest("A") }},
		{"no digest", func(p *Pointer) { p.Manifest.Digest = "" }},
		{"no bytes", func(p *Pointer) { p.Manifest.Bytes = 0 }},
		{"negative", func(p *Pointer) { p.Manifest.Bytes = -1 }},
		{"too many bytes", func(p *Pointer) { p.Manifest.Bytes = maxBytes + 1 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := samplePointer()
			tt.change(&p)
			if b, err := p.Encode(); !errors.Is(err, ErrPointer) {
				t.Errorf("Encode = %s, %v, want ErrPointer", b, err)
			}
		})
	}
	for _, text := range []string{"", "null", "[]", "{", `{"version":-1}`, `{"since":"soon"}`, strings.Repeat(" ", MaxPointer+1)} {
		if p, err := ParsePointer([]byte(text)); !errors.Is(err, ErrPointer) {
			t.Errorf("ParsePointer(%.20q) = %+v, %v, want ErrPointer", text, p, err)
		}
	}
}

func TestPointerMatches(t *testing.T) {
	m := sealed(t, sample())
	file, o, err := m.File()
	if err != nil {
		t.Fatal(err)
	}
	p := Pointer{Release: m.ID, Sequence: m.Sequence, Manifest: o}
	if !p.Matches(m, file) {
		t.Errorf("%+v does not match its own manifest", p)
	}
	for name, change := range map[string]func(*Pointer){
		"release":  func(p *Pointer) { p.Release = "r42-00000000" },
		"sequence": func(p *Pointer) { p.Sequence++ },
		"digest":   func(p *Pointer) { p.Manifest.Digest = digest("a") },
		"length":   func(p *Pointer) { p.Manifest.Bytes++ },
	} {
		other := p
		change(&other)
		if other.Matches(m, file) {
			t.Errorf("another %s matches", name)
		}
	}
}

// FuzzPointer: a pointer that is read is written as one that is read the same,
// and its names are fit for paths.
func FuzzPointer(f *testing.F) {
	b, err := samplePointer().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"channel":"a","version":1,"release":"r1-00000000","since":"2027-01-02T03:04:05+23:59"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePointer(b)
		if err != nil {
			if !errors.Is(err, ErrPointer) {
				t.Errorf("ParsePointer = %v, want ErrPointer", err)
			}
			return
		}
		if strings.ContainsAny(p.Channel+p.Release, "/\\.\x00\n") {
			t.Errorf("names %q and %q", p.Channel, p.Release)
		}
		out, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePointer(out)
		if err != nil || !again.Since.Equal(p.Since) {
			t.Fatalf("%s is read as %+v, %v", out, again, err)
		}
		again.Since = p.Since
		if again != p {
			t.Errorf("%+v is read as %+v", p, again)
		}
	})
}
