package origin

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/manifest"
	"geodrop/sync/pipetest"
)

func TestChannel(t *testing.T) {
	now := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	o := open(t, Options{Now: func() time.Time { return now }, Lineage: "l1"})
	m, p := publish(t, o, 7, "a")
	_, file, err := m.File()
	must(t, err)
	want := manifest.Pointer{
		Channel: "main", Version: uint64(now.UnixMilli()), Release: m.ID, Sequence: 7, Manifest: file, Since: now, Lineage: "l1",
	}
	if p != want {
		t.Errorf("Publish gives %+v, want %+v", p, want)
	}
	w := ask(o, "GET", "/v1/channels/main")
	got, err := manifest.ParsePointer(w.Body.Bytes())
	if w.Code != 200 || err != nil || got != want {
		t.Errorf("%d, %+v, %v, want %+v", w.Code, got, err, want)
	}
	for name, value := range map[string]string{"Content-Type": "application/x-ndjson", "Cache-Control": "no-cache", "Vary": "Prefer", "X-Content-Type-Options": "nosniff"} {
		if w.Header().Get(name) != value {
			t.Errorf("%s: %q, want %q", name, w.Header().Get(name), value)
		}
	}
	etag := w.Header().Get("ETag")
	tests := []struct {
		name, method, target, known string
		status                      int
	}{
		{"known", "GET", "/v1/channels/main", etag, 304},
		{"known among others", "GET", "/v1/channels/main", `"x", W/` + etag, 304},
		{"any", "GET", "/v1/channels/main", "*", 304},
		{"another known", "GET", "/v1/channels/main", `"x"`, 200},
		{"another known, would wait", "GET", "/v1/channels/main?wait=9", `"x"`, 200},
		{"head", "HEAD", "/v1/channels/main", "", 200},
		{"head, known", "HEAD", "/v1/channels/main", etag, 304},
		{"another channel", "GET", "/v1/channels/canary", "", 404},
		{"no name of a channel", "GET", "/v1/channels/..%2fmain", "", 404},
		{"bad wait", "GET", "/v1/channels/main?wait=-1", etag, 400},
		{"two waits", "GET", "/v1/channels/main?wait=1&wait=2", etag, 400},
		{"writing", "POST", "/v1/channels/main", "", 405},
		{"elsewhere", "GET", "/v1/channels/", "", 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(o, tt.method, tt.target, "If-None-Match", tt.known)
			if w.Code != tt.status {
				t.Fatalf("%d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if w.Code < 400 {
				if w.Header().Get("ETag") != etag {
					t.Errorf("ETag %q, want %q", w.Header().Get("ETag"), etag)
				}
				return
			}
			var problem struct {
				Status       int
				Code, Detail string
			}
			err := json.Unmarshal(w.Body.Bytes(), &problem)
			if err != nil || w.Header().Get("Content-Type") != "application/problem+json" || problem.Status != tt.status || problem.Code == "" || problem.Detail == "" {
				t.Errorf("problem %q (%v)", w.Body, err)
			}
		})
	}
}

