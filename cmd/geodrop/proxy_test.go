package main

import (
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// proxy stands between geodrop and the socket of a database, and is in the way
// as told.
type proxy struct {
	socket, target string

	mutex sync.Mutex
	limit int           // bytes that a connection may carry back; 0: any number
	held  chan struct{} // not nil: answers wait until it is closed
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{socket: filepath.Join(t.TempDir(), "p"), target: target}
	listener, err := net.Listen("unix", p.socket)
	must(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		p.pass()
		running.Wait()
	})
	return p
}

// cut cuts each connection when it has carried so many bytes back.
func (p *proxy) cut(limit int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.limit = limit
}

// hold lets no answer through.
func (p *proxy) hold() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.held = make(chan struct{})
}

// pass is in nobody's way any more.
func (p *proxy) pass() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.limit = 0
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.target)
	if err != nil {
		return
	}
	var asking sync.WaitGroup
	asking.Go(func() {
		defer server.Close()
		buf := make([]byte, 4<<10)
		for {
			n, err := client.Read(buf)
			if _, werr := server.Write(buf[:n]); err != nil || werr != nil {
				return
			}
		}
	})
	p.answer(client, server)
	client.Close()
	asking.Wait()
}

func (p *proxy) answer(client, server net.Conn) {
	buf := make([]byte, 4<<10)
	for carried := 0; ; {
		n, err := server.Read(buf)
		p.mutex.Lock()
		held, limit := p.held, p.limit
		p.mutex.Unlock()
		if held != nil {
			<-held
		}
		if carried += n; limit > 0 && carried > limit {
			return
		}
		if _, werr := client.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}
