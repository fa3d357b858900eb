//go:build unix

package query

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"geodrop/sync/manifest"
)

// An empty catalog and a pipe have the same length: nobody waits for what comes
// through the pipe.
func TestOpenPipe(t *testing.T) {
	dir := t.TempDir()
	(&config{}).write(t, dir)
	path := objects(t, dir, manifest.CatalogKind)[0]
	must(t, os.Remove(path))
	must(t, unix.Mkfifo(path, 0o600))
	if _, err := Open(dir, Options{}); !errors.Is(err, manifest.ErrObject) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open = %v, want ErrObject for %s", err, path)
	}
}
