package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// echo is a pipe that a goroutine waits to read from, as others do for
// requests.
type echo struct {
	in, out *os.File
	read    chan time.Time
}

func newEcho() (*echo, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe to time the poller: %w", err)
	}
	e := &echo{in: in, out: out, read: make(chan time.Time)}
	go e.answer()
	return e, nil
}

// answer ends when the pipe is closed.
func (e *echo) answer() {
	defer close(e.read)
	var b [1]byte
	for {
		if _, err := e.out.Read(b[:]); err != nil {
			return
		}
		e.read <- time.Now()
	}
}

// send sends a byte; when it was read comes from e.read.
func (e *echo) send() error {
	if _, err := e.in.Write([]byte{0}); err != nil {
		return fmt.Errorf("time the poller: %w", err)
	}
	return nil
}

func (e *echo) answers() <-chan time.Time { return e.read }

// close waits until the reader has ended.
func (e *echo) close() error {
	err := e.in.Close()
	for range e.read { // one may have come back since nobody looks any more
	}
	return errors.Join(err, e.out.Close())
}

// prober is an echo, or what stands for one in a test.
type prober interface {
	send() error
	answers() <-chan time.Time // when each was read
	close() error
}

// startWatching times echoes until stop, which waits.
func (s *Server) startWatching(ctx context.Context) (stop func(), err error) {
	p := s.options.prober
	if p == nil {
		if p, err = newEcho(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		err := s.watchQueue(ctx, p)
		s.brake.release()
		if err = errors.Join(err, p.close()); err != nil {
			s.options.Log.Error("overload is not seen any more", "error", err)
		}
	})
	return func() { cancel(); watch.Wait() }, nil
}

var errNoEcho = errors.New("time the poller: nobody reads the pipe any more")

// The pause between two looks at the queue. Who waited for longer than the echo
// under way is turned away: with a limit, looks are close together.
const (
	lookPause      = 5 * time.Millisecond
	closeLookPause = time.Millisecond
)

// watchQueue sends an echo a moment after the one before has come back, if
// requests have begun since or there is a limit. One that is still under way
// counts for as long as it is.
func (s *Server) watchQueue(ctx context.Context, p prober) error {
	pause := lookPause
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if now := s.brake.pause(); now != pause {
			pause = now
			tick.Reset(pause)
		}
		select {
		case <-ctx.Done():
			return nil
		case read, ok := <-p.answers():
			if !ok {
				return errNoEcho
			}
			s.metrics.queueDelay.Set(s.brake.echoed(read).Seconds())
		case <-tick.C:
			if delay, is := s.brake.waiting(time.Now()); is {
				s.metrics.queueDelay.Set(delay.Seconds())
			} else if s.brake.echo(time.Now()) {
				if err := p.send(); err != nil {
					return err
				}
			}
		}
	}
}
