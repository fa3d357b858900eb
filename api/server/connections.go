package server

import (
	"net"
	"sync"
	"sync/atomic"
)

// limitedListener closes connections beyond a number at once: a client that is
// turned away tries another node, one that waits does not.
type limitedListener struct {
	net.Listener
	open    atomic.Int64
	limit   int64
	metrics *metrics
}

func (s *Server) limited(l net.Listener) net.Listener {
	return &limitedListener{Listener: l, limit: int64(s.options.MaxConnections), metrics: s.metrics}
}

// Accept is the next connection within the limit.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			l.metrics.connections.Inc()
			return &countedConn{Conn: c, listener: l}, nil
		}
		l.open.Add(-1)
		l.metrics.refused.Inc()
		_ = c.Close() // nothing was sent on it
	}
}

type countedConn struct {
	net.Conn
	listener *limitedListener
	once     sync.Once
}

// CloseWrite ends the answers of a connection whose client may still be sending:
// closed at once it is reset, and the client loses the last of them.
func (c *countedConn) CloseWrite() error { return closeWrite(c.Conn) }

// closeWrite does nothing where a connection has no halves.
func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close gives the place to another connection.
func (c *countedConn) Close() error {
	c.once.Do(func() {
		c.listener.open.Add(-1)
		c.listener.metrics.connections.Dec()
	})
	return c.Conn.Close()
}
