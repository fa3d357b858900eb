//go:build amd64 || arm64

package relay

import (
	"fmt"
	"iter"
	"net/http"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

// TestFailingDisk: whichever operation on a file of a relay fails, alone or with
// all that take space after it, nobody gets a whole object that is another; what it has
// it sends, and the next who asks gets the object, also from a relay that begins anew.
func TestFailingDisk(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	const most = 24
	var names []string
	for i := range most {
		names = append(names, fmt.Sprint("s", i))
	}
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	m := publish(t, o, 1, names...)
	upstream := upstreamtest.Listen(t, o)
	disktest.NewFaults(t).Sweep(t, disktest.Sweep{Ends: 3}, func(t *testing.T, attempts iter.Seq[*disktest.Attempt]) {
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
		last := 0
		for a := range attempts {
			if last = a.N; last == most {
				t.Fatalf("%d objects are too few", most)
			}
			before := false
			_ = a.Fail(options.Dir, func() error {
				if before = whole(0); !whole(a.N) {
					return a.Errno // for which it was refused
				}
				return nil
			})
			if !before || !whole(a.N) {
				t.Fatalf("%q: what was there came: %t; or then what was not does not", a.Failed, before)
			}
		}
		stop()
		options.Registry = nil
		_, at, _ = start(t, options)
		for i := range last + 1 {
			if !whole(i) {
				t.Errorf("then object %d does not come", i)
			}
		}
	})
}
