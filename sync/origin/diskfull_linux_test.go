package origin

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"geodrop/sync/disktest"
)

// TestDiskFull: on a disk with no space for all of a release nothing that can be
// seen changes, and the error names a file; with space again it is published, by
// this process, or by the next one.
func TestDiskFull(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	disk := disktest.NewSmall(t, "4m")
	dir := filepath.Join(disk.Dir, "origin")
	o := open(t, Options{Dir: dir, Keep: 2})
	now, _ := publish(t, o, 1, "a", "b")
	failures := 0
	for i, kilobytes := range []int64{0, 4, 12, 16, 20, 24, 28, 32, 40, 60} {
		release := t.TempDir()
		next := seal(t, release, uint64(i+2), "a", "c"+strings.Repeat("c", i))
		before := ask(o, "GET", "/v1/channels/main").Body.String()
		disk.Fill(kilobytes << 10)
		_, err := o.Publish(t.Context(), release, Publication{})
		switch {
		case err == nil: // there was space enough
		case !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir):
			t.Errorf("with %d kB: %v, want no space, and a file", kilobytes, err)
		case ask(o, "GET", "/v1/channels/main").Body.String() != before:
			t.Errorf("with %d kB: the channel has changed", kilobytes)
		default:
			failures++
			must(t, sound(o, now))
		}
		disk.Free()
		if p, err := o.Publish(t.Context(), release, Publication{}); err != nil || p.Release != next.ID {
			t.Errorf("with space again: %+v, %v", p, err)
		}
		must(t, sound(o, next))
		now = next
	}
	if failures < 5 {
		t.Errorf("the disk was full %d times", failures)
	}
}
