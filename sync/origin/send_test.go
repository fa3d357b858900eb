package origin

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/pipetest"
	"geodrop/sync/releasetest"
)

func TestObject(t *testing.T) {
	registry := prometheus.NewRegistry()
	o := open(t, Options{Registry: registry})
	m, p := publish(t, o, 1, "a")
	must(t, os.WriteFile(filepath.Join(o.store.dir, objectsDir, strings.Repeat("ab", 32)), []byte("not published"), 0o444))
	digest, whole := string(m.Segments[0].Digest), releasetest.Content("a", objectSize)
	manifestFile, _, err := m.File()
	must(t, err)
	tests := []struct {
		name, method, path, header, value string
		status                            int
		body                              []byte // nil: any
	}{
		{"whole", "GET", digest, "", "", 200, whole},
		{"manifest", "GET", string(p.Manifest.Digest), "", "", 200, manifestFile},
		{"head", "HEAD", digest, "", "", 200, []byte{}},
		{"from the middle", "GET", digest, "Range", "bytes=6000-", 206, whole[6000:]},
		{"a piece", "GET", digest, "Range", "bytes=10-19", 206, whole[10:20]},
		{"the end", "GET", digest, "Range", "bytes=-7", 206, whole[objectSize-7:]},
		{"beyond the end", "GET", digest, "Range", "bytes=10000-", 416, nil},
		{"known", "GET", digest, "If-None-Match", `"` + digest + `"`, 304, []byte{}},
		{"other unit", "GET", digest, "Range", "lines=1-2", 416, nil},
		{"not published", "GET", strings.Repeat("ab", 32), "", "", 404, nil},
		{"unknown", "GET", strings.Repeat("00", 32), "", "", 404, nil},
		{"upper case", "GET", strings.ToUpper(digest), "", "", 404, nil},
		{"cut", "GET", digest[:63], "", "", 404, nil},
		{"with an ending", "GET", digest + ".seg", "", "", 404, nil},
		{"path", "GET", "..%2fchannels%2fmain.json", "", "", 404, nil},
		{"dots", "GET", "../channels/main", "", "", 404, nil},
		{"folder", "GET", "", "", "", 404, nil},
		{"writing", "PUT", digest, "", "", 405, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(o, tt.method, "/v1/objects/"+tt.path, tt.header, tt.value)
			if w.Code != tt.status || tt.body != nil && !bytes.Equal(w.Body.Bytes(), tt.body) {
				t.Fatalf("%d with %d bytes, want %d with %d", w.Code, w.Body.Len(), tt.status, len(tt.body))
			}
			if w.Code >= 400 {
				return
			}
			h := w.Header()
			if h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("ETag") != `"`+tt.path+`"` {
				t.Errorf("header %v", h)
			}
		})
	}
	const sent = 1 // of the manifest, below
	want := float64(objectSize + 4000 + 10 + 7 + sent*len(manifestFile))
	if got := figure(t, registry, "geodrop_origin_sent_bytes_total"); got < want || got > want+200 { // 416 has a line of text
		t.Errorf("%v bytes sent, want %v", got, want)
	}
}

func TestDamagedObjectIsNotSent(t *testing.T) {
	o := open(t, Options{})
	m, _ := publish(t, o, 1, "a")
	path := o.store.path(m.Segments[0].Digest)
	must(t, os.Remove(path))
	if w := ask(o, "GET", "/v1/objects/"+string(m.Segments[0].Digest)); w.Code != 404 {
		t.Errorf("removed: %d, want 404", w.Code)
	}
	must(t, os.WriteFile(path, []byte("short"), 0o444))
	if w := ask(o, "GET", "/v1/objects/"+string(m.Segments[0].Digest)); w.Code != 500 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("cut: %d %s, want 500", w.Code, w.Body)
	}
}

// TestSendsAreBounded: while as many objects are being sent as may be, others
// are told to come back. A receiver that takes nothing is cut off.
func TestSendsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		o := open(t, Options{MaxSends: 1, MinRate: objectSize, SendTimeout: 10 * time.Second, Registry: registry})
		m, _ := publish(t, o, 1, "a")
		network := pipetest.Listen()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- o.Serve(ctx, network) }()
		conn, err := network.Dial(ctx, "", "")
		must(t, err)
		began, path := time.Now(), "/v1/objects/"+string(m.Segments[0].Digest)
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: origin\r\n\r\n")
		must(t, err)
		synctest.Wait() // it takes nothing: the pipe has no buffer
		if w := ask(o, "GET", path); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%d, want 503 with Retry-After", w.Code)
		}
		const given = 11 * time.Second // the timeout, and one second at the rate
		time.Sleep(given - time.Since(began) - time.Millisecond)
		if n := figure(t, registry, "geodrop_origin_sends"); n != 1 {
			t.Errorf("cut off before its time: %v objects are being sent", n)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := figure(t, registry, "geodrop_origin_sends"); n != 0 {
			t.Errorf("%v objects are being sent to nobody", n)
		}
		if w := ask(o, "GET", path); w.Code != 200 {
			t.Errorf("then %d, want 200", w.Code)
		}
		must(t, conn.Close())
		stop()
		must(t, <-served)
	})
}

// TestStopEndsTransfers: a receiver that goes on taking has its time, then it is
// cut off.
func TestStopEndsTransfers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, Options{StopTimeout: 2 * time.Second})
		m, _ := publish(t, o, 1, "a")
		network := pipetest.Listen()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- o.Serve(ctx, network) }()
		conn, err := network.Dial(ctx, "", "")
		must(t, err)
		_, err = io.WriteString(conn, "GET /v1/objects/"+string(m.Segments[0].Digest)+" HTTP/1.1\r\nHost: origin\r\n\r\n")
		must(t, err)
		synctest.Wait()
		stop()
		began := time.Now()
		must(t, <-served)
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("stopped after %v, want 2s", took)
		}
		must(t, conn.Close())
	})
}

// TestAlso: other paths are another handler's; those of releases are not.
func TestAlso(t *testing.T) {
	o := open(t, Options{Also: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })})
	for path, want := range map[string]int{"/healthz": 418, "/v1/objects": 418, "/v1/objects/x": 404, "/v1/channels/main": 404} {
		if w := ask(o, "GET", path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
