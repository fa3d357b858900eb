package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// countingConn counts writes, and fails them on demand.
type countingConn struct {
	net.Conn
	writes *atomic.Int64
	broken *atomic.Bool
}

func (c countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	if c.broken.Load() {
		n, _ := c.Conn.Write(b[:len(b)/2])
		return n, errors.New("cut off")
	}
	return c.Conn.Write(b)
}

// counting is a listener of countingConns.
type counting struct {
	*pipes
	writes atomic.Int64
	broken atomic.Bool
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.pipes.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{c, &l.writes, &l.broken}, nil
}

// withCounting runs a test against a server of the sample that counts writes.
func withCounting(t *testing.T, test func(t *testing.T, s *Server, l *counting)) {
	synctest.Test(t, func(t *testing.T) {
		s, l := newServer(t, Options{Releases: openSample(t)}), &counting{pipes: newPipes()}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		test(t, s, l)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestOneWrite: an answer of any length leaves in one write, whole, and the
// connection goes on.
func TestOneWrite(t *testing.T) {
	withCounting(t, func(t *testing.T, s *Server, l *counting) {
		c := l.dial()
		in := bufio.NewReader(c)
		bodies := map[string]int{ // bytes of the answer, at least
			`{"lat":0,"lng":0}`:                        100,
			`{"lat":51.5145,"lng":-0.127,"limit":1}`:   500,
			`{"lat":51.5145,"lng":-0.127,"limit":9}`:   gatherAbove - 1000,
			`{"lat":51.5145,"lng":-0.127,"limit":11}`:  gatherAbove,
			`{"lat":51.5145,"lng":-0.127,"limit":100}`: gatherAbove,
			`{"lat":91,"lng":0}`:                       100,
		}
		for body, least := range bodies {
			for range 2 {
				want := ask(s, "POST", "/v1/lookup", body)
				l.writes.Store(0)
				if _, err := fmt.Fprintf(c, "POST /v1/lookup HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
					t.Fatal(err)
				}
				r, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(r.Body)
				if err != nil || r.StatusCode != want.Code || len(got) < least {
					t.Errorf("%s: %d and %d bytes, %v", body, r.StatusCode, len(got), err)
				}
				if want.Code == http.StatusOK && string(got) != want.Body.String() {
					t.Errorf("%s:\ngot  %s\nwant %s", body, got, want.Body)
				}
				if n := l.writes.Load(); n != 1 {
					t.Errorf("%s: %d writes", body, n)
				}
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestBrokenWrite: half an answer is the end of its connection.
func TestBrokenWrite(t *testing.T) {
	withCounting(t, func(t *testing.T, _ *Server, l *counting) {
		l.broken.Store(true)
		c := l.dial()
		const body = `{"lat":51.5145,"lng":-0.127}`
		if _, err := fmt.Fprintf(c, "POST /v1/lookup HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); err != nil || len(got) < 1000 {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		synctest.Wait()
		if n := l.writes.Load(); n != 1 {
			t.Errorf("%d writes", n)
		}
	})
}

// defective is a writer that panics in the middle of an answer.
type defective struct{ *httptest.ResponseRecorder }

func (d defective) Write([]byte) (int, error) { panic("a defect") }

// discarded is a connection whose writes go nowhere.
type discarded struct{ net.Conn }

func (discarded) Write(b []byte) (int, error) { return len(b), nil }

// TestPanicInAnswer: an answer that breaks off does not pass for a whole one, its
// connection ends, and holds nothing back.
func TestPanicInAnswer(t *testing.T) {
	for _, limit := range []int{1, 100} { // of which the longer one is gathered
		var log strings.Builder
		s := newServer(t, Options{Releases: openSample(t), Log: textLog(&log)})
		conn := &gatheredConn{Conn: discarded{}}
		r := httptest.NewRequestWithContext(withConn(t.Context(), conn), "GET", fmt.Sprintf("/v1/lookup?lat=51.5145&lng=-0.127&limit=%d", limit), nil)
		func() {
			defer func() {
				if got := recover(); got != http.ErrAbortHandler {
					t.Errorf("limit %d: recovered %v", limit, got)
				}
			}()
			s.ServeHTTP(defective{httptest.NewRecorder()}, r)
		}()
		if conn.holding || len(s.gate.slots) > 0 || !strings.Contains(log.String(), "a defect") {
			t.Errorf("limit %d: holding %v, %d places taken, log %s", limit, conn.holding, len(s.gate.slots), log.String())
		}
	}
}
