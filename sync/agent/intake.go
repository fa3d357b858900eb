package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"path/filepath"
	"strings"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// intake takes an object into a part, maybe in several goes, and lets no more in
// than it has bytes.
type intake struct {
	want   manifest.Object
	name   string // of its file
	part   *atomicfile.Part
	hash   hash.Hash
	have   int64
	before func([]byte) error // bytes are written; nil: none
}

// newIntake goes on where the part is.
func newIntake(want manifest.Object, name string, p *atomicfile.Part) (*intake, error) {
	in := &intake{want: want, name: name, part: p, hash: sha256.New()}
	n, err := io.Copy(in.hash, p)
	in.have = n
	if err == nil && n > want.Bytes {
		err = in.restart()
	}
	if err != nil {
		return nil, &failure{Disk, err}
	}
	return in, nil
}

func (in *intake) path() []string { return []string{"v1", "objects", string(in.want.Digest)} }
func (in *intake) here() int64    { return in.have }

func (in *intake) kind() string {
	switch ending := filepath.Ext(in.name); ending {
	case manifest.SegmentKind:
		return segmentLabel
	case manifest.CatalogKind:
		return "catalog"
	default:
		return strings.TrimPrefix(ending, ".")
	}
}

func (in *intake) restart() error {
	in.hash.Reset()
	in.have = 0
	if err := in.part.Restart(); err != nil {
		return &failure{Disk, err}
	}
	return nil
}

// Write takes bytes in.
func (in *intake) Write(b []byte) (int, error) {
	if int64(len(b)) > in.want.Bytes-in.have {
		return 0, failed(Length, "object %s has more than the %d bytes listed", in.want.Digest, in.want.Bytes)
	}
	if in.before != nil {
		if err := in.before(b); err != nil {
			return 0, &failure{Disk, err}
		}
	}
	n, err := in.part.Write(b)
	in.hash.Write(b[:n]) // what is on the disk, even after an error
	in.have += int64(n)
	if err != nil {
		return n, &failure{Disk, err}
	}
	return n, nil
}

// complete reports whether all is there; the error is that it is not the object.
func (in *intake) complete() (bool, error) {
	if in.have < in.want.Bytes {
		return false, nil
	}
	if got := hex.EncodeToString(in.hash.Sum(nil)); got != string(in.want.Digest) {
		return false, failed(Digest, "object %s came with SHA-256 %s", in.want.Digest, got)
	}
	return true, nil
}
