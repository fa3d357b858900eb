package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Pointer says which release a channel is at. It is the only thing that changes
// between an origin and its nodes; all else is named by its digest.
//
// Unknown keys of its JSON are ignored, so that nodes follow an origin newer
// than they are.
type Pointer struct {
	Channel string `json:"channel"`
	// Version grows with every move of the channel. A node that has seen one
	// takes none before it.
	Version  uint64 `json:"version"`
	Release  string `json:"release"`  // its id
	Sequence uint64 `json:"sequence"` // of the release
	Manifest Object `json:"manifest"` // its file, as an object
	// Returned tells that the release is older than the one before on purpose.
	Returned bool      `json:"returned,omitempty"`
	Since    time.Time `json:"since"`
	// Wave is a release that some nodes are to serve already.
	Wave Wave `json:"wave,omitzero"`
	// Lineage names the history that versions and sequences count: that of one
	// origin and its config.
	Lineage string `json:"lineage,omitempty"`
	// Issued is when the origin last said that the channel is there, and Expires
	// until when that holds. Origins that sign say it again and again.
	Issued  time.Time `json:"issued,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
}

// DefaultChannel is the channel of those who name none.
const DefaultChannel = "main"

// MaxPointer bounds the JSON of a pointer.
const MaxPointer = 4 << 10

// ErrPointer marks what is no pointer.
var ErrPointer = errors.New("invalid pointer of a channel")

var (
	channelForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	releaseForm = regexp.MustCompile(`^r[0-9]{1,20}-[0-9a-f]{8}$`)
	lineageForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// ValidChannel reports whether a channel can have the name. It is fit for a file
// name and for a URL.
func ValidChannel(name string) bool { return channelForm.MatchString(name) }

// ValidLineage reports whether an origin's history can have the name.
func ValidLineage(name string) bool { return lineageForm.MatchString(name) }

// Encode is the JSON of the pointer.
func (p Pointer) Encode() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode pointer: %w", err)
	}
	return append(b, '\n'), nil
}

// ParsePointer reads and checks the JSON of a pointer.
func ParsePointer(b []byte) (Pointer, error) {
	if len(b) > MaxPointer {
		return Pointer{}, fmt.Errorf("%w: more than %d bytes", ErrPointer, MaxPointer)
	}
	var p Pointer
	if err := json.Unmarshal(b, &p); err != nil {
		return Pointer{}, fmt.Errorf("%w: %w", ErrPointer, err)
	}
	if err := p.check(); err != nil {
		return Pointer{}, err
	}
	return p, nil
}

func (p Pointer) check() error {
	switch {
	case !ValidChannel(p.Channel):
		return fmt.Errorf("%w: channel %.80q", ErrPointer, p.Channel)
	case p.Version == 0:
		return fmt.Errorf("%w: no version", ErrPointer)
	case !releaseForm.MatchString(p.Release):
		return fmt.Errorf("%w: release %.80q", ErrPointer, p.Release)
	case p.Lineage != "" && !lineageForm.MatchString(p.Lineage):
		return fmt.Errorf("%w: lineage %.80q", ErrPointer, p.Lineage)
	case !p.Manifest.Digest.Valid() || p.Manifest.Bytes <= 0 || p.Manifest.Bytes > maxBytes:
		return fmt.Errorf("%w: a manifest of %d bytes has digest %.80q", ErrPointer, p.Manifest.Bytes, p.Manifest.Digest)
	}
	return p.Wave.check()
}

// File is the content of the manifest's file, and the object that it is.
func (m *Manifest) File() ([]byte, Object, error) {
	b, err := m.encode()
	if err != nil {
		return nil, Object{}, err
	}
	return b, ObjectOf(b), nil
}

// Matches reports whether m is the manifest that the pointer speaks of, given
// the bytes that m was parsed from.
func (p Pointer) Matches(m *Manifest, file []byte) bool {
	return m.ID == p.Release && m.Sequence == p.Sequence && ObjectOf(file) == p.Manifest
}
