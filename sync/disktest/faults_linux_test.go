//go:build amd64 || arm64

package disktest

import (
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/sync/atomicfile"
)

// TestFaults: whichever operation on a folder fails, a file that is replaced as it
// should be is the old one or the new one; elsewhere nothing fails.
func TestFaults(t *testing.T) {
	if !Alone(t, 0) {
		return
	}
	NewFaults(t).Sweep(t, Sweep{Ends: 6}, func(t *testing.T, attempts iter.Seq[*Attempt]) {
		var names []string
		for a := range attempts {
			dir, elsewhere := t.TempDir(), t.TempDir()
			path := filepath.Join(dir, "f")
			must(t, os.WriteFile(path, old, 0o600))
			err := a.Fail(dir, func() error {
				must(t, os.WriteFile(filepath.Join(elsewhere, "f"), fresh, 0o600))
				return atomicfile.Write(dir, "f", fresh)
			})
			got, readErr := os.ReadFile(path)
			must(t, readErr)
			if s := string(got); s != string(old) && s != string(fresh) || err == nil && s != string(fresh) {
				t.Errorf("%q: %d bytes, %v", a.Failed, len(s), err)
			}
			if (err == nil) != (len(a.Failed) == 0) {
				t.Errorf("%q failed, and it ends with %v", a.Failed, err)
			}
			if len(a.Failed) > 0 {
				names = append(names, strings.Fields(a.Failed[0])[1])
			}
			must(t, atomicfile.Write(dir, "f", fresh))
		}
		if got, want := strings.Join(names, " "), "open write chmod fsync rename fsync"; got != want {
			t.Errorf("what failed was %s, want %s", got, want)
		}
	})
}
