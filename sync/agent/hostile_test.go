package agent

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/upstreamtest"
)

// lies are what an upstream may do to the release after the one that is served,
// which was taken at a version.
func lies(first, second *manifest.Manifest, taken uint64, truth http.Handler) []lieCase {
	objects := func(lie func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if object(r) {
				lie(w, r)
				return
			}
			truth.ServeHTTP(w, r)
		}
	}
	body := func(change func(b []byte) []byte) http.HandlerFunc {
		return objects(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			answer := recorded(truth, r)
			resend(w, answer, change(answer.Body.Bytes()))
		})
	}
	pointer := func(change func(p manifest.Pointer) manifest.Pointer) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if object(r) {
				truth.ServeHTTP(w, r)
				return
			}
			r.Header.Del("If-None-Match")
			answer := recorded(truth, r)
			p, err := manifest.ParsePointer(answer.Body.Bytes())
			if err != nil {
				panic(err)
			}
			b, err := change(p).Encode()
			if err != nil {
				panic(err)
			}
			w.Header().Set("ETag", strconv.Quote(string(manifest.ObjectOf(b).Digest)))
			_, _ = w.Write(b)
		}
	}
	channel := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, text) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	_, firstFile, _ := first.File()
	return []lieCase{
		{"flipped bit", body(func(b []byte) []byte { b[len(b)/2] ^= 4; return b }), Digest},
		{"a byte more", body(func(b []byte) []byte { return append(b, 0) }), Length},
		{"a byte fewer", body(func(b []byte) []byte { return b[1:] }), Length},
		{"endless", objects(func(w http.ResponseWriter, r *http.Request) {
			for piece := bytes.Repeat([]byte("x"), 1<<16); r.Context().Err() == nil; {
				if _, err := w.Write(piece); err != nil {
					return
				}
			}
		}), Length},
		{"ends early, in good order", objects(func(w http.ResponseWriter, r *http.Request) {
			b := recorded(truth, r).Body.Bytes()
			w.(http.Flusher).Flush() // no length
			_, _ = w.Write(b[:len(b)/2])
		}), Length},
		{"breaks off at once", objects(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), Network},
		{"mix of releases", objects(func(w http.ResponseWriter, r *http.Request) {
			path := strings.Replace(r.URL.Path, string(second.Segments[1].Digest), string(first.Segments[1].Digest), 1)
			r.URL.Path = path
			truth.ServeHTTP(w, r)
		}), Digest},
		{"range from elsewhere", objects(func(w http.ResponseWriter, r *http.Request) {
			answer := recorded(truth, r)
			w.Header().Set("Content-Range", "bytes 1-9/10")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(answer.Body.Bytes())
		}), Length},
		{"compressed", objects(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			resend(w, recorded(truth, r), []byte("\x1f\x8b"))
		}), Length},
		{"redirected for ever", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, Network},
		{"no objects", objects(status(http.StatusNotFound)), Missing},
		{"a defect", objects(status(http.StatusInternalServerError)), Answer},
		{"overloaded", objects(status(http.StatusServiceUnavailable)), Overloaded},
		{"no channel", status(http.StatusNotFound), Missing},

		{"pointer of nothing", channel("{}"), Manifest},
		{"pointer of garbage", channel("\x00\xff"), Manifest},
		{"pointer without end", channel(`{"channel":"` + strings.Repeat("a", 1<<20)), Manifest},
		{"pointer of another channel", pointer(func(p manifest.Pointer) manifest.Pointer { p.Channel = "other"; return p }), Manifest},
		{"manifest that is not there", pointer(func(p manifest.Pointer) manifest.Pointer {
			p.Manifest.Digest = manifest.ObjectOf(nil).Digest
			return p
		}), Missing},
		{"manifest of another length", pointer(func(p manifest.Pointer) manifest.Pointer { p.Manifest.Bytes++; return p }), Length},
		{"manifest that is an object", pointer(func(p manifest.Pointer) manifest.Pointer { p.Manifest = second.Areas; return p }), Manifest},
		{"manifest of another release", pointer(func(p manifest.Pointer) manifest.Pointer { p.Sequence++; return p }), Manifest},
		{"two releases of one id", pointer(func(p manifest.Pointer) manifest.Pointer { p.Release = first.ID; return p }), Manifest},
		{"older version", pointer(func(p manifest.Pointer) manifest.Pointer { p.Version = 1; return p }), Rollback},
		{"another release under the version", pointer(func(p manifest.Pointer) manifest.Pointer {
			if p.Release == second.ID {
				p.Version = taken
			}
			return p
		}), Rollback},
		{"older release", pointer(func(p manifest.Pointer) manifest.Pointer {
			p.Version, p.Release, p.Sequence, p.Manifest = p.Version+1, "r1-01234567", 1, second.Catalog
			return p
		}), Rollback},
		{"freeze", pointer(func(p manifest.Pointer) manifest.Pointer {
			p.Version, p.Release, p.Sequence, p.Manifest = 1, first.ID, first.Sequence, firstFile
			return p
		}), Rollback},
	}
}

type lieCase struct {
	name  string
	lie   http.HandlerFunc
	class Class
}

// prepared is a channel at one release, and the next one, not yet published.
func prepared(t *testing.T) (o *origin.Origin, first, second *manifest.Manifest, publishSecond func()) {
	t.Helper()
	o = upstreamtest.OpenOrigin(t, origin.Options{})
	first = publish(t, o, 10, "a", "b")
	dir, second := seal(t, 11, "a", "c")
	return o, first, second, func() {
		t.Helper()
		_, err := o.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
	}
}

// TestHostileUpstream: nothing that an upstream does changes what is served; it
// is reported, and over as soon as the upstream is honest.
func TestHostileUpstream(t *testing.T) {
	_, f, s, _ := prepared(t)
	for i, tt := range lies(f, s, 0, nil) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, first, second, publishSecond := prepared(t)
			upstream := newLiar(o)
			n := newNode()
			a, _ := start(t, quick(t, n, upstreamtest.Listen(t, upstream)))
			n.await(t, first.ID)
			at, _ := o.Pointer(manifest.DefaultChannel)
			upstream.tell(lies(first, second, at.Version, o)[i].lie)
			publishSecond()
			got := until(t, a, "refused as "+string(tt.class), withClass(tt.class))
			if got.Release != first.ID || got.Error == "" {
				t.Errorf("status %+v, want that %s is served still", got, first.ID)
			}
			if len(n.swaps) != 0 {
				t.Errorf("%s was served meanwhile", <-n.swaps)
			}
			upstream.tell(nil)
			n.await(t, second.ID)
			until(t, a, "settled", withClass(""))
		})
	}
}

// TestHonestUpstreamBesideHostile: one upstream that is honest is enough.
func TestHonestUpstreamBesideHostile(t *testing.T) {
	_, f, s, _ := prepared(t)
	for i, tt := range lies(f, s, 0, nil) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, first, second, publishSecond := prepared(t)
			upstream := newLiar(o)
			n := newNode()
			options := quick(t, n, upstreamtest.Listen(t, upstream), upstreamtest.Listen(t, o))
			options.Registry = prometheus.NewRegistry()
			start(t, options)
			n.await(t, first.ID)
			at, _ := o.Pointer(manifest.DefaultChannel)
			upstream.tell(lies(first, second, at.Version, o)[i].lie)
			publishSecond()
			n.await(t, second.ID)
		})
	}
}
