//go:build unix

package index_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"geodrop/grid/index"
)

// A pipe is refused at once, also where nobody writes to it.
func TestOpenOfPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.seg")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, segment := index.Open(path, index.Options{})
	_, areas := index.OpenAreas(path, index.Options{})
	for _, err := range []error{segment, areas} {
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%v, want that %s is not a regular file", err, path)
		}
	}
}
