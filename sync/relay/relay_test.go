package relay

import (
	"bytes"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/releasetest"
	"geodrop/sync/trust"
	"geodrop/sync/upstreamtest"
)

// TestNodesBehindRelays: each relay fetches each object once, however many nodes
// there are, and one request waits for all of them.
func TestNodesBehindRelays(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	c := &count{of: o}
	at := upstreamtest.Listen(t, c)
	_, near, _ := start(t, quick(t, at))
	_, far, _ := start(t, quick(t, near)) // a relay behind a relay
	var nodes []chan string
	for i := range 20 {
		nodes = append(nodes, node(t, nil, []*url.URL{near, far}[i%2]))
	}
	first := publish(t, o, 1, "a", "b", "c")
	second := publish(t, o, 2, "a", "b", "d")
	for _, n := range nodes {
		await(t, n, second.ID)
	}
	distinct := map[manifest.Object]bool{}
	for _, m := range []*manifest.Manifest{first, second} {
		_, file, err := m.File()
		must(t, err)
		distinct[file] = true
		for _, o := range m.Objects {
			distinct[o] = true
		}
	}
	if got := int(c.requests.Load()); got > len(distinct) {
		t.Errorf("the origin was asked for objects %d times, there are %d", got, len(distinct))
	}
	if got := c.channels.Load(); got > 20 {
		t.Errorf("the origin was asked for the channel %d times", got)
	}
}

// gated sends the first half of an object, and the rest when the gate opens.
func gated(body []byte, gate <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		w.(http.Flusher).Flush()
		select {
		case <-gate:
			_, _ = w.Write(body[len(body)/2:])
		case <-r.Context().Done():
		}
	}
}

// TestCoalesced: who asks for what is on its way gets it as it comes, from one
// request upstream; ranges as well.
func TestCoalesced(t *testing.T) {
	body := releasetest.Content("x", objectSize)
	object, gate := manifest.ObjectOf(body), make(chan struct{})
	c := &count{of: gated(body, gate)}
	options := quick(t, upstreamtest.Listen(t, c))
	_, at, _ := start(t, options)
	var readers sync.WaitGroup
	begun := make(chan struct{}, 100)
	for i := range 30 {
		readers.Go(func() {
			from := i * 1000
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at.JoinPath(objectPath(object)).String(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Range", "bytes="+strconv.Itoa(from)+"-")
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			resp, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close() // read only: nothing to lose
			got := make([]byte, len(body)-from)
			n := 0
			for n < len(got) {
				read, err := resp.Body.Read(got[n:])
				if n == 0 && read > 0 {
					begun <- struct{}{} // before the gate opens
				}
				if n += read; err != nil {
					break
				}
			}
			if resp.StatusCode != http.StatusPartialContent || !bytes.Equal(got[:n], body[from:]) {
				t.Errorf("from %d: %d, %d bytes", from, resp.StatusCode, n)
			}
		})
	}
	for range 30 {
		<-begun
	}
	close(gate)
	readers.Wait()
	if got := c.requests.Load(); got != 1 {
		t.Errorf("%d requests upstream, want 1", got)
	}
	resp, again, err := get(t, at, objectPath(object))
	if err != nil || !bytes.Equal(again, body) || resp.Header.Get("ETag") != `"`+string(object.Digest)+`"` || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") || c.requests.Load() != 1 {
		t.Errorf("later: %v, %d bytes, %v", resp.Header, len(again), err)
	}
	for name, want := range map[string]float64{"coalesced_total": 29, "hits_total": 1, "fetched_bytes_total": objectSize, "files": 1, "stored_bytes": objectSize} {
		if got := figure(t, options.Registry, "geodrop_relay_"+name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// TestWrongContent: nobody gets a whole file that is wrong; another upstream is
// asked next.
func TestWrongContent(t *testing.T) {
	body := releasetest.Content("x", objectSize)
	o := manifest.ObjectOf(body)
	send := func(b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(b)))
			_, _ = w.Write(b)
		}
	}
	flipped := bytes.Clone(body)
	flipped[len(body)-1] ^= 1
	tests := []struct {
		name string
		lie  http.HandlerFunc
	}{
		{"flipped", send(flipped)},
		{"a byte more", send(append(body[:len(body):len(body)], 'x'))},
		{"a byte fewer", send(body[1:])},
		{"empty", send(nil)},
		{"no length", func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			_, _ = w.Write(body)
		}},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(1<<62))
			_, _ = w.Write(body)
		}},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}},
		{"a defect", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options := quick(t, upstreamtest.Listen(t, tt.lie), upstreamtest.Listen(t, send(body)))
			options.Quota, options.MaxPause = 10*objectSize, time.Minute
			_, at, _ := start(t, options)
			for range 5 {
				resp, got, err := get(t, at, objectPath(o))
				if resp.StatusCode == http.StatusOK && err == nil {
					if !bytes.Equal(got, body) {
						t.Fatalf("it was passed on: %d bytes", len(got))
					}
					return
				}
			}
			t.Error("it never came")
		})
	}
}

