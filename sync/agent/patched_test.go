package agent

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/releasetest"
	"geodrop/sync/upstreamtest"
)

// townSize is the number of places of a town, of some 80 bytes each.
const townSize = 3000

// edits are every hundredth place of a town, each time others.
func edits(round int) []int {
	var list []int
	for i := round; i < townSize; i += 100 {
		list = append(list, i)
	}
	return list
}

// publishEdited publishes three towns, with edits in the first two.
func publishEdited(t testing.TB, o *origin.Origin, round int) *manifest.Manifest {
	t.Helper()
	dir := t.TempDir()
	m := releasetest.Seal(t, dir, uint64(round),
		releasetest.Town(t, 50, townSize, edits(round)...), releasetest.Town(t, 52, townSize, edits(round)...), releasetest.Town(t, 55, townSize))
	_, err := o.Publish(t.Context(), dir, origin.Publication{})
	must(t, err)
	return m
}

const changedTowns = 2

// isPatch reports whether a request is for one.
func isPatch(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/patches/") }

// meter counts what passes through a network.
type meter struct {
	net.Listener
	sent atomic.Int64
}

func (m *meter) Accept() (net.Conn, error) {
	c, err := m.Listener.Accept()
	return &meteredConn{c, m}, err
}

type meteredConn struct {
	net.Conn
	meter *meter
}

func (c *meteredConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.meter.sent.Add(int64(n))
	return n, err
}

// listenMetered serves a handler on loopback, and counts all that is sent.
func listenMetered(t testing.TB, h http.Handler) (*url.URL, *meter) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	m := &meter{Listener: s.Listener}
	s.Listener = m
	s.Start()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	u, err := url.Parse(s.URL)
	must(t, err)
	return u, m
}

// TestSmallChangeMovesLittle: one place of a hundred is edited in two towns of
// three: no more than 1.5 % of the bytes of the release goes over the wire, headers
// included.
func TestSmallChangeMovesLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	upstream, meter := listenMetered(t, o)
	n := newNode()
	a, _ := start(t, quick(t, n, upstream))
	n.await(t, publishEdited(t, o, 1).ID)
	for round := 2; round < 6; round++ {
		before, was := meter.sent.Load(), a.Status()
		m := publishEdited(t, o, round)
		n.await(t, m.ID)
		moved := meter.sent.Load() - before
		if most := m.Bytes() * 15 / 1000; moved > most {
			t.Errorf("release %d: %d bytes moved of %d", round, moved, m.Bytes())
		}
		s := a.Status()
		if s.AsSegments != was.AsSegments || s.AsPatches == was.AsPatches || len(s.Fallbacks) != 0 {
			t.Errorf("release %d: status %+v", round, s)
		}
	}
}

// TestOnePatchFromFarBehind: a node that is three releases behind gets one patch
// for a segment, not one for each release.
func TestOnePatchFromFarBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	for behind := 1; behind <= 3; behind++ {
		t.Run(fmt.Sprint(behind), func(t *testing.T) {
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			var patches atomic.Int32
			upstream := upstreamtest.Listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if isPatch(r) {
					patches.Add(1)
				}
				o.ServeHTTP(w, r)
			}))
			n := newNode()
			options := quick(t, n, upstream)
			_, stop := start(t, options)
			n.await(t, publishEdited(t, o, 1).ID)
			stop()
			var last *manifest.Manifest
			for i := range behind {
				last = publishEdited(t, o, 2+i)
			}
			a, _ := start(t, options)
			n.await(t, last.ID)
			if s := a.Status(); patches.Load() != changedTowns || s.AsSegments != 0 {
				t.Errorf("%d patches asked for, status %+v", patches.Load(), s)
			}
		})
	}
}

