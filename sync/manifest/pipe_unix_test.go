//go:build unix

package manifest

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Pipes in the place of the manifest and of an object are errors of the file
// system; nobody waits for what comes through them.
func TestPipes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{Name, "object"} {
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, reading := Read(dir)
	verifying := VerifyObject(t.Context(), dir, "object", Object{Bytes: 1})
	for _, err := range []error{reading, verifying} {
		if err == nil || errors.Is(err, ErrNone) || errors.Is(err, ErrObject) || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%v, want that it is not a regular file", err)
		}
	}
}
