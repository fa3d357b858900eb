package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/grid/coord"
	"geodrop/poi/decode"
)

// busyPlace is where the crowd has 24 drops.
const (
	busyPlace = `{"lat":51.5145,"lng":-0.127}`
	busyDrops = 24
	benchPath = "/v1/lookup"
)

// openCrowd opens the sample with as many more places around busyPlace as make
// busyDrops there.
func openCrowd(b *testing.B) *shown {
	b.Helper()
	bundle, out := b.TempDir(), b.TempDir()
	if err := sample.Write(bundle); err != nil {
		b.Fatal(err)
	}
	const there = 13
	rows := []byte("id,name,lat,lng\n")
	for i := range busyDrops - there {
		rows = fmt.Appendf(rows, "crowd-%d,Corner no. %d,%.4f,%.4f\n", i, i, 51.5135+0.0002*float64(i), -0.1262)
	}
	if err := os.WriteFile(filepath.Join(bundle, "pois_crowd.csv"), rows, 0o644); err != nil {
		b.Fatal(err)
	}
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		b.Fatal(err)
	}
	_, err = builder.Build(context.Background(), src, builder.Options{Out: out})
	if err := errors.Join(err, src.Close()); err != nil {
		b.Fatal(err)
	}
	s := openIn(b, out)
	var a query.Answer
	if err := s.release.Lookup(query.Request{Pos: coord.WGS84{Lat: 51.5145, Lng: -0.127}}, &a); err != nil || len(a.Drops) != busyDrops {
		b.Fatalf("%d drops, %v; want %d", len(a.Drops), err, busyDrops)
	}
	return s
}

// discard is a ResponseWriter that costs as little as can be.
type discard struct {
	header http.Header
	n      int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { d.n += len(b); return len(b), nil }

// rewound is a body that is read again and again.
type rewound struct{ bytes.Reader }

func (*rewound) Close() error { return nil }

// BenchmarkHandler is a lookup without connection and net/http.
func BenchmarkHandler(b *testing.B) {
	s := newServer(b, Options{Releases: openCrowd(b)})
	body := &rewound{}
	r := httptest.NewRequest("POST", benchPath, nil)
	r.Header.Set("Content-Type", "application/json")
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset([]byte(busyPlace))
		r.Body, r.ContentLength, w.n = body, int64(len(busyPlace)), 0
		clear(w.header)
		s.ServeHTTP(w, r)
	}
	b.ReportMetric(float64(w.n), "bytes/answer")
}

// BenchmarkParts is the lookup alone.
func BenchmarkParts(b *testing.B) {
	shown := openCrowd(b)
	var a query.Answer
	req := query.Request{}
	req.Pos.Lat, req.Pos.Lng = 51.5145, -0.127
	b.Run("lookup", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := shown.release.Lookup(req, &a); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(a.Drops)), "drops")
	})
}

// bare writes the same bytes with as little as net/http takes.
func bare(answer []byte) http.Handler {
	length := strconv.Itoa(len(answer))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		h := w.Header()
		h["Content-Type"] = []string{"application/json"}
		h["Content-Length"] = []string{length}
		_, _ = w.Write(answer)
	})
}

// serveBare is Server.Serve of a bare handler.
func serveBare(h http.Handler) func(context.Context, net.Listener) error {
	return func(ctx context.Context, l net.Listener) error {
		web := &http.Server{Handler: h}
		defer context.AfterFunc(ctx, func() { _ = web.Close() })() // Serve says how it ended
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// BenchmarkHTTP is a lookup over a loopback connection, beside a bare net/http
// handler that writes the same bytes. The client pipelines prepared bytes and
// parses nothing, so that most of what is measured is the server.
func BenchmarkHTTP(b *testing.B) {
	s := newServer(b, Options{Releases: openCrowd(b)})
	answer := ask(s, "POST", benchPath, busyPlace, "Content-Type: application/json").Body.Bytes()
	for name, serve := range map[string]func(context.Context, net.Listener) error{"geodrop": s.Serve, "bare": serveBare(bare(answer))} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(b.Context())
			done := make(chan error, 1)
			go func() { done <- serve(ctx, l) }()
			b.ReportAllocs()
			pipeline(b, l.Addr().String(), len(answer))
			stop()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		})
	}
}

// pipeline sends b.N requests on one connection, some ahead of their answers.
func pipeline(b *testing.B, address string, answerBytes int) {
	const ahead = 32
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", benchPath, len(busyPlace), busyPlace)
	sent := make(chan struct{}, ahead)
	go func() {
		for range b.N {
			sent <- struct{}{}
			if _, err := c.Write(request); err != nil {
				return
			}
		}
	}()
	b.ResetTimer()
	in := bufio.NewReaderSize(c, 64<<10)
	for range b.N {
		for line := []byte("HTTP"); len(line) > len("\r\n"); {
			if line, err = in.ReadSlice('\n'); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := in.Discard(answerBytes); err != nil {
			b.Fatal(err)
		}
		<-sent
	}
	b.SetBytes(int64(answerBytes))
}
