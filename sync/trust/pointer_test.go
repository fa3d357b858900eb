package trust

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"geodrop/sync/manifest"
)

func TestSeal(t *testing.T) {
	for _, letters := range []string{"", "a", "ab"} {
		s := sealed(t, letters)
		if got := bytes.Count(s.Body, []byte("\n")); got != 1+len(letters) {
			t.Errorf("keys %q give %d lines", letters, got)
		}
		opened, err := Open(s.Body)
		if err != nil || opened.Pointer != pointer() || !bytes.Equal(opened.Body, s.Body) {
			t.Errorf("Open = %+v, %v", opened, err)
		}
		for i := range letters {
			if id, err := opened.Verify(trusting(t, letters[i:i+1], "")); err != nil || id != key(letters[i:i+1]).Public().ID() {
				t.Errorf("signed by %q, who trusts %q gets %s, %v", letters, letters[i:i+1], id, err)
			}
		}
	}
}

func TestVerifyPointer(t *testing.T) {
	other := func(s Sealed) Sealed { // the pointer was changed after it was signed
		body := bytes.Replace(s.Body, []byte(`"version":3`), []byte(`"version":4`), 1)
		opened, err := Open(body)
		must(t, err)
		return opened
	}
	same := func(s Sealed) Sealed { return s }
	tests := []struct {
		name             string
		signed           string
		trusted, revoked string
		change           func(Sealed) Sealed
		says             string // empty: it is believed
	}{
		{"trusted", "a", "a", "", same, ""},
		{"one of several trusted", "a", "bca", "", same, ""},
		{"signed by two, the old one known", "ab", "a", "", same, ""},
		{"signed by two, the new one known", "ab", "b", "", same, ""},
		{"signed by two, the old one revoked", "ab", "b", "a", same, ""},
		{"unsigned", "", "a", "", same, "it has no signature"},
		{"unknown key", "b", "a", "", same, "is unknown"},
		{"nobody is trusted", "a", "", "", same, "is unknown"},
		{"revoked", "a", "b", "a", same, "is revoked"},
		{"changed", "a", "a", "", other, "is wrong"},
		{"changed, two keys", "ab", "ab", "", other, "is wrong"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.change(sealed(t, tt.signed))
			id, err := s.Verify(trusting(t, tt.trusted, tt.revoked))
			switch {
			case tt.says == "" && (err != nil || id == ""):
				t.Errorf("Verify = %q, %v", id, err)
			case tt.says != "" && (!errors.Is(err, ErrUntrusted) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("Verify = %q, %v, want ErrUntrusted that says %q", id, err, tt.says)
			}
		})
	}
}

// TestPurpose: a signature of a manifest is none of a pointer with the same text.
func TestPurpose(t *testing.T) {
	s := sealed(t, "a")
	s.signatures = sign([]Key{key("a")}, Manifest, s.text)
	if _, err := s.Verify(trusting(t, "a", "")); !errors.Is(err, ErrUntrusted) {
		t.Errorf("Verify = %v, want ErrUntrusted", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	whole := string(sealed(t, "a").Body)
	text, line, _ := strings.Cut(whole, "\n")
	for name, body := range map[string]string{
		"nothing":             "",
		"no pointer":          line,
		"garbage behind":      text + "\nx\n",
		"an empty line":       text + "\n\n" + line,
		"a list":              text + "\n[]\n",
		"too long":            text + "\n" + strings.Repeat(line, 40),
		"too many signatures": text + "\n" + strings.Repeat("{}\n", maxSignatures+1),
		"no base64":           text + "\n" + `{"key":"k","signature":"*"}` + "\n",
	} {
		if s, err := Open([]byte(body)); !errors.Is(err, manifest.ErrPointer) {
			t.Errorf("%s: Open = %+v, %v, want ErrPointer", name, s, err)
		}
	}
	var keys []Key
	for letter := range strings.SplitSeq("abcdefghijklmnopqrstuvwxyz", "") {
		keys = append(keys, key(letter))
	}
	if _, err := Seal(pointer(), keys); !errors.Is(err, manifest.ErrPointer) {
		t.Errorf("Seal with too many keys = %v, want ErrPointer", err)
	}
}

func TestSignedBy(t *testing.T) {
	tests := []struct {
		signed, by string
		want       bool
	}{
		{"", "", true}, {"a", "a", true}, {"ab", "ab", true},
		{"a", "", false}, {"", "a", false}, {"a", "b", false}, {"ab", "a", false}, {"a", "ab", false}, {"ab", "ba", false},
	}
	for _, tt := range tests {
		var keys []Key
		for letter := range strings.SplitSeq(tt.by, "") {
			keys = append(keys, key(letter))
		}
		if got := sealed(t, tt.signed).SignedBy(keys); got != tt.want {
			t.Errorf("signed by %q: SignedBy(%q) = %v", tt.signed, tt.by, got)
		}
	}
}

func TestExpired(t *testing.T) {
	p := pointer()
	for after, want := range map[time.Duration]bool{-time.Millisecond: false, 0: true, time.Hour: true} {
		if got := Expired(p, p.Expires.Add(after)); got != want {
			t.Errorf("%v after its end, Expired = %v", after, got)
		}
	}
	if p.Expires = (time.Time{}); Expired(p, time.UnixMilli(9e12)) {
		t.Error("without an end it expired")
	}
}

// FuzzOpen: what is opened is sealed the same way, and no other text verifies.
func FuzzOpen(f *testing.F) {
	f.Add(sealed(f, "a").Body)
	f.Add(sealed(f, "").Body)
	keys, text := trusting(f, "a", ""), sealed(f, "a").text
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Open(b)
		if err != nil {
			if !errors.Is(err, manifest.ErrPointer) {
				t.Errorf("Open = %v, want ErrPointer", err)
			}
			return
		}
		if _, err := s.Verify(keys); err == nil && !bytes.Equal(s.text, text) {
			t.Errorf("%q is believed", b)
		}
	})
}
