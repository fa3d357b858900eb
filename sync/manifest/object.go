package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Object is one file of the release.
type Object struct {
	Digest Digest `json:"digest"`
	Bytes  int64  `json:"bytes"`
}

// ObjectOf is the object with that content.
func ObjectOf(content []byte) Object {
	sum := sha256.Sum256(content)
	return Object{Digest: Digest(hex.EncodeToString(sum[:])), Bytes: int64(len(content))}
}

// maxObject bounds an object: no sum of what a manifest can list overflows.
const maxObject = 1 << 44

// Digest is a SHA-256 in lower-case hexadecimal.
type Digest string

// Valid reports whether the digest has the form of one.
func (d Digest) Valid() bool {
	_, err := hex.DecodeString(string(d))
	return err == nil && len(d) == 2*sha256.Size && strings.ToLower(string(d)) == string(d)
}

// The kinds of objects, by the ending of their file.
const (
	SegmentKind = ".seg"
	AreasKind   = ".areas"
	CatalogKind = ".jsonl"
)

// SignatureKind is the ending of the file that signs a manifest, which has the
// manifest's digest for a name. It is no object of the release.
const SignatureKind = ".sig"

// FileName is the name of the object in its release.
func (o Object) FileName(kind string) string { return string(o.Digest) + kind }
