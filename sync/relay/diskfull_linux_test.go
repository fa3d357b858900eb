package relay

import (
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"geodrop/sync/disktest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

// TestDiskFull: what a relay has no space for it does not send, nor half of it;
// what it has it does. With space again it carries all.
func TestDiskFull(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	disk := disktest.NewSmall(t, "4m")
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	options := quick(t, upstreamtest.Listen(t, o))
	options.Dir = filepath.Join(disk.Dir, "relay")
	_, at, _ := start(t, options)
	m := publish(t, o, 1, "a", "b", "c")
	get := func(i int) (status int, whole bool) {
		s := m.Segments[i]
		resp, err := http.Get(at.JoinPath("v1", "objects", string(s.Digest)).String())
		must(t, err)
		defer resp.Body.Close() // read only: nothing to lose
		b, err := io.ReadAll(resp.Body)
		return resp.StatusCode, err == nil && int64(len(b)) == s.Bytes
	}
	if status, whole := get(0); status != http.StatusOK || !whole {
		t.Fatalf("before: %d, whole %v", status, whole)
	}
	for _, kilobytes := range []int64{0, 8, 100, 190} {
		disk.Fill(kilobytes << 10)
		if status, whole := get(1); whole {
			t.Errorf("with %d kB: %d, and it is whole", kilobytes, status)
		}
		if status, whole := get(0); status != http.StatusOK || !whole {
			t.Errorf("with %d kB, what is there: %d, whole %v", kilobytes, status, whole)
		}
		disk.Free()
	}
	began := time.Now()
	for i := range m.Segments {
		if status, whole := get(i); status != http.StatusOK || !whole {
			t.Errorf("with space again: %d, whole %v", status, whole)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("%v after there was space", took)
	}
}
