package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// errNoRedis marks a machine without Redis.
var errNoRedis = errors.New("redis-server is not installed")

// redisServer is a server of our own: a Unix socket in a temporary folder, no
// port, nothing on disk.
type redisServer struct {
	dir    string
	server *exec.Cmd
	exited chan error
}

// startRedis starts a server. The error wraps errNoRedis where there is none.
func startRedis(ctx context.Context) (r *redisServer, err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errNoRedis
	}
	r = &redisServer{exited: make(chan error, 1)}
	if r.dir, err = os.MkdirTemp("", "geodrop-bench-"); err != nil {
		return nil, fmt.Errorf("make a folder for Redis: %w", err)
	}
	// The server outlives the context until stop, so that it ends in order.
	server := exec.Command(path, "--port", "0", "--unixsocket", r.socket(), "--dir", r.dir, "--save", "", "--appendonly", "no")
	if err := server.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start Redis: %w", err), r.stop())
	}
	r.server = server
	go func() { r.exited <- server.Wait() }()
	if err := r.ready(ctx); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	return r, nil
}

// socket is a path short enough for one.
func (r *redisServer) socket() string { return filepath.Join(r.dir, "socket") }

// ready waits until the server takes connections.
func (r *redisServer) ready(ctx context.Context) error {
	for {
		if c, err := net.Dial("unix", r.socket()); err == nil {
			return c.Close()
		}
		select {
		case err := <-r.exited:
			r.exited <- err
			return fmt.Errorf("redis-server ended: %w", err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server and removes its folder.
func (r *redisServer) stop() error {
	var err error
	if r.server != nil {
		err = r.server.Process.Signal(syscall.SIGTERM)
		if errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		select {
		case <-r.exited:
		case <-time.After(patience):
			err = errors.Join(err, r.server.Process.Kill())
			<-r.exited
		}
	}
	return errors.Join(err, os.RemoveAll(r.dir))
}

// redisAhead is how many commands are sent before their replies are read.
const redisAhead = 128

// redisConn is a connection that pipelines. What it sends is made by hand: a
// client library would be measured beside the server.
type redisConn struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func (r *redisServer) dial() (*redisConn, error) {
	c, err := net.Dial("unix", r.socket())
	if err != nil {
		return nil, fmt.Errorf("connect to Redis: %w", err)
	}
	return &redisConn{conn: c, in: bufio.NewReaderSize(c, 256<<10)}, nil
}

// appendCommand appends a command in the protocol of Redis: the number of its
// words, then each word after its length.
func appendCommand(dst []byte, words ...[]byte) []byte {
	dst = append(strconv.AppendInt(append(dst, '*'), int64(len(words)), 10), "\r\n"...)
	for _, word := range words {
		dst = append(strconv.AppendInt(append(dst, '$'), int64(len(word)), 10), "\r\n"...)
		dst = append(append(dst, word...), "\r\n"...)
	}
	return dst
}

// send writes the commands and reads their replies, which hold so many strings.
func (c *redisConn) send(commands [][]byte) (found int, err error) {
	for len(commands) > 0 {
		batch := commands[:min(redisAhead, len(commands))]
		commands = commands[len(batch):]
		c.out = c.out[:0]
		for _, command := range batch {
			c.out = append(c.out, command...)
		}
		if _, err := c.conn.Write(c.out); err != nil {
			return found, fmt.Errorf("send to Redis: %w", err)
		}
		for range batch {
			n, err := c.reply()
			if err != nil {
				return found, fmt.Errorf("read from Redis: %w", err)
			}
			found += n
		}
	}
	return found, nil
}

// reply reads a reply and counts its strings.
func (c *redisConn) reply() (found int, err error) {
	kind, n, err := c.line()
	switch {
	case err != nil:
		return 0, err
	case kind == ':': // a number
		return 0, nil
	case kind == '$':
		_, err = c.in.Discard(n + len("\r\n"))
		return 1, err
	case kind != '*':
		return 0, fmt.Errorf("a reply of kind %q", kind)
	}
	for range n {
		m, err := c.reply()
		if err != nil {
			return 0, err
		}
		found += m
	}
	return found, nil
}

// line reads the kind of a reply and its number. A reply that is an error is
// one.
func (c *redisConn) line() (kind byte, n int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	line = bytes.TrimSuffix(line, []byte("\r\n"))
	if len(line) < 2 || line[0] == '-' {
		return 0, 0, fmt.Errorf("the reply is %.200q", line)
	}
	n, err = strconv.Atoi(string(line[1:]))
	return line[0], n, err
}

// redisKey is where the points are.
const redisKey = "pois"

// fill adds the points under the ids of the POIs.
func (r *redisServer) fill(ctx context.Context, points *Points) (err error) {
	c, err := r.dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.conn.Close()) }()
	const perCommand = 64
	reader, words := points.Reader(), make([][]byte, 0, 2+3*perCommand)
	var commands [][]byte
	for from := 0; from < points.Len(); from += perCommand {
		words = append(words[:0], []byte("GEOADD"), []byte(redisKey))
		for i := from; i < min(from+perCommand, points.Len()); i++ {
			at, _ := reader.At(i)
			words = append(words, appendDegrees(nil, at.Lng), appendDegrees(nil, at.Lat), appendID(nil, i))
		}
		commands = append(commands, appendCommand(nil, words...))
		if len(commands) < redisAhead && from+perCommand < points.Len() {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := c.send(commands); err != nil {
			return err
		}
		commands = commands[:0]
	}
	return nil
}