// patchLies are what an upstream may say instead of a patch.
func patchLies(truth http.Handler) []lieCase {
	body := func(change func(b []byte) []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			answer := recorded(truth, r)
			resend(w, answer, change(answer.Body.Bytes()))
		}
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	var first sync.Map // patches by what they lead to
	return []lieCase{
		{"flipped in the header", body(func(b []byte) []byte { b[20] ^= 1; return b }), Digest},
		{"flipped in the steps", body(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), Corrupt},
		{"cut", body(func(b []byte) []byte { return b[:len(b)/2] }), Corrupt},
		{"nothing", body(func([]byte) []byte { return nil }), Corrupt},
		{"a byte more", body(func(b []byte) []byte { return append(b, 0) }), Corrupt},
		{"zeros", body(func(b []byte) []byte { return make([]byte, len(b)) }), Corrupt},
		{"longer than it is worth", body(func([]byte) []byte { return make([]byte, 1<<20) }), Length},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for piece := make([]byte, 1<<16); r.Context().Err() == nil; {
				if _, err := w.Write(piece); err != nil {
					return
				}
			}
		}, Length},
		{"a terabyte, it says", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(1<<40))
			w.WriteHeader(http.StatusOK)
		}, Length},
		{"leads elsewhere", func(w http.ResponseWriter, r *http.Request) {
			answer := recorded(truth, r)
			first.LoadOrStore("patch", answer.Body.Bytes())
			other, _ := first.Load("patch")
			resend(w, answer, other.([]byte))
		}, Digest},
		{"a part of it", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 10-19/20")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(make([]byte, 10))
		}, Length},
		{"compressed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			resend(w, recorded(truth, r), []byte("\x1f\x8b"))
		}, Corrupt},
		{"none", status(http.StatusNotFound), Missing},
		{"a defect", status(http.StatusInternalServerError), Answer},
		{"all of it is here", status(http.StatusRequestedRangeNotSatisfiable), Length},
		{"overloaded", status(http.StatusServiceUnavailable), Overloaded},
		{"breaks off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, Network},
	}
}

// TestHostilePatches: whatever comes as a patch, the release is served, of whole
// segments where need be, and it is told why.
func TestHostilePatches(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	for i, tt := range patchLies(nil) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			lie := patchLies(o)[i].lie
			upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if isPatch(r) {
					lie(w, r)
					return
				}
				o.ServeHTTP(w, r)
			})
			n := newNode()
			options := quick(t, n, upstreamtest.Listen(t, upstream))
			options.Registry = prometheus.NewRegistry()
			a, _ := start(t, options)
			n.await(t, publishEdited(t, o, 1).ID)
			second := publishEdited(t, o, 2)
			n.await(t, second.ID)
			s := until(t, a, "settled", func(s Status) bool { return s.Fetching == "" && s.Class == "" })
			told := s.Fallbacks[tt.class]
			if told == 0 || float64(told) != figure(t, options.Registry, "geodrop_agent_patch_fallbacks_total", string(tt.class)) {
				t.Errorf("fallbacks %v, want %s", s.Fallbacks, tt.class)
			}
			noPatchesLeft(t, a, second)
		})
	}
}

// noPatchesLeft looks for files in a release that its manifest does not list.
func noPatchesLeft(t *testing.T, a *Agent, m *manifest.Manifest) {
	t.Helper()
	listed := map[string]bool{manifest.Name: true}
	for name := range m.Objects {
		listed[name] = true
	}
	entries, err := os.ReadDir(a.shelf.path(m.ID))
	must(t, err)
	for _, e := range entries {
		if !listed[e.Name()] {
			t.Errorf("%s is left in the release", e.Name())
		}
	}
}

// TestUselessPatchesAreGivenUp: after a few the rest of the release comes whole,
// without asking.
func TestUselessPatchesAreGivenUp(t *testing.T) {
	const towns = 12
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	var asked atomic.Int32
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPatch(r) {
			asked.Add(1)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		o.ServeHTTP(w, r)
	})))
	options.Parallel = 1
	start(t, options)
	for round := 1; round <= 2; round++ {
		var segments [][]byte
		for i := range towns {
			segments = append(segments, releasetest.Town(t, 45+i, 200, round))
		}
		dir := t.TempDir()
		m := releasetest.Seal(t, dir, uint64(round), segments...)
		_, err := o.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
		n.await(t, m.ID)
	}
	if got := asked.Load(); got != maxUseless {
		t.Errorf("%d patches were asked for, want %d", got, maxUseless)
	}
}

// TestPatchesNotAskedFor: what the options rule out.
func TestPatchesNotAskedFor(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"turned off": func(o *Options) { o.WithoutPatches = true },
		"too large":  func(o *Options) { o.MaxPatched = 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			var asked atomic.Int32
			n := newNode()
			options := quick(t, n, upstreamtest.Listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if isPatch(r) {
					asked.Add(1)
				}
				o.ServeHTTP(w, r)
			})))
			change(&options)
			a, _ := start(t, options)
			n.await(t, publishEdited(t, o, 1).ID)
			n.await(t, publishEdited(t, o, 2).ID)
			if s := a.Status(); asked.Load() != 0 || s.AsPatches != 0 || len(s.Fallbacks) != 0 {
				t.Errorf("%d patches asked for, status %+v", asked.Load(), s)
			}
		})
	}
}

