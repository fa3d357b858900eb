package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"geodrop/api"
)

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// pipes is a listener of connections in memory, for clocks that are not real.
type pipes struct {
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{queue: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.queue:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.queue <- server
	return client
}

// TestSlowClients: whoever sends or reads too slowly is cut off in time, and
// with what was agreed.
func TestSlowClients(t *testing.T) {
	const half = "POST /v1/lookup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{\"lat\":"
	tests := []struct {
		name  string
		sends string
		reads bool
		want  time.Duration // until the connection is closed
		gets  string
	}{
		{"nothing", "", true, 5 * time.Second, ""},
		{"half a header", "POST /v1/loo", true, 5 * time.Second, ""},
		{"half a body", half, true, 10 * time.Second, "HTTP/1.1 408 "},
		{"does not read", "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", false, 15 * time.Second, ""},
		{"idle", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", true, 90 * time.Second, "HTTP/1.1 200 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, Options{Releases: &shown{}})
				l, ctx := newPipes(), t.Context()
				ctx, stop := context.WithCancel(ctx)
				done := make(chan error, 1)
				go func() { done <- s.Serve(ctx, l) }()
				c, began := l.dial(), time.Now()
				if _, err := io.WriteString(c, tt.sends); err != nil {
					t.Fatal(err)
				}
				if !tt.reads {
					time.Sleep(tt.want + time.Second) // of the bubble's clock
				}
				got, err := io.ReadAll(c)
				if err != nil && !errors.Is(err, io.ErrClosedPipe) {
					t.Fatal(err)
				}
				if took := time.Since(began); tt.reads && (took < tt.want || took > tt.want+time.Second) {
					t.Errorf("cut off after %v, want %v", took, tt.want)
				}
				if !strings.HasPrefix(string(got), tt.gets) {
					t.Errorf("got %.200q, want %q", got, tt.gets)
				}
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestStop: a request under way ends, new ones find nobody, nothing is left
// running.
func TestStop(t *testing.T) {
	defer goleak.VerifyNone(t)
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{Releases: &shown{}})
		l := newPipes()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		c := l.dial()
		_, err := io.WriteString(c, "POST /v1/lookup HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\n\r\n{\"lat\"")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("stopped with a request under way: %v", err)
		default:
		}
		if w := ask(s, "GET", "/readyz", ""); w.Code != 503 {
			t.Errorf("/readyz while stopping: %d %s", w.Code, w.Body)
		}
		if _, err := io.WriteString(c, ":1,\"lng\":2}"); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 503 ") { // there is no release
			t.Errorf("%v, %q", err, got)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestDrain: a server that stops says so, and is there for a while yet for those
// who have not heard, on connections old and new.
func TestDrain(t *testing.T) {
	defer goleak.VerifyNone(t)
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{Releases: &shown{}, Drain: 5 * time.Second})
		l := newPipes()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		idle := l.dial()
		stop()
		began := time.Now()
		synctest.Wait()
		for path, status := range map[string]string{"/readyz": "503", "/healthz": "200"} {
			if got := oneAnswer(t, l.dial(), path); !strings.HasPrefix(got, "HTTP/1.1 "+status) {
				t.Errorf("%s while draining: %s", path, got)
			}
		}
		time.Sleep(4 * time.Second) // of the bubble's clock
		if got := oneAnswer(t, idle, "/healthz"); !strings.HasPrefix(got, "HTTP/1.1 200") || !strings.Contains(got, "\r\nConnection: close\r\n") {
			t.Errorf("a connection that was there before: %s", got)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("stopped after %v", took)
		}
	})
}

