package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"geodrop/api"
)

// full sets a limit of n requests per second, all of them spent for now.
func full(s *Server, n float64) {
	s.brake.limit, s.brake.floor, s.brake.credited = n, n, time.Now()
	s.brake.on.Store(true)
}

// unread is a body that nobody is to read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// TestTurnedAway: whoever there is no room for gets the answer that was made
// before, in turn; health checks and metrics are answered.
func TestTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{Releases: openSample(t)})
		full(s, 80)
		for i := range 3 {
			began := time.Now()
			s.brake.credit, s.brake.credited = 0, began
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("POST", "/v1/lookup", unread{t}))
			if took := time.Since(began); (i == 0) != (took == 0) || took > time.Second/10 {
				t.Errorf("answer %d came after %v", i, took)
			}
			retry, err := strconv.Atoi(w.Header().Get("Retry-After"))
			if err != nil || retry < 1 || retry > 4 {
				t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
			}
			if w.Code != 503 || !strings.Contains(w.Body.String(), `"code":"`+string(api.CodeOverloaded)+`"`) ||
				w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Cache-Control") != "no-store" ||
				w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
				t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
			}
		}
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			if w := ask(s, "GET", path, ""); w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		text := ask(s, "GET", "/metrics", "").Body.String()
		for _, want := range []string{`geodrop_http_shed_total{reason="queue"} 3`, "geodrop_http_limit_requests_per_second 80", "geodrop_http_shed_waiting 0"} {
			if !strings.Contains(text, want) {
				t.Errorf("the metrics lack %s", want)
			}
		}
		time.Sleep(time.Second) // of the bubble's clock
		if w := ask(s, "POST", "/v1/lookup", `{"lat":0,"lng":0}`); w.Code != http.StatusOK {
			t.Errorf("with credit: %d %s", w.Code, w.Body)
		}
	})
}

// TestTurnAwayCost: no memory is taken to turn a request away.
func TestTurnAwayCost(t *testing.T) {
	s := newServer(t, Options{Releases: &shown{}})
	s.brake.on.Store(true)
	s.brake.limit = 1e-9
	r := httptest.NewRequest("POST", "/v1/lookup", nil)
	w := &discard{header: http.Header{}}
	turnAway := func() {
		s.brake.nextShed = time.Time{} // or it would wait for its turn
		s.ServeHTTP(w, r)
	}
	turnAway()
	if n := testing.AllocsPerRun(100, turnAway); n > 0 || w.n == 0 {
		t.Errorf("%v allocations for %d bytes", n, w.n)
	}
}

// BenchmarkTurnAway is to be compared with BenchmarkHandler.
func BenchmarkTurnAway(b *testing.B) {
	s := newServer(b, Options{Releases: &shown{}})
	s.brake.on.Store(true)
	s.brake.limit = 1e-9
	r := httptest.NewRequest("POST", "/v1/lookup", nil)
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		s.brake.nextShed = time.Time{}
		s.ServeHTTP(w, r)
	}
}

// TestEcho: bytes come back, and nothing stays when it is closed with one on
// its way.
func TestEcho(t *testing.T) {
	defer goleak.VerifyNone(t)
	e, err := newEcho()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		sent := time.Now()
		if err := e.send(); err != nil {
			t.Fatal(err)
		}
		if read := <-e.answers(); read.Before(sent) {
			t.Errorf("read %v before it was sent", sent.Sub(read))
		}
	}
	if err := e.send(); err != nil {
		t.Fatal(err)
	}
	if err := e.close(); err != nil {
		t.Error(err)
	}
	if e.send() == nil {
		t.Error("a closed echo can be sent")
	}
}

// slowEchoes is a prober whose echoes take a while.
type slowEchoes struct {
	delay time.Duration
	read  chan time.Time
}

func (p slowEchoes) send() error {
	time.AfterFunc(p.delay, func() { p.read <- time.Now() })
	return nil
}
func (p slowEchoes) answers() <-chan time.Time { return p.read }
func (p slowEchoes) close() error              { time.Sleep(p.delay); return nil }

// TestWatchQueue: echoes that wait behind requests set a limit, and it goes when
// they stop waiting.
func TestWatchQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := slowEchoes{10 * time.Millisecond, make(chan time.Time, 1)}
		s := newServer(t, Options{Releases: &shown{}, prober: p})
		stop, err := s.startWatching(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			s.brake.admit(time.Now())
			time.Sleep(100 * time.Microsecond)
		}
		if s.brake.state() == 0 {
			t.Error("no limit")
		}
		time.Sleep(5 * time.Second)
		if limit := s.brake.state(); limit != 0 {
			t.Errorf("a limit of %v, with nobody there", limit)
		}
		stop()
	})
}

// brokenEchoes is a prober whose echoes break off, by an error or a reader that
// has ended.
type brokenEchoes struct {
	err  error
	read chan time.Time
}

func (p brokenEchoes) send() error {
	if p.err == nil {
		close(p.read)
	}
	return p.err
}
func (p brokenEchoes) answers() <-chan time.Time { return p.read }
func (p brokenEchoes) close() error              { return nil }

// TestWatchBreaksOff: without echoes there is no limit, whatever it was, and
// nobody goes on looking for them.
func TestWatchBreaksOff(t *testing.T) {
	for _, err := range []error{nil, io.ErrShortWrite} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, Options{Releases: &shown{}})
			full(s, 80)
			if got := s.watchQueue(t.Context(), brokenEchoes{err, make(chan time.Time)}); got == nil || err != nil && got != err {
				t.Errorf("watchQueue = %v, want %v", got, err)
			}
			var log strings.Builder
			s = newServer(t, Options{Releases: &shown{}, prober: brokenEchoes{err, make(chan time.Time)}, Log: textLog(&log)})
			full(s, 80)
			stop, err := s.startWatching(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // of the bubble's clock
			if limit := s.brake.state(); limit != 0 {
				t.Errorf("a limit of %v that nobody moves", limit)
			}
			stop()
			if !strings.Contains(log.String(), "overload is not seen any more") {
				t.Errorf("the log says %q", log.String())
			}
		})
	}
}