// TestPatchOfDamagedSegments: the segments on the disk are not those that the
// manifest lists; the new ones are.
func TestPatchOfDamagedSegments(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, path string)
		class  Class
	}{
		{"flipped", func(t *testing.T, path string) { flip(t, path) }, Digest},
		{"cut", func(t *testing.T, path string) {
			must(t, os.Chmod(path, 0o644))
			must(t, os.Truncate(path, 10_000))
		}, Damaged},
		{"zeros", func(t *testing.T, path string) {
			must(t, atomicfile.Write(filepath.Dir(path), filepath.Base(path), make([]byte, 10_000)))
		}, Damaged},
		{"away", func(t *testing.T, path string) { must(t, os.Remove(path)) }, Damaged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			n := newNode()
			a, _ := start(t, quick(t, n, upstreamtest.Listen(t, o)))
			first := publishEdited(t, o, 1)
			n.await(t, first.ID)
			until(t, a, "settled", func(s Status) bool { return s.Fetching == "" })
			tt.damage(t, filepath.Join(a.shelf.path(first.ID), first.Segments[0].FileName(manifest.SegmentKind)))
			n.await(t, publishEdited(t, o, 2).ID)
			if s := a.Status(); s.Fallbacks[tt.class] != 1 || s.AsPatches == 0 {
				t.Errorf("status %+v, want one fallback for %s", s, tt.class)
			}
		})
	}
}

// TestPatchResumes: a patch that broke off goes on where it was.
func TestPatchResumes(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	ranges := make(chan string, 100)
	n := newNode()
	options := quick(t, n, upstreamtest.Listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isPatch(r) {
			o.ServeHTTP(w, r)
			return
		}
		ranges <- r.Header.Get("Range")
		if r.Header.Get("Range") != "" {
			o.ServeHTTP(w, r)
			return
		}
		answer := recorded(o, r)
		w.Header().Set("Content-Length", answer.Header().Get("Content-Length"))
		_, _ = w.Write(answer.Body.Bytes()[:100])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})))
	options.Parallel = 1
	a, _ := start(t, options)
	n.await(t, publishEdited(t, o, 1).ID)
	n.await(t, publishEdited(t, o, 2).ID)
	if s := a.Status(); len(s.Fallbacks) != 0 || s.AsPatches == 0 {
		t.Errorf("status %+v", s)
	}
	var asked []string
	for len(ranges) > 0 {
		asked = append(asked, <-ranges)
	}
	if got := fmt.Sprintf("%q", asked); got != `["" "bytes=100-" "" "bytes=100-"]` {
		t.Errorf("asked for %s", got)
	}
}

// TestChannelMovesWhilePatching: while the patches to one release come, the
// channel moves on twice, and those patches are gone. The node comes to the last
// release.
func TestChannelMovesWhilePatching(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{Keep: 1, Linger: time.Nanosecond})
	held, goOn := make(chan struct{}, 100), make(chan struct{})
	n := newNode()
	a, _ := start(t, quick(t, n, upstreamtest.Listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPatch(r) {
			held <- struct{}{}
			<-goOn
		}
		o.ServeHTTP(w, r)
	}))))
	n.await(t, publishEdited(t, o, 1).ID)
	publishEdited(t, o, 2)
	<-held
	publishEdited(t, o, 3)
	last := publishEdited(t, o, 4)
	close(goOn)
	n.await(t, last.ID)
	until(t, a, "settled", func(s Status) bool { return s.Fetching == "" && s.Class == "" })
	noPatchesLeft(t, a, last)
}

// TestSlowPatches: an upstream that never answers for patches, or drips them, is
// not waited for long.
func TestSlowPatches(t *testing.T) {
	for name, slow := range map[string]func(r *http.Request, o http.Handler) (*http.Response, error){
		"never answers": func(r *http.Request, _ http.Handler) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"drips": func(r *http.Request, o http.Handler) (*http.Response, error) {
			resp := through(o, r)
			resp.Body = &drip{r.Context(), resp.Body}
			return resp, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := upstreamtest.OpenOrigin(t, origin.Options{})
				n := newNode()
				options := Options{Upstreams: hosts("one"), Dir: t.TempDir(), Serve: n.Serve}
				options.Client = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
					if isPatch(r) {
						return slow(r, o)
					}
					return through(o, r), nil
				})}
				_, stop := start(t, options)
				n.await(t, publishEdited(t, o, 1).ID)
				second := publishEdited(t, o, 2)
				began := time.Now()
				n.await(t, second.ID)
				if took := time.Since(began); took > 2*time.Minute {
					t.Errorf("served after %v", took)
				}
				stop()
			})
		})
	}
}

