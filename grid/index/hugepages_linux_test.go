package index_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"geodrop/grid/index"
)

// TestHugePagesAreAsked looks for the advice ("hg") among the kernel's flags of
// the mapping.
func TestHugePagesAreAsked(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this kernel has no huge pages: ", err)
	}
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := os.WriteFile(path, mediumSegment(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{false, true} {
		s, err := index.Open(path, index.Options{HugePages: want})
		if err != nil {
			t.Fatal(err)
		}
		maps, err := os.ReadFile("/proc/self/smaps")
		if err != nil {
			t.Fatal(err)
		}
		_, of, found := bytes.Cut(maps, []byte(path+"\n"))
		_, flags, ok := bytes.Cut(of, []byte("VmFlags:"))
		flags, _, _ = bytes.Cut(flags, []byte("\n"))
		if asked := bytes.Contains(flags, []byte(" hg")); !found || !ok || asked != want {
			t.Errorf("HugePages %v: the mapping has the flags %q", want, flags)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
