//go:build amd64 || arm64

package relay

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

// TestFailingDisk: whichever operation on a file of a relay fails, alone or with
// all that take space after it, nobody gets a whole object that is another; what it has
// it sends, and the next who asks gets the object, also from a relay that begins anew.
func TestFailingDisk(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	faults := disktest.NewFaults(t)
	const most = 24
	var names []string
	for i := range most {
		names = append(names, fmt.Sprint("s", i))
	}
	o := openOrigin(t, origin.Options{})
	m := publish(t, o, 1, names...)
	upstream := listen(t, o)
	for name, tt := range map[string]struct {
		errno   syscall.Errno
		lasting bool
	}{"full disk": {syscall.ENOSPC, true}, "EIO": {syscall.EIO, false}} {
		t.Run(name, func(t *testing.T) {
			options := quick(t, upstream)
			options.Log = nil
			_, at, stop := start(t, options)
			// whole reports whether an object comes whole, and fails where it is another.
			whole := func(i int) bool {
				want := m.Segments[i].Object
				resp, body, err := get(t, at, objectPath(want))
				ok := resp.StatusCode == http.StatusOK && err == nil
				if ok && manifest.ObjectOf(body) != want {
					t.Fatalf("object %d comes with %d other bytes", i, len(body))
				}
				return ok
			}
			if !whole(0) {
				t.Fatal("an object does not come")
			}
			refused, n := 0, 1
			for ; n < most; n++ {
				faults.Fail(options.Dir, n, tt.errno, tt.lasting)
				before, came := whole(0), whole(n)
				failed := faults.End()
				if !before || !came && len(failed) == 0 || !whole(n) {
					t.Fatalf("%q: what is there %t, what is not %t; then it does not come", failed, before, came)
				}
				if !came {
					refused++
				}
				if len(failed) == 0 {
					break
				}
			}
			if t.Logf("%d objects were refused", refused); refused < 3 || n == most {
				t.Errorf("%d objects of %d were refused", refused, n)
			}
			stop()
			options.Registry = nil
			_, at, _ = start(t, options)
			for i := range n {
				if !whole(i) {
					t.Errorf("then object %d does not come", i)
				}
			}
		})
	}
}
