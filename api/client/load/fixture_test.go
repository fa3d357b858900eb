package load

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"geodrop/grid/coord"
)

// node is a server on connections in memory, for clocks that are not real.
type node struct {
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// serve runs a handler until the test ends.
func serve(t *testing.T, h http.HandlerFunc) *node {
	n := &node{queue: make(chan net.Conn), closed: make(chan struct{})}
	web, done := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}, make(chan error, 1)
	go func() { done <- web.Serve(n) }()
	t.Cleanup(func() {
		if err := web.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return n
}

func (n *node) Accept() (net.Conn, error) {
	select {
	case c := <-n.queue:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *node) Close() error   { n.once.Do(func() { close(n.closed) }); return nil }
func (n *node) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (n *node) dial(ctx context.Context, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.queue <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// options of a run against the node, at one rate.
func (n *node) options(rate float64, d time.Duration) Options {
	return Options{
		Target: "http://node", Positions: []coord.WGS84{{Lat: 1, Lng: 2}}, Phases: []Phase{{Rate: rate, Duration: d}},
		dial: n.dial, sleep: time.Sleep,
	}
}

// drops answers after a while.
func drops(after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // then the context ends with the connection
		if wait(r.Context(), after) {
			_, _ = w.Write([]byte(`{"drops":[{}]}`))
		}
	}
}
