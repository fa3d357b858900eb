package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"geodrop/api/query"
)

// busyPlace is where the sample has about 24 drops, of its 9 tasks.
const (
	busyPlace = `{"lat":51.5145,"lng":-0.127,"limit":24}`
	benchPath = "/v1/lookup"
)

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
	s := newServer(b, Options{Releases: openSample(b)})
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
	shown := openSample(b)
	var a query.Answer
	req := query.Request{Limit: 24}
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

// BenchmarkHTTP is a lookup over a loopback connection, beside a bare net/http
// handler that writes the same bytes. The client pipelines prepared bytes and
// parses nothing, so that most of what is measured is the server.
func BenchmarkHTTP(b *testing.B) {
	s := newServer(b, Options{Releases: openSample(b)})
	answer := ask(s, "POST", benchPath, busyPlace, "Content-Type: application/json").Body.Bytes()
	for name, h := range map[string]http.Handler{"geodrop": s, "bare": bare(answer)} {
		b.Run(name, func(b *testing.B) {
			web := httptest.NewServer(h)
			defer web.Close()
			b.ReportAllocs()
			pipeline(b, web.Listener.Addr().String(), len(answer))
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
