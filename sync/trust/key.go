// Package trust says who made a release. An origin signs where its channels
// point, a builder what is in a release, each with Ed25519 keys; nodes have a
// file of the keys that they believe.
//
//	keys new ──► KEY (0600)       ──► origin --key, build --sign ──► text
//	         └─► public, one line ──► TRUST ──► node --trust         {"key":…,"signature":…}
//
// What is signed is a text as it is, byte for byte, with one line before it that
// says what the text is for: a signature of a manifest is none of a pointer. The
// signatures follow the text, or stand beside it, one JSON object a line. One of
// a key that is trusted is enough, so that a text can be signed with the old key
// and the new one while keys change.
package trust

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Purpose is what a text is for.
type Purpose string

// The purposes.
const (
	Pointer  Purpose = "geodrop pointer 1"
	Manifest Purpose = "geodrop manifest 1"
)

// message is what is signed.
func (p Purpose) message(text []byte) []byte { return slices.Concat([]byte(p), []byte("\n"), text) }

// Key signs. It prints as its id.
type Key struct{ private ed25519.PrivateKey }

// NewKey makes a key of what comes from crypto/rand.
func NewKey() (Key, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return Key{private}, nil
}

// Public is the half of the key that verifies.
func (k Key) Public() Public {
	var p Public
	copy(p.key[:], k.private.Public().(ed25519.PublicKey))
	return p
}

// Sign signs a text.
func (k Key) Sign(p Purpose, text []byte) Signature {
	return Signature{Key: k.Public().ID(), Bytes: ed25519.Sign(k.private, p.message(text))}
}

// Format prints the id, with every verb, so that no log has the key.
func (k Key) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "key "+k.Public().ID()) }

// Public verifies what a Key signed.
type Public struct{ key [ed25519.PublicKeySize]byte }

// algorithm stands before a public key where it is written.
const algorithm = "ed25519:"

// ErrKey marks what is no key.
var ErrKey = errors.New("invalid key")

// ParsePublic reads what String gives.
func ParsePublic(s string) (Public, error) {
	var p Public
	text, ok := strings.CutPrefix(s, algorithm)
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(b) != len(p.key) {
		return p, fmt.Errorf("%w: %.80q is not %sBASE64 of %d bytes", ErrKey, s, algorithm, len(p.key))
	}
	copy(p.key[:], b)
	return p, nil
}

// String is the algorithm and the key in base64.
func (p Public) String() string { return algorithm + base64.StdEncoding.EncodeToString(p.key[:]) }

// ID is the beginning of the key's SHA-256, in hexadecimal: enough to name it.
func (p Public) ID() string {
	sum := sha256.Sum256(p.key[:])
	return hex.EncodeToString(sum[:8])
}

func (p Public) verifies(purpose Purpose, text []byte, s Signature) bool {
	return ed25519.Verify(p.key[:], purpose.message(text), s.Bytes)
}