// TestChannelWaits: who knows the pointer is answered when it moves, or at the
// end of the wait.
func TestChannelWaits(t *testing.T) {
	tests := []struct {
		name   string
		target string
		prefer []string
		known  bool // the present pointer; false: another channel's, which has none
		moves  time.Duration
		status int
		took   time.Duration
	}{
		{"until it moves", "/v1/channels/main?wait=20", nil, true, 7 * time.Second, 200, 7 * time.Second},
		{"in vain", "/v1/channels/main?wait=20", nil, true, 0, 304, 20 * time.Second},
		{"as preferred", "/v1/channels/main", []string{"Prefer", "respond-async, Wait=\"9\"; a=b"}, true, 0, 304, 9 * time.Second},
		{"in another line", "/v1/channels/main", []string{"Prefer", "respond-async", "Prefer", "wait=9"}, true, 0, 304, 9 * time.Second},
		{"the first counts", "/v1/channels/main", []string{"Prefer", "wait=9, wait=11"}, true, 0, 304, 9 * time.Second},
		{"unreadable", "/v1/channels/main", []string{"Prefer", "wait=soon"}, true, 0, 304, 0},
		{"to the bound", "/v1/channels/main?wait=99999999999999999999", nil, true, 0, 304, 30 * time.Second},
		{"not at all", "/v1/channels/main?wait=0", nil, true, 0, 304, 0},
		{"for the first", "/v1/channels/fresh?wait=20", nil, false, 5 * time.Second, 200, 5 * time.Second},
		{"for the first, in vain", "/v1/channels/fresh?wait=20", nil, false, 0, 404, 20 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t, Options{MaxWait: 30 * time.Second})
				publish(t, o, 1, "a")
				next, dir := "main", t.TempDir()
				if !tt.known {
					next = "fresh"
				}
				seal(t, dir, 2, "b")
				header := append([]string{"If-None-Match", ask(o, "GET", "/v1/channels/main").Header().Get("ETag")}, tt.prefer...)
				if tt.moves > 0 {
					time.AfterFunc(tt.moves, func() {
						_, err := o.Publish(t.Context(), dir, Publication{Channel: "other"}) // wakes, but is no news
						must(t, err)
						_, err = o.Publish(t.Context(), dir, Publication{Channel: next})
						must(t, err)
					})
				}
				began := time.Now()
				w := ask(o, "GET", tt.target, header...)
				if took := time.Since(began); w.Code != tt.status || took != tt.took {
					t.Errorf("%d after %v, want %d after %v", w.Code, took, tt.status, tt.took)
				}
				if applied := w.Header().Get("Preference-Applied") != ""; applied != (tt.took > 0 && tt.status != 404) {
					t.Errorf("Preference-Applied %q", w.Header().Get("Preference-Applied"))
				}
			})
		})
	}
}

// TestWaitersAreBounded: who would wait beyond the bound is told to come back,
// who has something to learn is not.
func TestWaitersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		o := open(t, Options{MaxWaiters: 2, Registry: registry})
		publish(t, o, 1, "a")
		etag := ask(o, "GET", "/v1/channels/main").Header().Get("ETag")
		done := make(chan *httptest.ResponseRecorder, 2)
		for range 2 {
			go func() { done <- ask(o, "GET", "/v1/channels/main?wait=20", "If-None-Match", etag) }()
		}
		synctest.Wait()
		if n := figure(t, registry, "geodrop_origin_waiters"); n != 2 {
			t.Errorf("%v waiters, want 2", n)
		}
		seen := map[int]bool{}
		for range 100 {
			w := ask(o, "GET", "/v1/channels/main?wait=20", "If-None-Match", etag)
			after, err := strconv.Atoi(w.Header().Get("Retry-After"))
			if w.Code != 503 || err != nil || after < 1 || after > 4 {
				t.Fatalf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
			}
			seen[after] = true
		}
		if len(seen) != 4 {
			t.Errorf("Retry-After is one of %v: all come back together", seen)
		}
		if w := ask(o, "GET", "/v1/channels/main?wait=20"); w.Code != 200 {
			t.Errorf("who knows nothing gets %d", w.Code)
		}
		for range 2 {
			if w := <-done; w.Code != 304 {
				t.Errorf("who waited gets %d", w.Code)
			}
		}
		if n := figure(t, registry, "geodrop_origin_refused_total"); n != 100 {
			t.Errorf("%v refused, want 100", n)
		}
	})
}

// TestServeWaits: a wait is longer than the server gives any other request, and
// ends when the server stops.
func TestServeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, Options{SendTimeout: 5 * time.Second})
		publish(t, o, 1, "a")
		network := pipetest.Listen()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- o.Serve(ctx, network) }()
		client := network.Client()
		etag := ask(o, "GET", "/v1/channels/main").Header().Get("ETag")
		wait := func() (int, time.Duration) {
			began := time.Now()
			r, err := http.NewRequestWithContext(t.Context(), "GET", "http://origin/v1/channels/main?wait=30", nil)
			must(t, err)
			r.Header.Set("If-None-Match", etag)
			resp, err := client.Do(r)
			must(t, err)
			_, err = io.Copy(io.Discard, resp.Body)
			must(t, err)
			must(t, resp.Body.Close())
			return resp.StatusCode, time.Since(began)
		}
		for range 2 { // the second on the same connection
			if status, took := wait(); status != 304 || took != 30*time.Second {
				t.Errorf("%d after %v, want 304 after 30s", status, took)
			}
		}
		time.AfterFunc(3*time.Second, stop)
		if status, took := wait(); status != 304 || took != 3*time.Second {
			t.Errorf("stopped: %d after %v, want 304 after 3s", status, took)
		}
		must(t, <-served)
		client.CloseIdleConnections()
	})
}
