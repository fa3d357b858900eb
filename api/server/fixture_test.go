package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"geodrop/api"
	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/poi/decode"
)

// fixtures is where the tests keep the release of the sample.
var fixtures string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if fixtures, err = os.MkdirTemp("", "geodrop-server-*"); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, os.RemoveAll(fixtures)
}

// sampleDir is the folder of a release of the shipped sample.
var sampleDir = sync.OnceValues(func() (string, error) {
	bundle, out := filepath.Join(fixtures, "bundle"), filepath.Join(fixtures, "release")
	if err := sample.Write(bundle); err != nil {
		return "", err
	}
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		return "", err
	}
	defer src.Close()
	_, err = builder.Build(context.Background(), src, builder.Options{Out: out})
	return out, err
})

// noon is the time of the tests: that of the examples of the document.
var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// shown is a Releases with one release, or none.
type shown struct {
	release *query.Release
	undrawn error // of the outlines
	held    int
	mutex   sync.Mutex
}

func (s *shown) Acquire() (Held, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.release == nil {
		return nil, false
	}
	s.held++
	return s, true
}

func (s *shown) Release() *query.Release { return s.release }
func (s *shown) Since() time.Time        { return noon }
func (s *shown) Outlines() ([]byte, error) {
	return []byte(`[{"id":"E1","name":"<East>","rings":[]}]`), s.undrawn
}
func (s *shown) Done() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.held--
}

// openSample opens the sample for a test, at noon, and surveys it.
func openSample(t testing.TB) *shown {
	t.Helper()
	s := openUnsurveyed(t)
	if err := s.release.Survey(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func openUnsurveyed(t testing.TB) *shown {
	t.Helper()
	dir, err := sampleDir()
	if err != nil {
		t.Fatal(err)
	}
	return openIn(t, dir)
}

func openIn(t testing.TB, dir string) *shown {
	t.Helper()
	r, err := query.Open(dir, query.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	s := &shown{release: r}
	t.Cleanup(func() {
		if s.held != 0 {
			t.Errorf("%d requests did not give the release back", s.held)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

const token = "open sesame"

// here are the bytes of LookupRequest{lat_e7: 515145000, lng_e7: -1270000}.
var here = string([]byte{0x0d, 0x28, 0x7d, 0xb4, 0x1e, 0x15, 0x10, 0x9f, 0xec, 0xff})

const (
	sendsMessage = "Content-Type: application/x-protobuf"
	takesMessage = "Accept: application/x-protobuf"
)

func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	o.Now, o.OperatorToken = func() time.Time { return noon }, token
	if o.prober == nil {
		o.prober = make(atOnce, 1) // the clock may not be real
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a request; headers are "Name: value".
func ask(s http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, target, nil)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// checkProblem holds an answer against a status, code and field.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code api.Code, field string) {
	t.Helper()
	var p api.Problem
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
	if w.Code != status || p.Status != status || p.Code != code || p.Field != field {
		t.Errorf("%d %s, want %d %s of %q", w.Code, w.Body, status, code, field)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	if id := w.Header().Get("X-Request-Id"); id == "" || p.Instance != id {
		t.Errorf("X-Request-Id %q, instance %q", id, p.Instance)
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" {
		t.Errorf("a problem may be cached: %v", w.Header())
	}
	if asks := w.Header().Get("WWW-Authenticate") != ""; asks != (status == http.StatusUnauthorized) {
		t.Errorf("WWW-Authenticate %q with status %d", w.Header().Get("WWW-Authenticate"), status)
	}
	if retry := w.Header().Get("Retry-After") != ""; retry != (status == http.StatusServiceUnavailable) {
		t.Errorf("Retry-After %q with status %d", w.Header().Get("Retry-After"), status)
	}
}

// atOnce is a prober whose echoes take no time.
type atOnce chan time.Time

func (p atOnce) send() error               { p <- time.Now(); return nil }
func (p atOnce) answers() <-chan time.Time { return p }
func (p atOnce) close() error              { return nil }
