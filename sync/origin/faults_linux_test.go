//go:build amd64 || arm64

package origin

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
)

// TestFailingDisk: whichever operation on a file of the origin fails, alone or
// with all that take space after it, what nodes are told of is whole, also when the
// origin is started again; publishing again brings the new release.
func TestFailingDisk(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	faults := disktest.NewFaults(t)
	for name, tt := range map[string]struct {
		errno   syscall.Errno
		lasting bool
	}{"full disk": {syscall.ENOSPC, true}, "EIO": {syscall.EIO, false}} {
		t.Run(name, func(t *testing.T) {
			dir, ended := t.TempDir(), 0
			o, err := Open(Options{Dir: dir, Keep: 1})
			must(t, err)
			now, _ := publish(t, o, 1, "a")
			for n := 1; ; n++ {
				release := t.TempDir()
				next := seal(t, release, uint64(n+1), "a", fmt.Sprint("b", n))
				faults.Fail(dir, n, tt.errno, tt.lasting)
				_, failure := o.Publish(t.Context(), release, Publication{})
				failed := faults.End()
				if failure != nil && (!errors.Is(failure, tt.errno) || len(failed) == 0) {
					t.Fatalf("%q: it ends with %v", failed, failure)
				}
				told(t, failed, o, now, next, failure == nil)
				must(t, o.Close())
				o, err = Open(Options{Dir: dir, Keep: 1})
				must(t, err)
				told(t, failed, o, now, next, failure == nil)
				if failure != nil {
					ended++
				}
				p, err := o.Publish(t.Context(), release, Publication{})
				must(t, err)
				if must(t, sound(o, next)); p.Release != next.ID {
					t.Fatalf("%q: then the channel is at %+v", failed, p)
				}
				if now = next; len(failed) == 0 {
					break
				}
			}
			must(t, o.Close())
			if t.Logf("%d publications ended", ended); ended < 8 {
				t.Errorf("%d publications ended", ended)
			}
		})
	}
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
