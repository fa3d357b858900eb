//go:build amd64 || arm64

package disktest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"geodrop/sync/atomicfile"
)

// TestFaults: whichever operation on a folder fails, a file that is replaced as it
// should be is the old one or the new one; elsewhere nothing fails.
func TestFaults(t *testing.T) {
	if !Alone(t, 0) {
		return
	}
	f := NewFaults(t)
	var names []string
	for _, lasting := range []bool{false, true} {
		for n := 1; ; n++ {
			dir, elsewhere := t.TempDir(), t.TempDir()
			path := filepath.Join(dir, "f")
			must(t, os.WriteFile(path, old, 0o600))
			f.Fail(dir, n, syscall.ENOSPC, lasting)
			err := atomicfile.Write(dir, "f", fresh)
			must(t, os.WriteFile(filepath.Join(elsewhere, "f"), fresh, 0o600))
			failed := f.End()
			got, readErr := os.ReadFile(path)
			must(t, readErr)
			if s := string(got); s != string(old) && s != string(fresh) || err == nil && s != string(fresh) {
				t.Errorf("%q: %d bytes, %v", failed, len(s), err)
			}
			if len(failed) == 0 {
				break
			}
			if !lasting {
				names = append(names, strings.Fields(failed[0])[1])
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%q failed, and it ends with %v", failed, err)
			}
			must(t, atomicfile.Write(dir, "f", fresh))
		}
	}
	if got, want := strings.Join(names, " "), "open write chmod fsync rename fsync"; got != want {
		t.Errorf("what failed was %s, want %s", got, want)
	}
}
