// Package pipetest is a network within a test, whose deadlines keep to the test's
// clock: in a bubble of testing/synctest a server and its clients wait for each other
// in no time.
package pipetest

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// Listener listens for connections in memory.
type Listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Listen makes a listener that only its own clients reach.
func Listen() *Listener { return &Listener{conns: make(chan net.Conn), closed: make(chan struct{})} }

// Accept waits for a client.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept, and has nobody connect any more.
func (l *Listener) Close() error { l.once.Do(func() { close(l.closed) }); return nil }

// Addr says that it is no address.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// Dial connects to the listener, whatever address is asked for.
func (l *Listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Client asks the listener, whatever host a URL names.
func (l *Listener) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: l.Dial, DisableCompression: true}}
}
