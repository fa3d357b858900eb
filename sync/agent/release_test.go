package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

// dark is an upstream that nobody listens at.
func dark(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse("http://127.0.0.1:1")
	must(t, err)
	return u
}

// onDisk are the releases in an agent's folder.
func onDisk(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, releasesDir))
	must(t, err)
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Name())
	}
	return ids
}

// TestStartsWithoutUpstream: what was served is served again.
func TestStartsWithoutUpstream(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, o))
	_, stop := start(t, options)
	m := publish(t, o, 1, "a")
	n.await(t, m.ID)
	stop()
	options.Upstreams = []*url.URL{dark(t)}
	a, stop := start(t, options)
	n.await(t, m.ID)
	s := until(t, a, "without an upstream", withClass(Network))
	if s.Release != m.ID || s.Sequence != 1 || !s.LastContact.IsZero() {
		t.Errorf("status %+v", s)
	}
	stop()
	options.Upstreams = []*url.URL{upstreamtest.Listen(t, o)}
	start(t, options)
	n.await(t, publish(t, o, 2, "b").ID)
}

// TestReturnsToAnOlderRelease: one that is still there is served at once.
func TestReturnsToAnOlderRelease(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	a, _ := start(t, quick(t, n, upstreamtest.Listen(t, o)))
	first := publish(t, o, 1, "a")
	n.await(t, first.ID)
	second := publish(t, o, 2, "b")
	n.await(t, second.ID)
	before := a.Status().Fetched
	_, err := o.Point("", first.ID)
	must(t, err)
	n.await(t, first.ID)
	if after := a.Status().Fetched; after != before {
		t.Errorf("%d bytes fetched to return", after-before)
	}
	_, err = o.Point("", second.ID)
	must(t, err)
	n.await(t, second.ID)
}

// TestRefusedRelease: a release that cannot be served is never tried again, not
// after a restart either; the next one is.
func TestRefusedRelease(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, o))
	a, stop := start(t, options)
	first := publish(t, o, 1, "a")
	n.await(t, first.ID)
	dir, bad := seal(t, 2, "bad")
	var tries atomic.Int32
	n.refuse(bad.ID, func() error { tries.Add(1); return errBroken })
	_, err := o.Publish(t.Context(), dir, origin.Publication{})
	must(t, err)
	until(t, a, "refused", withClass(Refused))
	stop()
	a, _ = start(t, options)
	n.await(t, first.ID)
	until(t, a, "refused after a restart", withClass(Refused))
	asked := a.Status().LastContact
	s := until(t, a, "asked again", func(s Status) bool { return s.LastContact.After(asked) })
	if s.Class != Refused {
		t.Errorf("while the channel is at a bad release the status is %+v", s)
	}
	if s.Release != first.ID || s.LastContact.IsZero() || tries.Load() != 1 {
		t.Errorf("tried %d times, status %+v", tries.Load(), s)
	}
	if got := onDisk(t, options.Dir); !slices.Equal(got, []string{first.ID}) {
		t.Errorf("on the disk: %q", got)
	}
	n.await(t, publish(t, o, 3, "c").ID)
}

// TestTransientRefusal: a release that could not be served for a reason of the
// node's is tried again.
func TestTransientRefusal(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	start(t, quick(t, n, upstreamtest.Listen(t, o)))
	n.await(t, publish(t, o, 1, "a").ID)
	dir, m := seal(t, 2, "b")
	var tries atomic.Int32
	n.refuse(m.ID, func() error {
		if tries.Add(1) < 4 {
			return fmt.Errorf("out of memory: %w", ErrTransient)
		}
		return nil
	})
	_, err := o.Publish(t.Context(), dir, origin.Publication{})
	must(t, err)
	n.await(t, m.ID)
	if got := tries.Load(); got != 4 {
		t.Errorf("served at try %d, want 4", got)
	}
}