// TestResumed: what broke off at one upstream goes on at another.
func TestResumed(t *testing.T) {
	body := releasetest.Content("x", objectSize)
	o := manifest.ObjectOf(body)
	for _, ranges := range []bool{true, false} {
		var asked []string
		broken := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body[:len(body)/2])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		whole := func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Header.Get("Range"))
			if !ranges {
				r.Header.Del("Range")
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		}
		_, at, _ := start(t, quick(t, upstreamtest.Listen(t, http.HandlerFunc(broken)), upstreamtest.Listen(t, http.HandlerFunc(whole))))
		_, got, err := get(t, at, objectPath(o))
		if err != nil || !bytes.Equal(got, body) || len(asked) == 0 || !strings.HasPrefix(asked[0], "bytes=") || asked[0] == "bytes=0-" {
			t.Errorf("%d bytes, %v, the other was asked for %q", len(got), err, asked)
		}
	}
}

func TestMissing(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	m := publish(t, o, 1, "a")
	none := &count{of: http.NotFoundHandler()}
	_, at, _ := start(t, quick(t, upstreamtest.Listen(t, none), upstreamtest.Listen(t, o)))
	resp, got, err := get(t, at, objectPath(m.Segments[0].Object))
	if err != nil || resp.StatusCode != 200 || len(got) != objectSize || none.requests.Load() != 1 {
		t.Errorf("one has it: %d, %d bytes, %v; the other was asked %d times", resp.StatusCode, len(got), err, none.requests.Load())
	}
	for _, path := range []string{
		"/v1/objects/" + strings.Repeat("0", 64), "/v1/objects/x", "/v1/channels/UPPER", "/v1/other", "/",
		"/v1/patches/..%2f..%2fx", "/v1/patches/.x", "/v1/patches/a/b/c/d/e", "/v1/patches/" + strings.Repeat("a", 200), "/v1/patches/a/b",
	} {
		resp, err := http.Get(at.String() + path)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != 404 {
			t.Errorf("%s: %d, want 404", path, resp.StatusCode)
		}
	}
}