// oneAnswer is all that comes on a connection after one request.
func oneAnswer(t *testing.T, c net.Conn, path string) string {
	t.Helper()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestConnectionLimit: one too many is closed at once, and taken when another
// has gone.
func TestConnectionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{Releases: &shown{}, MaxConnections: 2})
		l := newPipes()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		first, second, third := l.dial(), l.dial(), l.dial()
		if _, err := third.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the third connection: %v", err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		fourth := l.dial()
		for _, c := range []net.Conn{second, fourth} {
			if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 200") {
				t.Errorf("%v, %q", err, got)
			}
		}
		if text := ask(s, "GET", "/metrics", "").Body.String(); !strings.Contains(text, "geodrop_http_connections_refused_total 1") {
			t.Error("the refusal was not counted")
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestGate: so many run, a few wait for a while, the others are shed at once;
// health checks go past.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{Releases: openSample(t), Concurrent: 1, Queue: 1, QueueWait: time.Second})
		lookup := func() int { return ask(s, "POST", "/v1/lookup", `{"lat":0,"lng":0}`).Code }
		if !s.gate.enter(t.Context()) {
			t.Fatal("an empty gate is closed")
		}
		waits := make(chan int)
		go func() { waits <- lookup() }()
		synctest.Wait()
		began := time.Now()
		checkProblem(t, ask(s, "POST", "/v1/lookup", `{"lat":0,"lng":0}`), 503, api.CodeOverloaded, "")
		if took := time.Since(began); took != 0 {
			t.Errorf("shed after %v", took)
		}
		if w := ask(s, "GET", "/healthz", ""); w.Code != http.StatusOK {
			t.Errorf("/healthz: %d", w.Code)
		}
		s.gate.leave()
		if code := <-waits; code != http.StatusOK {
			t.Errorf("the one that waited got %d", code)
		}

		s.gate.enter(t.Context())
		began = time.Now()
		if code, took := lookup(), time.Since(began); code != 503 || took != time.Second {
			t.Errorf("%d after %v of patience", code, took)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if s.gate.enter(gone) {
			t.Error("a client that is gone got in")
		}
		s.gate.leave()
		if lookup() != http.StatusOK {
			t.Error("the gate stays closed")
		}
	})
}

// panicking is a Releases with a defect.
type panicking struct{ what any }

func (p panicking) Acquire() (Held, bool) { panic(p.what) }

func TestPanic(t *testing.T) {
	var log strings.Builder
	s := newServer(t, Options{Releases: panicking{"a defect"}, Log: textLog(&log)})
	for range 3 {
		checkProblem(t, ask(s, "POST", "/v1/lookup", `{"lat":0,"lng":0}`, "X-Request-Id: bad.1"), 500, api.CodeInternal, "")
	}
	if !strings.Contains(log.String(), "a defect") || !strings.Contains(log.String(), "id=bad.1") {
		t.Errorf("log: %s", log.String())
	}
	if len(s.gate.slots) != 0 {
		t.Errorf("%d places of the gate were not given back", len(s.gate.slots))
	}
	s = newServer(t, Options{Releases: panicking{http.ErrAbortHandler}})
	defer func() {
		if r := recover(); r != http.ErrAbortHandler {
			t.Errorf("recovered %v", r)
		}
	}()
	ask(s, "POST", "/v1/lookup", `{"lat":0,"lng":0}`)
}

// TestScrapesAreBounded: scrapes beyond a number are turned away, and what was
// answered is counted as it was.
func TestScrapesAreBounded(t *testing.T) {
	var log strings.Builder
	releases := &stuck{asked: make(chan struct{}), goOn: make(chan struct{})}
	s := newServer(t, Options{Releases: releases, Log: textLog(&log)})
	var scrapes sync.WaitGroup
	for range maxScrapes {
		scrapes.Go(func() {
			if w := ask(s, "GET", "/metrics", ""); w.Code != http.StatusOK {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
		<-releases.asked
	}
	if w := ask(s, "GET", "/metrics", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("one scrape too many: %d", w.Code)
	}
	close(releases.goOn)
	scrapes.Wait()
	if text := log.String(); !strings.Contains(text, "route=/metrics status=503") || strings.Contains(text, "bytes=0") {
		t.Errorf("the log has\n%s", text)
	}
}

// stuck is a Releases that does not answer until it is told to.
type stuck struct {
	asked, goOn chan struct{}
}

func (s *stuck) Acquire() (Held, bool) {
	s.asked <- struct{}{}
	<-s.goOn
	return nil, false
}

func TestRequestID(t *testing.T) {
	s := newServer(t, Options{Releases: &shown{}})
	for given, kept := range map[string]bool{
		"a-1_B.2": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\nb": false, "é": false, "<script>": false,
	} {
		got := ask(s, "GET", "/healthz", "", "X-Request-Id: "+given).Header().Get("X-Request-Id")
		if (got == given) != kept || !validID(got) {
			t.Errorf("%q became %q", given, got)
		}
	}
}

func TestAdmin(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	full(s, 1e-9)
	for target, status := range map[string]int{
		"/debug/pprof/goroutine?debug=1": 200, "/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/v1/lookup?lat=0&lng=0": 404,
	} {
		if w := ask(s.Admin(), "GET", target, ""); w.Code != status {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := ask(s, "GET", "/debug/pprof/goroutine?debug=1", ""); w.Code == http.StatusOK {
		t.Error("anybody sees profiles")
	}
}