// TestDamageOnTheDisk: a release whose files change while it is served gives way
// to the one before, and comes back, fetched anew: the file that both share is
// damaged in both, whether the node sees that or not.
func TestDamageOnTheDisk(t *testing.T) {
	for _, careless := range []bool{false, true} {
		t.Run(fmt.Sprintf("careless %v", careless), func(t *testing.T) {
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			n := newNode()
			n.careless = careless
			a, stop := start(t, quick(t, n, upstreamtest.Listen(t, o)))
			first := publish(t, o, 1, "a", "b")
			n.await(t, first.ID)
			second := publish(t, o, 2, "a", "c")
			n.await(t, second.ID)
			settled := func(s Status) bool { return s.Fetching == "" && s.Class == "" && s.Release == second.ID }
			until(t, a, "settled", settled)
			flip(t, filepath.Join(a.shelf.path(second.ID), second.Segments[1].FileName(manifest.SegmentKind)))
			flip(t, filepath.Join(a.shelf.path(second.ID), second.Areas.FileName(manifest.AreasKind)))
			a.Damaged(second.ID, errBroken)
			a.Damaged("r1-00000000", errBroken) // of no release that is served
			n.await(t, second.ID)
			until(t, a, "settled again", settled)
			stop()
			must(t, a.verify(t.Context(), a.shelf.path(second.ID), a.shelf.current().Manifest))
		})
	}
}

func flip(t testing.TB, path string) {
	t.Helper()
	must(t, os.Chmod(path, 0o644))
	b, err := os.ReadFile(path)
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, os.WriteFile(path, b, 0o444))
}

// TestDamageInTheRelease: one that came as it is listed and does not hold is bad;
// the one before is served.
func TestDamageInTheRelease(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, o))
	a, _ := start(t, options)
	first := publish(t, o, 1, "a")
	n.await(t, first.ID)
	second := publish(t, o, 2, "b")
	n.await(t, second.ID)
	until(t, a, "settled", func(s Status) bool { return s.Fetching == "" && s.Release == second.ID })
	a.Damaged(second.ID, errBroken)
	n.await(t, first.ID)
	until(t, a, "waiting for another release", withClass(Refused))
	if got := onDisk(t, options.Dir); !slices.Equal(got, []string{first.ID}) {
		t.Errorf("on the disk: %q", got)
	}
	n.await(t, publish(t, o, 3, "c").ID)
}

// TestDiskFull: while the disk takes nothing, nothing changes; once it does, the
// release is served.
func TestDiskFull(t *testing.T) {
	for _, fault := range []error{syscall.ENOSPC, syscall.EIO} {
		t.Run(fault.Error(), func(t *testing.T) {
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			n := newNode()
			var full atomic.Bool
			a, _ := start(t, quick(t, n, upstreamtest.Listen(t, o)), func(a *Agent) {
				a.intercept = func(string, []byte) error {
					if full.Load() {
						return fault
					}
					return nil
				}
			})
			first := publish(t, o, 1, "a")
			n.await(t, first.ID)
			full.Store(true)
			second := publish(t, o, 2, "b")
			s := until(t, a, "short of disk", withClass(Disk))
			if s.Release != first.ID {
				t.Errorf("status %+v", s)
			}
			full.Store(false)
			n.await(t, second.ID)
		})
	}
}

// TestQuota: older releases make room; what does not fit beside the one that is
// served is not taken.
func TestQuota(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, o))
	options.Quota = 3*objectSize + 5000
	a, _ := start(t, options)
	var last *manifest.Manifest
	for i, segments := range [][]string{{"a"}, {"b"}, {"c"}, {"c", "d"}} {
		last = publish(t, o, uint64(i+1), segments...)
		n.await(t, last.ID)
		until(t, a, "settled", func(s Status) bool { return s.Fetching == "" })
	}
	if got := onDisk(t, options.Dir); len(got) != 2 {
		t.Errorf("on the disk: %q", got)
	}
	publish(t, o, 5, "e", "f")
	s := until(t, a, "over the quota", withClass(Quota))
	if s.Release != last.ID {
		t.Errorf("status %+v", s)
	}
	n.await(t, publish(t, o, 6, "c", "g").ID)
}