// TestPatches: they are carried by their path; one whose upstream names the
// digest is compared with it.
func TestPatches(t *testing.T) {
	body := releasetest.Content("patch", 5000)
	etag, asked := "", 0
	upstream := func(w http.ResponseWriter, r *http.Request) {
		asked++
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
	_, at, _ := start(t, quick(t, upstreamtest.Listen(t, http.HandlerFunc(upstream))))
	for i, tt := range []struct {
		path, etag string
		status     int
	}{
		{"/v1/patches/a/b", "", 200},
		{"/v1/patches/a/b", "", 200},
		{"/v1/patches/a/c", `"` + string(manifest.ObjectOf(body).Digest) + `"`, 200},
		{"/v1/patches/a/d", `"` + strings.Repeat("0", 64) + `"`, 0},
	} {
		etag = tt.etag
		resp, got, err := get(t, at, tt.path)
		if ok := err == nil && resp.StatusCode == 200 && bytes.Equal(got, body); ok != (tt.status == 200) {
			t.Errorf("%d: %s: %d, %d bytes, %v", i, tt.path, resp.StatusCode, len(got), err)
		}
	}
	if asked < 3 {
		t.Errorf("asked %d times", asked)
	}
}

// TestQuota: what was not asked for longest goes; what never fits is refused.
func TestQuota(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	m := publish(t, o, 1, "a", "b", "c", "d")
	c := &count{of: o}
	options := quick(t, upstreamtest.Listen(t, c))
	options.Quota = 3*objectSize + 10
	r, at, stop := start(t, options)
	ask := func(at *url.URL, i int) int {
		t.Helper()
		resp, _, err := get(t, at, objectPath(m.Segments[i].Object))
		must(t, err)
		return resp.StatusCode
	}
	for _, i := range []int{0, 1, 2, 0, 3} { // 1 has to go
		ask(at, i)
	}
	if n, bytes := r.files.held(); n != 3 || bytes != 3*objectSize {
		t.Errorf("%d files of %d bytes", n, bytes)
	}
	before := c.requests.Load()
	for _, i := range []int{0, 2, 3} {
		ask(at, i)
	}
	if got := c.requests.Load(); got != before {
		t.Errorf("%d were fetched again", got-before)
	}
	stop()
	options.Quota, options.Registry = objectSize+10, nil
	r, at, stop = start(t, options) // the last used one stays
	if n, _ := r.files.held(); n != 1 || ask(at, 3) != 200 || c.requests.Load() != before {
		t.Errorf("after a restart with less room there are %d files", n)
	}
	stop()
	options.Quota = objectSize - 1
	_, at, _ = start(t, options)
	if code := ask(at, 0); code != http.StatusTooManyRequests {
		t.Errorf("what never fits: %d, want 429", code)
	}
}

// TestRestart: with its upstreams away a relay passes on what it has, whole;
// what the disk damaged is fetched again.
func TestRestart(t *testing.T) {
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	m := publish(t, o, 1, "a", "b")
	c := &count{of: o}
	options := quick(t, upstreamtest.Listen(t, c))
	_, at, stop := start(t, options)
	first, pointer, err := get(t, at, "/v1/channels/main")
	for began := time.Now(); err == nil && first.StatusCode != 200 && time.Since(began) < longest; { // it may not have asked yet
		first, pointer, err = get(t, at, "/v1/channels/main")
	}
	must(t, err)
	for _, s := range m.Segments {
		_, _, err := get(t, at, objectPath(s.Object))
		must(t, err)
	}
	stop()

	away := options
	dead, err := url.Parse("http://127.0.0.1:1")
	must(t, err)
	away.Upstreams, away.Registry = []*url.URL{dead}, nil
	_, at, stop = start(t, away)
	resp, again, err := get(t, at, "/v1/channels/main")
	if err != nil || resp.StatusCode != 200 || !bytes.Equal(again, pointer) {
		t.Errorf("pointer: %d %q, %v", resp.StatusCode, again, err)
	}
	if _, got, err := get(t, at, objectPath(m.Segments[0].Object)); err != nil || !bytes.Equal(got, releasetest.Content("a", objectSize)) {
		t.Errorf("object: %d bytes, %v", len(got), err)
	}
	stop()

	files, err := filepath.Glob(filepath.Join(options.Dir, "files", string(m.Segments[1].Digest)+".*"))
	must(t, err)
	must(t, atomicfile.Write(filepath.Dir(files[0]), filepath.Base(files[0]), releasetest.Content("B", objectSize)))
	before := c.requests.Load()
	options.Registry = nil
	_, at, _ = start(t, options)
	if _, got, err := get(t, at, objectPath(m.Segments[1].Object)); err != nil || !bytes.Equal(got, releasetest.Content("b", objectSize)) || c.requests.Load() != before+1 {
		t.Errorf("damaged: %d bytes, %v", len(got), err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	options := quick(t, upstreamtest.Listen(t, http.NotFoundHandler()))
	start(t, options)
	if _, err := Open(options); err == nil || !strings.Contains(err.Error(), atomicfile.ErrLocked.Error()) {
		t.Errorf("Open = %v, want ErrLocked", err)
	}
	for _, bad := range []string{"", "ftp://x/", "x:80", "/x"} {
		u, err := url.Parse(bad)
		if err != nil {
			continue
		}
		if _, err := Open(Options{Upstreams: []*url.URL{u}, Dir: t.TempDir()}); err == nil {
			t.Errorf("upstream %q is taken", bad)
		}
	}
}

// TestFull: who comes when it is full gets 429, and is told when to come back.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, err := url.Parse("http://127.0.0.1:1")
		must(t, err)
		r, err := Open(Options{
			Upstreams: []*url.URL{dead}, Dir: t.TempDir(), Client: &http.Client{Transport: never{}},
			MaxSends: 1, MaxFetches: 1, MaxWaiters: 1, MaxChannels: 1,
		})
		must(t, err)
		pauses := map[string]bool{}
		check := func(what, path string) {
			t.Helper()
			w := record(r, path)
			pause := w.Header().Get("Retry-After")
			if w.Code != http.StatusTooManyRequests || !slices.Contains([]string{"1", "2", "3", "4"}, pause) {
				t.Errorf("%s: %d, Retry-After %q", what, w.Code, pause)
			}
			pauses[pause] = true
		}
		object := "/v1/objects/" + strings.Repeat("0", 64)
		r.sends <- struct{}{}
		for range 20 {
			check("sends", object)
		}
		<-r.sends
		r.fetches <- struct{}{}
		check("fetches", object)
		<-r.fetches
		r.waiters <- struct{}{}
		check("waiters", "/v1/channels/main?wait=1")
		check("channels", "/v1/channels/other")
		<-r.waiters
		if len(pauses) < 2 {
			t.Errorf("all are told to come back after %v s", pauses)
		}
		must(t, r.Close())
	})
}

