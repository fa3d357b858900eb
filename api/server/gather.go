package server

import (
	"context"
	"net"
	"net/http"
)

// net/http writes through a buffer of 4 KiB, so that a longer answer takes one
// system call for its start and another for its end, which cost more than the
// lookup. A gatheredConn joins them:
//
//	exchange ─► net/http ─► 4 KiB ─► gatheredConn ─► one write
//	    └──────────── hold, release ──────┘
type gatheredConn struct {
	net.Conn
	held    []byte
	holding bool
}

// Write keeps the bytes until release if told to hold them.
func (c *gatheredConn) Write(b []byte) (int, error) {
	if !c.holding {
		return c.Conn.Write(b)
	}
	c.held = append(c.held, b...)
	return len(b), nil
}

// hold makes Write append to a buffer.
func (c *gatheredConn) hold(buffer []byte) { c.held, c.holding = buffer[:0], true }

// release writes what was held, and gives the buffer back. Half an answer ends
// the connection: net/http, which saw its writes succeed, would go on with it.
func (c *gatheredConn) release() (buffer []byte, err error) {
	buffer = c.held
	c.held, c.holding = nil, false
	if _, err = c.Conn.Write(buffer); err != nil {
		_ = c.Close() // the error is there already
	}
	return buffer, err
}

// CloseWrite is for net/http, which looks for it.
func (c *gatheredConn) CloseWrite() error { return closeWrite(c.Conn) }

// gathered is a listener of gatheredConns.
type gathered struct{ net.Listener }

// Accept is the next connection.
func (l gathered) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gatheredConn{Conn: c}, nil
}

type connKey struct{}

// withConn lets the requests of a connection find it.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Answers of up to gatherAbove bytes fit into the buffer of net/http together
// with their header; for those of more than gatherMost one write less is nothing.
const (
	gatherAbove = 3 << 10
	gatherMost  = 64 << 10
)

// write writes a whole body, after the header if that is not sent yet.
func (x *exchange) write(body []byte) (n int, err error) {
	if len(body) <= gatherAbove || len(body) > gatherMost {
		return x.w.Write(body)
	}
	conn, ok := x.r.Context().Value(connKey{}).(*gatheredConn)
	flusher, flushes := x.w.(http.Flusher)
	if !ok || !flushes {
		return x.w.Write(body)
	}
	conn.hold(x.gathered)
	defer func() { // also if what is between panics
		var released error
		if x.gathered, released = conn.release(); err == nil {
			err = released
		}
	}()
	n, err = x.w.Write(body)
	flusher.Flush()
	return n, err
}
