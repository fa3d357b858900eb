package manifest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Wave is a release that some nodes of a channel are to serve before the others
// do. Which nodes is decided by their names: a share of them, the same ones in
// every wave, and those of a small share in each larger one, too.
type Wave struct {
	Release  string `json:"release"`
	Sequence uint64 `json:"sequence"`
	Manifest Object `json:"manifest"`
	Returned bool   `json:"returned,omitempty"` // as that of a Pointer
	Share    int    `json:"share"`              // of the nodes, in WholeFleet-ths
}

// WholeFleet is the share of all nodes.
const WholeFleet = 10_000

// Holds reports whether the node of that name is in the wave. One without a name
// is in none.
func (w Wave) Holds(node string) bool { return node != "" && PlaceOf(node) < w.Share }

// PlaceOf is where a node stands in the order in which waves reach nodes, from 0
// to WholeFleet-1. It depends on the name alone.
func PlaceOf(node string) int {
	sum := sha256.Sum256([]byte(node))
	return int(binary.BigEndian.Uint64(sum[:]) % WholeFleet)
}

// For is the pointer as the node of that name has to read it: where it is in the
// wave, the releases of the pointer and of the wave change places.
func (p Pointer) For(node string) Pointer {
	if !p.Wave.Holds(node) {
		return p
	}
	w := p.Wave
	p.Wave = Wave{p.Release, p.Sequence, p.Manifest, p.Returned, w.Share}
	p.Release, p.Sequence, p.Manifest, p.Returned = w.Release, w.Sequence, w.Manifest, w.Returned
	return p
}

// Names reports whether the pointer leads some node to a manifest.
func (p Pointer) Names(m Object) bool {
	return p.Manifest == m || p.Wave.Release != "" && p.Wave.Manifest == m
}

func (w Wave) check() error {
	switch {
	case w == Wave{}:
		return nil
	case !releaseForm.MatchString(w.Release):
		return fmt.Errorf("%w: release %.80q of a wave", ErrPointer, w.Release)
	case w.Share <= 0 || w.Share > WholeFleet:
		return fmt.Errorf("%w: a wave of %d in %d nodes", ErrPointer, w.Share, WholeFleet)
	case !w.Manifest.Digest.Valid() || w.Manifest.Bytes <= 0 || w.Manifest.Bytes > maxBytes:
		return fmt.Errorf("%w: a manifest of %d bytes has digest %.80q", ErrPointer, w.Manifest.Bytes, w.Manifest.Digest)
	}
	return nil
}
