package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
)

// pinned is a server.Releases of one release, with the cost of counting who
// holds it.
type pinned struct {
	release *query.Release
	held    atomic.Int64
}

// Acquire implements server.Releases.
func (p *pinned) Acquire() (server.Held, bool) {
	p.held.Add(1)
	return p, true
}

// Release implements server.Held.
func (p *pinned) Release() *query.Release { return p.release }

// Since implements server.Held.
func (p *pinned) Since() time.Time { return time.Time{} }

// Outlines implements server.Held.
func (p *pinned) Outlines() ([]byte, error) { return nil, nil }

// Done implements server.Held.
func (p *pinned) Done() { p.held.Add(-1) }

// A listening server runs until stop.
type listening struct {
	address string
	stop    func() error
}

// listen runs serve on a free port of loopback. serve ends without an error
// when its context is done.
func listen(ctx context.Context, serve func(context.Context, net.Listener) error) (*listening, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l) }()
	return &listening{l.Addr().String(), func() error { cancel(); return <-ended }}, nil
}

// bare serves with the least that net/http takes: it reads the body and writes
// one of some answers that are ready, in turn, under headers that are ready too.
type bare struct {
	answers []prepared
	next    atomic.Uint64
}

// prepared is an answer with its headers.
type prepared struct {
	body    []byte
	headers [5]struct {
		name   string
		values []string
	}
}

// newBare prepares answers of these lengths, each the start of one text, so
// that they stay in the processor's cache. The headers are as many and as long
// as a lookup's.
func newBare(text []byte, lengths []int) *bare {
	b := &bare{answers: make([]prepared, len(lengths))}
	for i, n := range lengths {
		p := &b.answers[i]
		p.body = text[:n]
		for j, header := range [...][2]string{
			{"Content-Type", "application/json"}, {"Content-Length", strconv.Itoa(n)}, {"Cache-Control", "no-store"},
			{"X-Content-Type-Options", "nosniff"}, {"X-Request-Id", "12345678-abcd"},
		} {
			p.headers[j].name, p.headers[j].values = header[0], []string{header[1]}
		}
	}
	return b
}

// ServeHTTP implements http.Handler.
func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return // the client is gone
	}
	p := &b.answers[b.next.Add(1)%uint64(len(b.answers))]
	h := w.Header()
	for i := range p.headers {
		h[p.headers[i].name] = p.headers[i].values
	}
	_, _ = w.Write(p.body) // an error is the client's, who sees it
}

// serve implements the serve of listen.
func (b *bare) serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{Handler: b}
	defer context.AfterFunc(ctx, func() { _ = web.Close() })() // Serve says how it ended
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// echo answers whatever comes in one read with the same bytes: what is left of
// a request when the server does nothing.
type echo []byte

// serve implements the serve of listen.
func (e echo) serve(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { _ = l.Close() })() // Accept says so
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		connections.Go(func() {
			defer c.Close() // nothing is left to be sent
			in := make([]byte, 4096)
			for {
				if _, err := c.Read(in); err != nil {
					return // the client is done
				}
				if _, err := c.Write(e); err != nil {
					return
				}
			}
		})
	}
}
