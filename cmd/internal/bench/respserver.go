package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// respServer is a peer that speaks the protocol of Redis, a server of our own: on
// loopback, as ours is, in a temporary folder, with nothing kept on disk.
type respServer struct {
	name   string
	dir    string
	port   string
	server *exec.Cmd
	exited chan error
}

// startRESP starts a server with the arguments that its folder and its port make.
func startRESP(ctx context.Context, name, program string, args func(dir, port string) []string) (s *respServer, err error) {
	s = &respServer{name: name, exited: make(chan error, 1)}
	if s.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "geodrop-bench-"); err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", name, err)
	}
	// The server outlives the context until stop, so that it ends in order.
	server := exec.Command(program, args(s.dir, s.port)...)
	if err := server.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), s.stop())
	}
	s.server = server
	go func() { s.exited <- server.Wait() }()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// freePort is one that nobody listens on now.
func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func (s *respServer) address() string { return net.JoinHostPort("127.0.0.1", s.port) }

// ready waits until the server takes connections.
func (s *respServer) ready(ctx context.Context) error {
	for {
		if c, err := net.Dial("tcp", s.address()); err == nil {
			return c.Close()
		}
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("%s ended before it took a connection (%s): %v", s.name, s.server.Path, s.server.ProcessState)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server and removes its folder.
func (s *respServer) stop() error {
	var err error
	if s.server != nil {
		err = s.server.Process.Signal(syscall.SIGTERM)
		if errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		select {
		case <-s.exited:
		case <-time.After(patience):
			err = errors.Join(err, s.server.Process.Kill())
			<-s.exited
		}
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// fill sends commands that next appends one at a time until it reports that
// there are no more.
func (s *respServer) fill(ctx context.Context, next func() (command []byte, more bool)) (err error) {
	c, err := s.dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.conn.Close()) }()
	batch := make([][]byte, 0, respAhead)
	for more := true; more; {
		batch = batch[:0]
		for len(batch) < respAhead && more {
			var command []byte
			if command, more = next(); more {
				batch = append(batch, command)
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := c.send(batch); err != nil {
			return err
		}
	}
	return nil
}
