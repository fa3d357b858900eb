package patch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"geodrop/sync/manifest"
)

// From are the segments of a release that a patch to a segment of another one
// starts from: those that hold its tiles, in their order. Whoever makes patches
// and whoever asks for them find the same ones, each by the manifests alone.
func From(old *manifest.Manifest, to manifest.Segment) []manifest.Segment {
	first, _ := slices.BinarySearchFunc(old.Segments, to.FirstTile, func(s manifest.Segment, tile uint64) int {
		if s.LastTile < tile {
			return -1
		}
		return 1
	})
	end := first
	for end < len(old.Segments) && old.Segments[end].FirstTile <= to.LastTile {
		end++
	}
	return old.Segments[first:end]
}

// WorthShare is how many times smaller than its segment a patch has to be, to be
// kept: applying it takes time.
const WorthShare = 2

// MaxPatched is the size of a segment beyond which it moves whole, unless an
// origin is told otherwise: to make a patch takes memory.
const MaxPatched = 64 << 20

// Worth reports whether a patch of so many bytes is worth carrying.
func Worth(patch, segment int64) bool { return patch < segment/WorthShare }

// Key names the patches that start from some segments, in order of their tiles:
// the SHA-256 of a line with the version of the format and one line for each
// digest, as in
//
//	printf '%s\n' 'geodrop patch 1' DIGEST DIGEST | sha256sum
//
// A patch depends on the segments that it leads from and to, and on the version
// of the format. So those that have the same key and lead to the same segment
// are the same.
func Key(from []manifest.Segment) manifest.Digest {
	h := sha256.New()
	fmt.Fprintf(h, "geodrop patch %d\n", Version)
	for _, s := range from {
		_, _ = io.WriteString(h, string(s.Digest)+"\n") // a hash takes all
	}
	return manifest.Digest(hex.EncodeToString(h.Sum(nil)))
}