// TestUnreadableRelease: a release of a later format is left alone, and its
// manifest is not fetched again and again.
func TestUnreadableRelease(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	file := []byte("{\n \"format\": 99\n}\n")
	later, err := manifest.Pointer{Channel: "main", Version: 1 << 60, Release: "r2-01234567", Sequence: 2, Manifest: manifest.ObjectOf(file)}.Encode()
	must(t, err)
	upstream := newLiar(o)
	options := quick(t, n, upstreamtest.Listen(t, upstream))
	a, _ := start(t, options)
	m := publish(t, o, 1, "a")
	n.await(t, m.ID)
	var manifests, pointers atomic.Int32
	upstream.tell(func(w http.ResponseWriter, r *http.Request) {
		if object(r) {
			manifests.Add(1)
			_, _ = w.Write(file)
			return
		}
		pointers.Add(1)
		_, _ = w.Write(later)
	})
	until(t, a, "refused", withClass(Format))
	until(t, a, "asked again", func(Status) bool { return pointers.Load() > 5 })
	if got := manifests.Load(); got != 1 {
		t.Errorf("the manifest was fetched %d times", got)
	}
	upstream.tell(nil)
	n.await(t, publish(t, o, 2, "b").ID)
}

// TestShelf: which releases are kept when 1…5 are served for so long each.
func TestShelf(t *testing.T) {
	tests := []struct {
		name   string
		served []time.Duration
		want   []string
	}{
		{"one", []time.Duration{time.Hour}, []string{"r1"}},
		{"two", []time.Duration{time.Hour, time.Hour}, []string{"r2", "r1"}},
		{"all for long", []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}, []string{"r4", "r3"}},
		{"the first for long", []time.Duration{time.Hour, time.Second, time.Second, time.Second, time.Second}, []string{"r5", "r4", "r1"}},
		{"none for long", []time.Duration{time.Second, time.Second, time.Second}, []string{"r3", "r2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := openShelf(t.TempDir(), quick(t, newNode()).Log)
			must(t, err)
			at := time.UnixMilli(0)
			for i, d := range tt.served {
				must(t, s.adopt(manifest.Pointer{}, held{ID: fmt.Sprint("r", i+1), Since: at}, time.Minute))
				at = at.Add(d)
			}
			must(t, s.close())
			again, err := openShelf(s.dir, quick(t, newNode()).Log)
			must(t, err)
			var got []string
			for _, h := range again.candidates() {
				got = append(got, h.ID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("candidates %q, want %q", got, tt.want)
			}
			must(t, again.close())
		})
	}
}

// TestUnreadableIndex: without agent.json the release is found again by its
// digest, not fetched.
func TestUnreadableIndex(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, o))
	_, stop := start(t, options)
	m := publish(t, o, 1, "a")
	n.await(t, m.ID)
	stop()
	must(t, atomicfile.Write(options.Dir, indexName, []byte("{")))
	a, _ := start(t, options)
	n.await(t, m.ID)
	if s := a.Status(); s.Fetched != 0 {
		t.Errorf("%d bytes fetched", s.Fetched)
	}
}

func TestOpenRefuses(t *testing.T) {
	good := quick(t, newNode(), dark(t))
	tests := []struct {
		name   string
		change func(*Options)
	}{
		{"no upstream", func(o *Options) { o.Upstreams = nil }},
		{"nobody serves", func(o *Options) { o.Serve = nil }},
		{"no channel's name", func(o *Options) { o.Channel = "../main" }},
		{"a file's URL", func(o *Options) { o.Upstreams = []*url.URL{{Scheme: "file", Path: "/etc"}} }},
		{"no host", func(o *Options) { o.Upstreams = []*url.URL{{Scheme: "http", Path: "/origin"}} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.change(&o)
			if a, err := Open(o); err == nil {
				t.Errorf("opened: %v", a.Close())
			}
		})
	}
	a, err := Open(good)
	must(t, err)
	if _, err := Open(good); !errors.Is(err, atomicfile.ErrLocked) {
		t.Errorf("Open of a folder that is taken = %v, want ErrLocked", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.Run(ctx)
	must(t, a.Close())
}
