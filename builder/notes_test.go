package builder

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"geodrop/sync/manifest"
)

// TestNotesVersion: whoever changes the bytes of segments or area files changes the version of
// the notes with them. Else a build upon a release of the program before would
// mix the two.
func TestNotesVersion(t *testing.T) {
	dir := t.TempDir()
	built(t, town(t, 3000, 50), Options{Out: dir, SegmentBytes: 20_000})
	sum := sha256.New()
	for _, name := range objects(t, dir) {
		if !strings.HasSuffix(name, manifest.CatalogKind) { // made anew each time
			fmt.Fprintln(sum, name)
		}
	}
	const version, want = 1, "3031b38dc468f978"
	if got := fmt.Sprintf("%.8x", sum.Sum(nil)); notesVersion != version || got != want {
		t.Errorf("segments of notes version %d are %s; the test has version %d and %s: change version and digest together", notesVersion, got, version, want)
	}
}