// TestRate: all answers together keep to the bound.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := rate.NewLimiter(100_000, piece)
		began := time.Now()
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				r := &pacedReader{ReadSeeker: bytes.NewReader(releasetest.Content("x", 150_000)), ctx: t.Context(), limiter: limiter}
				var got bytes.Buffer
				if _, err := got.ReadFrom(r); err != nil || got.Len() != 150_000 {
					t.Errorf("%d bytes, %v", got.Len(), err)
				}
			})
		}
		readers.Wait()
		if took := time.Since(began); took < 5*time.Second || took > 7*time.Second {
			t.Errorf("600 kB at 100 kB/s took %v", took)
		}
	})
}

// TestJudge: what upstreams say of a channel.
func TestJudge(t *testing.T) {
	at := time.UnixMilli(1e12)
	now := func() time.Time { return at }
	key, other := newKey(t), newKey(t)
	keys := trust.Keys{Trusted: []trust.Named{{Public: key.Public()}}}
	first := upstreamtest.OpenOrigin(t, origin.Options{Keys: []trust.Key{key}, Now: now})
	publish(t, first, 1, "a")
	behind := pointerOf(first)
	at = at.Add(time.Minute)
	publish(t, first, 2, "b")
	present := pointerOf(first)
	foreign := upstreamtest.OpenOrigin(t, origin.Options{Keys: []trust.Key{other}, Now: now})
	publish(t, foreign, 3, "c")
	elsewhere := upstreamtest.OpenOrigin(t, origin.Options{Keys: []trust.Key{key}, Now: now, Lineage: "elsewhere"})
	publish(t, elsewhere, 3, "c")
	unsigned := upstreamtest.OpenOrigin(t, origin.Options{Now: now})
	publish(t, unsigned, 4, "d")
	tests := []struct {
		name  string
		body  []byte
		after time.Duration
		taken bool
	}{
		{"the same", present, 0, true},
		{"behind", behind, 0, false},
		{"another key", pointerOf(foreign), 0, false},
		{"another lineage", pointerOf(elsewhere), 0, false},
		{"unsigned", pointerOf(unsigned), 0, false},
		{"expired", present, 2 * time.Hour, false},
		{"changed", bytes.Replace(present, []byte(`"sequence":2`), []byte(`"sequence":3`), 1), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options := quick(t, upstreamtest.Listen(t, http.NotFoundHandler()))
			options.Trust, options.Now = func() (trust.Keys, error) { return keys, nil }, func() time.Time { return at.Add(tt.after) }
			r, _, _ := start(t, options)
			sealed, err := trust.Open(present)
			must(t, err)
			said, err := trust.Open(tt.body)
			must(t, err)
			w := &watch{name: "main", sealed: sealed}
			if err := r.judge(w, said); (err == nil) != tt.taken {
				t.Errorf("judge = %v, want that it is taken: %v", err, tt.taken)
			}
			if err := r.holds(w); (err == nil) != (tt.after == 0) {
				t.Errorf("holds = %v", err)
			}
		})
	}
}

// TestFailOver: a signed release comes through the relay while one upstream
// lies and then the other is away.
func TestFailOver(t *testing.T) {
	key := newKey(t)
	keys := func() (trust.Keys, error) { return trust.Keys{Trusted: []trust.Named{{Public: key.Public()}}}, nil }
	o := upstreamtest.OpenOrigin(t, origin.Options{Keys: []trust.Key{key}})
	evil := upstreamtest.OpenOrigin(t, origin.Options{Keys: []trust.Key{newKey(t)}})
	publish(t, evil, 9, "evil")
	first := publish(t, o, 1, "a")
	options := quick(t, upstreamtest.Listen(t, evil), upstreamtest.Listen(t, o))
	options.Trust = keys
	_, at, _ := start(t, options)
	n := node(t, keys, at)
	await(t, n, first.ID)
	second := publish(t, o, 2, "a", "b")
	await(t, n, second.ID)
}
