//go:build amd64 || arm64

package origin

import (
	"fmt"
	"iter"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
)

// TestFailingDisk: whichever operation on a file of the origin fails, alone or
// with all that take space after it, what nodes are told of is whole, also when the
// origin is started again; publishing again brings the new release.
func TestFailingDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	if !disktest.Alone(t, 0) {
		return
	}
	disktest.NewFaults(t).Sweep(t, disktest.Sweep{Ends: 8}, func(t *testing.T, attempts iter.Seq[*disktest.Attempt]) {
		dir := t.TempDir()
		o, err := Open(Options{Dir: dir, Keep: 1})
		must(t, err)
		now, _ := publish(t, o, 1, "a")
		for a := range attempts {
			release := t.TempDir()
			next := seal(t, release, uint64(a.N+1), "a", fmt.Sprint("b", a.N))
			failure := a.Fail(dir, func() error {
				_, err := o.Publish(t.Context(), release, Publication{})
				return err
			})
			told(t, a.Failed, o, now, next, failure == nil)
			must(t, o.Close())
			o, err = Open(Options{Dir: dir, Keep: 1})
			must(t, err)
			told(t, a.Failed, o, now, next, failure == nil)
			p, err := o.Publish(t.Context(), release, Publication{})
			must(t, err)
			if must(t, sound(o, next)); p.Release != next.ID {
				t.Fatalf("%q: then the channel is at %+v", a.Failed, p)
			}
			now = next
		}
		must(t, o.Close())
	})
}

// told fails unless nodes are told of one of two releases, of the second where it was
// published, and all of it is there.
func told(t *testing.T, failed []string, o *Origin, now, next *manifest.Manifest, published bool) {
	t.Helper()
	p, ok := o.Pointer(manifest.DefaultChannel)
	m := now
	if p.Release == next.ID {
		m = next
	}
	if !ok || p.Release != m.ID || published && m != next {
		t.Fatalf("%q: the channel is at %+v, want %s or %s", failed, p, now.ID, next.ID)
	}
	if err := sound(o, m); err != nil {
		t.Fatalf("%q: %v", failed, err)
	}
}
