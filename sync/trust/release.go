package trust

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// maxSignatureFile bounds the signatures beside a manifest.
const maxSignatureFile = 4 << 10

// SignRelease signs the manifest of the release in dir, hence all that is in the
// release. The signatures are beside it, under the manifest's digest, and
// replace those before.
func SignRelease(dir string, keys ...Key) error {
	m, err := manifest.Read(dir)
	if err != nil {
		return err
	}
	file, o, err := m.File()
	if err != nil {
		return err
	}
	lines, err := encode(sign(keys, Manifest, file))
	if err != nil {
		return err
	}
	return atomicfile.Write(dir, o.FileName(manifest.SignatureKind), lines)
}

// VerifyRelease returns the id of a trusted key that signed the manifest of the
// release in dir. What the manifest lists is for others to verify.
func VerifyRelease(dir string, m *manifest.Manifest, k Keys) (id string, err error) {
	file, o, err := m.File()
	if err != nil {
		return "", err
	}
	list, err := readSignatures(filepath.Join(dir, o.FileName(manifest.SignatureKind)))
	if err == nil {
		id, err = k.Verify(Manifest, file, list)
	}
	if err != nil {
		return "", fmt.Errorf("release %s in %s: %w", m.ID, dir, err)
	}
	return id, nil
}

// readSignatures is none where there is no file.
func readSignatures(path string) ([]Signature, error) {
	f, err := atomicfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read signatures: %w", err)
	}
	defer f.Close() // read only: nothing to lose
	b, err := io.ReadAll(io.LimitReader(f, maxSignatureFile+1))
	if err == nil && len(b) > maxSignatureFile {
		err = fmt.Errorf("%w: %s has more than %d bytes", ErrUntrusted, path, maxSignatureFile)
	}
	if err != nil {
		return nil, err
	}
	return parse(b)
}
