package origin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

func (s *store) patchPath(n patchName) string { return filepath.Join(s.dir, patchesDir, n.file()) }

// patchFiles are the names of the files of patches.
func (s *store) patchFiles() (map[string]bool, error) {
	entries, err := os.ReadDir(s.in(patchesDir))
	if err != nil {
		return nil, fmt.Errorf("list patches: %w", err)
	}
	names := map[string]bool{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names[e.Name()] = true
		}
	}
	return names, nil
}

// patch reads a patch to know its bytes and digest.
func (s *store) patch(n patchName) (manifest.Object, error) {
	f, err := atomicfile.OpenRegular(s.patchPath(n))
	if err != nil {
		return manifest.Object{}, fmt.Errorf("read patch: %w", err)
	}
	defer f.Close() // read only: nothing to lose
	h := sha256.New()
	bytes, err := io.Copy(h, f)
	if err != nil {
		return manifest.Object{}, fmt.Errorf("read patch: %w", err)
	}
	return manifest.Object{Digest: manifest.Digest(hex.EncodeToString(h.Sum(nil))), Bytes: bytes}, nil
}

func (s *store) removePatches(names map[string]bool) error {
	var errs []error
	for name := range names {
		if err := os.RemoveAll(filepath.Join(s.in(patchesDir), name)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
