package mysql

import (
	"bufio"
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// readBuffer is what is taken from the network at a time. The driver asks for 4
// KiB, which makes streaming a table mostly system calls.
const readBuffer = 128 << 10

// bufferedConn reads ahead of the driver, which is the only one to use it, one
// call at a time.
type bufferedConn struct {
	net.Conn
	in       *bufio.Reader
	deadline time.Time // of the next read from the network
}

// dial dials as the driver does.
func dial(ctx context.Context, network, host string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, host)
	if err != nil {
		return nil, err
	}
	c := &bufferedConn{Conn: conn}
	c.in = bufio.NewReaderSize(networkReader{c}, readBuffer)
	return c, nil
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.in.Read(p) }

// SetReadDeadline is called before each Read, most of which have their bytes
// already.
func (c *bufferedConn) SetReadDeadline(t time.Time) error {
	c.deadline = t
	return nil
}

type networkReader struct{ c *bufferedConn }

func (r networkReader) Read(p []byte) (int, error) {
	if err := r.c.Conn.SetReadDeadline(r.c.deadline); err != nil {
		return 0, err
	}
	return r.c.Conn.Read(p)
}

var errUnasked = errors.New("the server said something that nobody asked for")

// SyscallConn lets the driver see, before it uses a connection again, whether
// the server has closed it.
func (c *bufferedConn) SyscallConn() (syscall.RawConn, error) {
	if c.in.Buffered() > 0 {
		return nil, errUnasked
	}
	conn, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, mysql.ErrInvalidConn // not reached: sockets are
	}
	if err := c.Conn.SetReadDeadline(c.deadline); err != nil {
		return nil, err
	}
	return conn.SyscallConn()
}
