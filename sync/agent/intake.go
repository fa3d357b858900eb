package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// intake takes an object in, maybe in several goes, and lets no more in than it
// has bytes.
type intake struct {
	want   manifest.Object
	to     sink
	hash   hash.Hash
	have   int64
	before func([]byte) error // bytes are written; nil: none
}

// sink keeps the bytes.
type sink interface {
	io.Writer
	Restart() error
}

func newIntake(want manifest.Object, to sink) *intake {
	return &intake{want: want, to: to, hash: sha256.New()}
}

// resume takes over what a part has.
func (in *intake) resume(p *atomicfile.Part) error {
	n, err := io.Copy(in.hash, p)
	in.have = n
	if err == nil && n > in.want.Bytes {
		err = in.restart()
	}
	if err != nil {
		return &failure{Disk, err}
	}
	return nil
}

func (in *intake) restart() error {
	in.hash.Reset()
	in.have = 0
	if err := in.to.Restart(); err != nil {
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
	n, err := in.to.Write(b)
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

// memory is a sink for what is small.
type memory struct{ bytes.Buffer }

// Restart drops the bytes.
func (m *memory) Restart() error {
	m.Reset()
	return nil
}
