package agent

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/patch"
	"geodrop/sync/releasetest"
	"geodrop/sync/upstreamtest"
)

// TestPatchFromTheReleaseBefore: where no patch leads from the release that is
// served, one from the release before will do.
func TestPatchFromTheReleaseBefore(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	var without atomic.Pointer[manifest.Manifest]
	n := newNode()
	a, _ := start(t, quick(t, n, upstreamtest.Listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m := without.Load(); m != nil {
			for _, s := range m.Segments {
				if strings.HasSuffix(r.URL.Path, "/"+string(patch.Key([]manifest.Segment{s}))) {
					w.WriteHeader(http.StatusNotFound)
					return
				}
			}
		}
		o.ServeHTTP(w, r)
	}))))
	n.await(t, publishEdited(t, o, 1).ID)
	second := publishEdited(t, o, 2)
	n.await(t, second.ID)
	before := until(t, a, "settled", func(s Status) bool { return s.Fetching == "" })
	without.Store(second)
	n.await(t, publishEdited(t, o, 3).ID)
	if s := a.Status(); s.AsSegments != before.AsSegments || s.AsPatches == before.AsPatches || len(s.Fallbacks) != 0 {
		t.Errorf("status %+v", s)
	}
}

// TestBegunWhole: a segment of which a part came whole goes on so after a
// restart, though there is a patch by then.
func TestBegunWhole(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	upstream := newLiar(o)
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, upstream))
	options.Parallel = 1
	_, stop := start(t, options)
	first := publishEdited(t, o, 1)
	n.await(t, first.ID)
	stop()
	stuck := make(chan struct{}, 1)
	upstream.tell(func(w http.ResponseWriter, r *http.Request) {
		answer := recorded(o, r)
		switch b := answer.Body.Bytes(); {
		case isPatch(r):
			w.WriteHeader(http.StatusNotFound)
		case object(r) && len(b) > 100_000:
			w.Header().Set("Content-Length", answer.Header().Get("Content-Length"))
			_, _ = w.Write(b[:1000])
			_ = http.NewResponseController(w).Flush()
			stuck <- struct{}{}
			<-r.Context().Done()
		default:
			resend(w, answer, b)
		}
	})
	second := publishEdited(t, o, 2)
	a, stop := start(t, options)
	<-stuck
	until(t, a, "at the first bytes", func(Status) bool { return a.partial(t, second) == 1000 })
	stop()
	var whole atomic.Bool
	upstream.tell(func(w http.ResponseWriter, r *http.Request) {
		if filepath.Base(r.URL.Path) == string(second.Segments[0].Digest) && r.Header.Get("Range") == "bytes=1000-" {
			whole.Store(true)
		}
		o.ServeHTTP(w, r)
	})
	a, _ = start(t, options)
	n.await(t, second.ID)
	if s := a.Status(); !whole.Load() || s.AsPatches == 0 || s.AsSegments != second.Segments[0].Bytes-1000 {
		t.Errorf("went on whole: %v, status %+v", whole.Load(), s)
	}
}

// TestSamePatchIsAskedForOnce: two releases on the disk that share a segment are
// one beginning.
func TestSamePatchIsAskedForOnce(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{WithoutPatches: true})
	var asked atomic.Int32
	n := newNode()
	start(t, quick(t, n, upstreamtest.Listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPatch(r) {
			asked.Add(1)
		}
		o.ServeHTTP(w, r)
	}))))
	same := releasetest.Town(t, 50, 100)
	for round, segments := range [][][]byte{{same}, {same, releasetest.Town(t, 52, 100)}, {releasetest.Town(t, 50, 100, 1)}} {
		dir := t.TempDir()
		m := releasetest.Seal(t, dir, uint64(round+1), segments...)
		_, err := o.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
		n.await(t, m.ID)
	}
	if got := asked.Load(); got != 1 {
		t.Errorf("asked %d times for one patch", got)
	}
}
