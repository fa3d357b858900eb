package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"time"
)

// connection makes one lookup at a time.
type connection struct {
	run     *run
	request requestForm
	conn    net.Conn // nil until connected, and after an error
	used    bool     // an answer came on conn
	unwatch func() bool
	in      *bufio.Reader
	out     []byte
}

func newConnection(r *run) *connection {
	return &connection{run: r, request: newRequestForm(r.target, &r.options), in: bufio.NewReaderSize(nil, 8<<10)}
}

// dialer connects by TCP, and TLS where the target wants it.
func dialer(target *url.URL) func(context.Context, string) (net.Conn, error) {
	var plain net.Dialer
	if target.Scheme == "http" {
		return func(ctx context.Context, address string) (net.Conn, error) {
			return plain.DialContext(ctx, "tcp", address)
		}
	}
	secure := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: target.Hostname()}}
	return func(ctx context.Context, address string) (net.Conn, error) {
		return secure.DialContext(ctx, "tcp", address)
	}
}

// work makes lookups until there are no more, or the context is done: then what
// is under way is not counted.
func (c *connection) work(ctx context.Context, jobs <-chan job) {
	defer c.close()
	for {
		j, waited, ok := take(jobs)
		switch {
		case !ok || ctx.Err() != nil:
			return
		case waited && time.Since(c.run.began)-j.handed > c.run.options.Patience:
			c.run.recorder.failed(j, Unsent)
		default:
			c.do(ctx, j)
		}
	}
}

// take is the next job. It waited if it was there before the connection was
// free; otherwise the connection was, and whatever time has passed since then is
// the machine's.
func take(jobs <-chan job) (j job, waited, ok bool) {
	select {
	case j, ok = <-jobs:
		return j, true, ok
	default:
		j, ok = <-jobs
		return j, false, ok
	}
}

// do makes one lookup and records what came of it.
func (c *connection) do(ctx context.Context, j job) {
	r := c.run
	sent := time.Since(r.began)
	a, err := c.exchange(ctx, j, r.began.Add(j.due+r.options.Timeout))
	done := time.Since(r.began)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.close()
		r.recorder.failed(j, kindOf(err))
	default:
		r.recorder.answered(j, a, sent, done)
	}
}

// exchange sends a request and reads its answer. A connection that was closed
// while it was idle is no failure of the node: the request goes out again on a
// new one.
func (c *connection) exchange(ctx context.Context, j job, deadline time.Time) (answer, error) {
	c.out = c.request.append(c.out[:0], c.run.options.Positions[j.at])
	for {
		if err := c.connect(ctx, deadline); err != nil {
			return answer{}, err
		}
		a, err := c.try(ctx, deadline)
		if err == nil || !c.used || !errors.Is(err, errClosedIdle) {
			c.used = err == nil
			if a.close {
				c.close()
			}
			return a, err
		}
		c.close()
		c.run.recorder.reconnected(j)
	}
}

// errClosedIdle is for a connection that ended before the first byte of an
// answer.
var errClosedIdle = errors.New("connection is closed")

func (c *connection) try(ctx context.Context, deadline time.Time) (answer, error) {
	if err := c.conn.SetDeadline(deadline); err != nil {
		return answer{}, idleError(err)
	}
	if ctx.Err() != nil { // looked at after the deadline was moved
		return answer{}, ctx.Err()
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return answer{}, idleError(err)
	}
	if _, err := c.in.Peek(1); err != nil {
		return answer{}, idleError(err)
	}
	return readAnswer(c.in)
}

func idleError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return errors.Join(errClosedIdle, err)
}

func (c *connection) connect(ctx context.Context, deadline time.Time) error {
	if c.conn != nil {
		return nil
	}
	dialing, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	conn, err := c.run.options.dial(dialing, address(c.run.target))
	if err != nil {
		return &connectError{err}
	}
	c.conn, c.used = conn, false
	c.unwatch = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	c.in.Reset(conn)
	return nil
}

func (c *connection) close() {
	if c.conn != nil {
		c.unwatch()
		_ = c.conn.Close() // what mattered of it was read
		c.conn = nil
	}
}

// connectError is of a connection that did not come about.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

// kindOf names an error in the report.
func kindOf(err error) string {
	var connect *connectError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.As(err, &connect):
		return Connect
	case errors.Is(err, errNotHTTP):
		return BadAnswer
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Closed
	}
	return Reset
}
