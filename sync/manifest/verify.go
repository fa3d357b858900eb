package manifest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"geodrop/sync/atomicfile"
)

// ErrObject marks an object whose bytes are not those that its manifest lists.
var ErrObject = errors.New("object does not match its manifest")

// VerifyObject reads one file of a release in dir and compares length and
// digest.
func VerifyObject(ctx context.Context, dir, name string, o Object) error {
	path := filepath.Join(dir, name)
	f, err := atomicfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is missing", ErrObject, path)
	}
	if err != nil {
		return fmt.Errorf("verify object: %w", err)
	}
	defer f.Close() // read only: nothing to lose
	if err := o.Copy(ctx, io.Discard, f); err != nil {
		return fmt.Errorf("verify %s: %w", path, err)
	}
	return nil
}

// Verify reads all objects of the release in dir.
func (m *Manifest) Verify(ctx context.Context, dir string) error {
	for name, o := range m.Objects {
		if err := VerifyObject(ctx, dir, name, o); err != nil {
			return err
		}
	}
	return nil
}

// Copy copies the object from r to w. It reads no more than one byte beyond the
// object's length; the error wraps ErrObject where r is not the object.
func (o Object) Copy(ctx context.Context, w io.Writer, r io.Reader) error {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), &cancelReader{ctx: ctx, r: io.LimitReader(r, o.Bytes+1)})
	if err != nil {
		return err
	}
	if n != o.Bytes {
		return fmt.Errorf("%w: it has not the %d bytes that are listed", ErrObject, o.Bytes)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != string(o.Digest) {
		return fmt.Errorf("%w: it has SHA-256 %s", ErrObject, got)
	}
	return nil
}

type cancelReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
