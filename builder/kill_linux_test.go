package builder

import (
	"math"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// folderEvents is what can happen to the files of a release.
const folderEvents = unix.IN_CREATE | unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_CLOSE_WRITE | unix.IN_MOVED_TO | unix.IN_DELETE

// killAt kills at the n-th event in a folder: a file made, written to, renamed
// or removed. It counts them in seen.
func killAt(t *testing.T, dir string, n int, seen *int) func(kill func()) (stop func()) {
	return func(kill func()) func() {
		fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unix.InotifyAddWatch(fd, dir, folderEvents); err != nil {
			t.Fatal(err)
		}
		stopped, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for *seen < n {
				*seen += readEvents(fd)
				select {
				case <-stopped:
					return
				default:
				}
			}
			kill()
		}()
		return func() {
			close(stopped)
			<-done
			if err := unix.Close(fd); err != nil {
				t.Error(err)
			}
		}
	}
}

// readEvents waits a little for events and counts them.
func readEvents(fd int) (n int) {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if ready, err := unix.Poll(poll, 20); err != nil || ready == 0 {
		return 0
	}
	var buf [16 << 10]byte
	size, err := unix.Read(fd, buf[:])
	if err != nil {
		return 0
	}
	for at := 0; at < size; n++ {
		event := (*unix.InotifyEvent)(unsafe.Pointer(&buf[at]))
		at += unix.SizeofInotifyEvent + int(event.Len)
	}
	return n
}

// A build killed after any of its writes, renames and removals leaves the old
// release, the new one or none, and the next run succeeds and cleans up.
func TestKilledAfterAnyWrite(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	t.Parallel()
	k := newKilling(t, false)
	for _, replace := range []bool{false, true} {
		events := 0
		dir := k.start(replace)
		k.run(dir, 0, killAt(t, dir, math.MaxInt, &events))
		kills := full(20)
		for i := range kills {
			n := 1 + i*(events-1)/(kills-1)
			if last := events - 100; replace && i >= kills/2 {
				n = last - 5 + i // around the seal: about 100 old objects go after it
			}
			dir, seen := k.start(replace), 0
			if _, killed := k.run(dir, 0, killAt(t, dir, n, &seen)); killed {
				k.check(dir, replace)
			}
		}
	}
	k.report(full(22), ".geodrop-tmp-", ".seg") // a kill after the last writes may come too late
}
