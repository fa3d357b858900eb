//go:build unix

package atomicfile

import (
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Nobody writes to the pipe: who waits for that waits for ever.
func TestOpenRegularOfPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	must(t, unix.Mkfifo(path, 0o600))
	if _, err := OpenRegular(path); !errors.Is(err, errIrregular) {
		t.Errorf("OpenRegular = %v, want that it is no regular file", err)
	}
}
