package trust

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/sync/manifest"
)

// seal makes a release without objects in dir.
func seal(t testing.TB, dir string, sequence uint64) (m *manifest.Manifest, file string) {
	t.Helper()
	empty := manifest.ObjectOf(nil)
	m, err := (&manifest.Manifest{Sequence: sequence, Areas: empty, Catalog: empty}).Sealed()
	must(t, err)
	must(t, manifest.Write(dir, m))
	_, o, err := m.File()
	must(t, err)
	return m, filepath.Join(dir, o.FileName(manifest.SignatureKind))
}

func TestSignRelease(t *testing.T) {
	dir := t.TempDir()
	m, file := seal(t, dir, 1)
	refused := func(k Keys, says string) {
		t.Helper()
		if id, err := VerifyRelease(dir, m, k); !errors.Is(err, ErrUntrusted) || !strings.Contains(err.Error(), says) {
			t.Errorf("VerifyRelease = %q, %v, want ErrUntrusted that says %q", id, err, says)
		}
	}
	refused(trusting(t, "a", ""), "it has no signature")
	must(t, SignRelease(dir, key("a"), key("b")))
	for _, letter := range []string{"a", "b"} {
		if id, err := VerifyRelease(dir, m, trusting(t, letter, "")); err != nil || id != key(letter).Public().ID() {
			t.Errorf("VerifyRelease = %q, %v", id, err)
		}
	}
	refused(trusting(t, "c", "ab"), "is revoked")

	lines, err := os.ReadFile(file)
	must(t, err)
	m, other := seal(t, dir, 2) // the signature of the release before stays there
	refused(trusting(t, "a", ""), "it has no signature")
	must(t, os.WriteFile(other, lines, 0o600))
	refused(trusting(t, "a", ""), "is wrong")
	must(t, os.WriteFile(other, []byte(strings.Repeat("x", maxSignatureFile+1)), 0o600))
	refused(trusting(t, "a", ""), "more than")
	must(t, os.Remove(other))
	must(t, os.Mkdir(other, 0o700))
	if _, err := VerifyRelease(dir, m, trusting(t, "a", "")); err == nil || errors.Is(err, ErrUntrusted) {
		t.Errorf("VerifyRelease of a folder = %v, want the error of the file system", err)
	}
}
