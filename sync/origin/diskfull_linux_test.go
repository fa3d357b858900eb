package origin

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
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

// TestFailingDisk: where fsync, or rename, of some file fails, what is published
// still is, or the new release; and the next process publishes it.
func TestFailingDisk(t *testing.T) {
	most := 4
	if testing.Short() {
		most = 2
	}
	for _, call := range []string{"fsync", "renameat"} {
		t.Run(call, func(t *testing.T) {
			failures := 0
			for n := 1; n <= most; n++ {
				dir, now, next := beforeNext(t)
				c := exec.Command(os.Args[0])
				c.Env = append(os.Environ(), publishEnv+"="+dir)
				disktest.Fail(t, c, call, "EIO", n)
				out, err := c.CombinedOutput()
				if err != nil {
					failures++
					if !strings.Contains(string(out), "input/output error") || !strings.Contains(string(out), dir) {
						t.Errorf("%v: %s: no file is named, or another error", err, out)
					}
				}
				o := open(t, Options{Dir: filepath.Join(dir, "origin"), Keep: 1})
				p, ok := o.Pointer(manifest.DefaultChannel)
				switch {
				case !ok || p.Release != now.ID && p.Release != next.ID || err == nil && p.Release != next.ID:
					t.Errorf("after %v the channel is at %+v", err, p)
				case p.Release == now.ID:
					must(t, sound(o, now))
				}
				if p, err := o.Publish(t.Context(), filepath.Join(dir, "next"), Publication{}); err != nil || p.Release != next.ID {
					t.Errorf("then: %+v, %v", p, err)
				}
				must(t, sound(o, next))
			}
			if failures == 0 {
				t.Errorf("no %s failed", call)
			}
		})
	}
}
