package trust

import (
	"bytes"
	"fmt"
	"time"

	"geodrop/sync/manifest"
)

// Sealed is a pointer as it is sent: its JSON on the first line, a signature on
// each that follows.
type Sealed struct {
	manifest.Pointer
	Body []byte // all lines

	text       []byte // the first, with its end
	signatures []Signature
}

// Seal signs a pointer with all keys; with none it stays unsigned.
func Seal(p manifest.Pointer, keys []Key) (Sealed, error) {
	text, err := p.Encode()
	if err != nil {
		return Sealed{}, err
	}
	s := Sealed{Pointer: p, text: text, signatures: sign(keys, Pointer, text)}
	lines, err := encode(s.signatures)
	if err != nil {
		return Sealed{}, err
	}
	if len(keys) > maxSignatures {
		return Sealed{}, fmt.Errorf("%w: %d keys are to sign it: use %d at most", manifest.ErrPointer, len(keys), maxSignatures)
	}
	s.Body = append(bytes.Clone(text), lines...)
	return s, nil
}

// Open reads a pointer as it is sent, and believes nothing of it yet. The error
// wraps manifest.ErrPointer.
func Open(body []byte) (Sealed, error) {
	if len(body) > manifest.MaxPointer {
		return Sealed{}, fmt.Errorf("%w: more than %d bytes", manifest.ErrPointer, manifest.MaxPointer)
	}
	s := Sealed{Body: body, text: body}
	var lines []byte
	if end := bytes.IndexByte(body, '\n'); end >= 0 {
		s.text, lines = body[:end+1], body[end+1:]
	}
	var err error
	if s.Pointer, err = manifest.ParsePointer(s.text); err != nil {
		return Sealed{}, err
	}
	if s.signatures, err = parse(lines); err != nil {
		return Sealed{}, fmt.Errorf("%w: %w", manifest.ErrPointer, err)
	}
	return s, nil
}

// Verify returns the id of a trusted key that signed the pointer.
func (s Sealed) Verify(k Keys) (id string, err error) { return k.Verify(Pointer, s.text, s.signatures) }

// SignedBy reports whether each of the keys signed the pointer, and no other
// did.
func (s Sealed) SignedBy(keys []Key) bool {
	if len(keys) != len(s.signatures) {
		return false
	}
	for i, k := range keys {
		if p := k.Public(); s.signatures[i].Key != p.ID() || !p.verifies(Pointer, s.text, s.signatures[i]) {
			return false
		}
	}
	return true
}

// Expired reports whether the pointer was to be renewed before now. One that
// names no time never expires.
func Expired(p manifest.Pointer, now time.Time) bool {
	return !p.Expires.IsZero() && !now.Before(p.Expires)
}