// TestPatchedFleet: a hundred agents come to a small change by patches alone;
// what the origin sends is counted.
func TestPatchedFleet(t *testing.T) {
	agents := fleetSize()
	registry := prometheus.NewRegistry()
	o := upstreamtest.OpenOrigin(t, origin.Options{Registry: registry})
	transport := &http.Transport{MaxIdleConnsPerHost: agents}
	t.Cleanup(transport.CloseIdleConnections)
	upstream := upstreamtest.Listen(t, o)
	nodes := make([]*node, agents)
	for i := range nodes {
		nodes[i] = newNode()
		options := quick(t, nodes[i], upstream)
		options.Log, options.Wait = nil, 0
		options.Client = &http.Client{Transport: transport}
		start(t, options)
	}
	publish := func(round int) (patches, segments float64) {
		m := publishEdited(t, o, round)
		for _, n := range nodes {
			n.await(t, m.ID)
		}
		const sent = "geodrop_origin_sent_bytes_total"
		return figure(t, registry, sent, "patch"), figure(t, registry, sent, "segment")
	}
	_, whole := publish(1)
	patches, segments := publish(2)
	held := figure(t, registry, "geodrop_origin_patch_bytes", "")
	if segments != whole || patches != float64(agents)*held || held == 0 {
		t.Errorf("%v bytes of segments and %v of patches for %d agents, where the patches have %v", segments-whole, patches, agents, held)
	}
}

// TestPatchIntake: which answers a patch goes on with, when 40 bytes of 100 are
// here and up to 200 would be worth it.
func TestPatchIntake(t *testing.T) {
	tests := []struct {
		name   string
		status int
		length int64 // -1: not told
		ranged string
		class  Class
		have   int64 // afterwards
		size   int64
	}{
		{"the rest", 206, 60, "bytes 40-99/100", "", 40, 100},
		{"the rest, without a length", 206, -1, "bytes 40-99/100", "", 40, 100},
		{"all", 200, 100, "", "", 0, 100},
		{"nothing", 200, 0, "", "", 0, 0},
		{"as much as is worth it", 200, 200, "", "", 0, 200},
		{"more than is worth it", 200, 201, "", Length, 0, 201},
		{"the rest of more than is worth it", 206, 161, "bytes 40-200/201", Length, 40, 201},
		{"all, without a length", 200, -1, "", Length, 0, -1},
		{"it was all", 416, 0, "bytes */40", "", 40, 40},
		{"it was too much", 416, 0, "bytes */39", Length, 40, -1},
		{"from elsewhere", 206, 60, "bytes 39-98/100", Length, 40, -1},
		{"not to the end", 206, 60, "bytes 40-98/100", Length, 40, -1},
		{"of unknown length", 206, 60, "bytes 40-99/*", Length, 40, -1},
		{"of negative length", 206, 60, "bytes 40--2/-1", Length, 40, -1},
		{"from nowhere", 206, 60, "", Length, 40, -1},
		{"moved", 301, 0, "", Answer, 40, -1},
		{"gone", 410, 0, "", Missing, 40, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "a.part"), bytes.Repeat([]byte("x"), 40), 0o600))
			part, err := atomicfile.OpenPart(dir, "a")
			must(t, err)
			defer func() { must(t, part.Close()) }()
			in, err := newPatchIntake(base{to: manifest.Segment{Object: manifest.Object{Bytes: 402}}}, part, nil)
			must(t, err)
			resp := &http.Response{
				StatusCode: tt.status, ContentLength: tt.length, Header: http.Header{"Content-Range": {tt.ranged}},
				Request: &http.Request{URL: &url.URL{Scheme: "http", Host: "one"}},
			}
			err = in.begin(resp)
			if (err == nil) != (tt.class == "") || err != nil && classOf(err) != tt.class || in.have != tt.have || in.size != tt.size {
				t.Errorf("begin = %v with %d bytes here of %d, want class %q with %d of %d", err, in.have, in.size, tt.class, tt.have, tt.size)
			}
			if done, _ := in.complete(); done != (tt.have == tt.size) {
				t.Errorf("complete %v", done)
			}
			if _, err := in.Write(make([]byte, max(0, tt.size-tt.have)+1)); classOf(err) != Length {
				t.Errorf("more bytes than told: %v", err)
			}
		})
	}
}
