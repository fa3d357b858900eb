package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// smallHTTP is quickly built and has the density of the real one.
func smallHTTP() HTTPOptions {
	districts := fewDistricts()
	districts.region = Growing(20_000)
	return HTTPOptions{POIs: 20_000, Requests: 256, Rounds: 3, Connections: 2, districts: districts}
}

// rowOf is the row of a case and metric.
func rowOf(t *testing.T, rows []Row, name string) Row {
	t.Helper()
	for _, r := range rows {
		if label(r) == name {
			return r
		}
	}
	t.Fatalf("no row %s in %q", name, metricsOf(rows))
	return Row{}
}

func TestHTTP(t *testing.T) {
	if testing.Short() {
		t.Skip("long; TestHTTPWithoutPeer has the same server and clients")
	}
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv(asTile38, "1")
	o := smallHTTP()
	o.Tile38 = os.Args[0]
	rows, err := HTTP(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, peer  string
		least, most float64 // of the value
		near        float64 // how far the peer's value may be off; 0: any
	}{
		{"http/2e4 requests_per_second", peerBare, 1, 1e7, 0},
		{"http/2e4 processor_ns_per_request", peerBare, 1000, 1e9, 0},
		{"http/2e4 p50_ns", peerBare, 1000, 1e10, 0},
		{"http/2e4 p99_ns", peerBare, 1000, 1e10, 0},
		{"http/2e4 allocs_per_request", peerBare, 5, 100, 0},
		{"http/2e4 answer_bytes", peerBare, 2000, 20_000, 0.001},
		{"http/2e4 drops_per_answer", "", 15, 35, 0},
		{"http/2e4/server processor_ns_per_request", peerBare, -1e9, 1e9, 0},
		{"http/2e4/redis requests_per_second", peerRedis, 1, 1e7, 0},
		{"http/2e4/redis processor_ns_per_request", peerRedis, 1000, 1e9, 0},
		{"http/2e4/redis found_per_answer", peerRedis, 15, 35, 0.1},
		{"http/2e4/redis-places found_per_answer", peerRedis + " ASC WITHCOORD WITHDIST", 15, 35, 0.1},
		{"http/2e4/tile38 requests_per_second", peerTile38 + " IDS", 1, 1e7, 0},
		{"http/2e4/tile38 processor_ns_per_request", peerTile38 + " IDS", 1000, 1e10, 0},
		{"http/2e4/tile38 found_per_answer", peerTile38 + " IDS", 15, 35, 0.1},
		{"http/2e4/tile38-places found_per_answer", peerTile38 + " POINTS", 15, 35, 0.1},
	} {
		r := rowOf(t, rows, tt.name)
		if r.Peer != tt.peer || r.Value < tt.least || r.Value > tt.most {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if tt.near > 0 && math.Abs(*r.Ratio-1) > tt.near {
			t.Errorf("%s: ratio %v", tt.name, *r.Ratio)
		}
	}
	wantEmpty(t, os.TempDir())
}

func TestHTTPWithoutPeer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	o := smallHTTP()
	o.Requests, o.Rounds = 8, 1
	rows, err := HTTP(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, peer := range []string{"redis", "tile38"} {
		r := rowOf(t, rows, "http/2e4/"+peer+" requests_per_second")
		if r.Peer != None || r.Met != nil || !strings.Contains(r.Note, peer+"-server is not installed") {
			t.Errorf("without %s the row is %+v", peer, r)
		}
	}
}

func TestHTTPCancelled(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := HTTP(ctx, smallHTTP()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	wantEmpty(t, os.TempDir())
}

func TestQuantile(t *testing.T) {
	times := make([]time.Duration, 100)
	for i := range times {
		times[i] = time.Duration(i + 1)
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.01: 1, 0.5: 50, 0.985: 99, 0.99: 99, 1: 100} {
		if got := quantile(times, q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
}

// TestClientsAllocateNothing: what a round allocates is the server's.
func TestClientsAllocateNothing(t *testing.T) {
	s, err := listen(t.Context(), echo("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").serve)
	if err != nil {
		t.Fatal(err)
	}
	requests := make([][]byte, 1000)
	for i := range requests {
		requests[i] = []byte("GET / HTTP/1.1\r\n\r\n")
	}
	l := newLoad("echo", s.address, 1, 1, requests)
	for range 3 {
		if found, err := l.round(); err != nil || found.found != 5*len(requests) {
			t.Errorf("%d bytes of bodies, %v", found.found, err)
		}
	}
	if n := l.median(func(r *loadRound) float64 { return float64(r.mallocs) }); n > 100 {
		t.Errorf("%v allocations for %d requests", n, len(requests))
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func TestLookupClient(t *testing.T) {
	for _, tt := range []struct{ answer, body, fault string }{
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\nabc", "abc", ""},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", ""},
		{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "", "503"},
		{"HTTP/1.1 200 OK\r\n\r\nabc", "", "missing"},
		{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "", "missing"},
		{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "", "invalid syntax"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "", "EOF"},
		{"HTTP/1.1 200 OK\r\nContent-Le", "", "EOF"},
	} {
		t.Run(fmt.Sprintf("%.60q", tt.answer), func(t *testing.T) {
			body, err := askOnce(t, tt.answer)
			if tt.fault == "" && (err != nil || body != tt.body) {
				t.Errorf("got %q, %v, want %q", body, err, tt.body)
			}
			if tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)) {
				t.Errorf("error %v, want %q", err, tt.fault)
			}
		})
	}
}

// askOnce asks a server that answers with these bytes and closes.
func askOnce(t *testing.T, answer string) (body string, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, err = conn.Read(make([]byte, 100))
		}
		if err == nil {
			_, err = conn.Write([]byte(answer))
		}
		if err == nil {
			err = conn.Close()
		}
		served <- err
	}()
	var c lookupClient
	if err := c.connect(l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	_, err = c.ask([]byte("GET / HTTP/1.1\r\n\r\n"), func(part []byte) { body += string(part) })
	for _, end := range []error{<-served, c.close(), l.Close()} {
		if end != nil {
			t.Error(end)
		}
	}
	return body, err
}
