package mysql

import (
	"bytes"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// proxy stands between a client and the server's socket, and cuts connections.
type proxy struct {
	socket, target string

	mu       sync.Mutex
	left     int64 // bytes from the server until the cut; 0: no cut
	armed    bool
	atCommit bool
}

func newProxy(t *testing.T, target string) *proxy {
	p := &proxy{socket: filepath.Join(t.TempDir(), "p"), target: target}
	listener, err := net.Listen("unix", p.socket)
	if err != nil {
		t.Fatal(err)
	}
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
		running.Wait()
	})
	return p
}

// cutAfter cuts the next connection that carries so many bytes back, and then
// no more; 0 takes that back.
func (p *proxy) cutAfter(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.armed = n, n > 0
}

// cutAtCommit lets the next COMMIT through and drops what the server says to
// it.
func (p *proxy) cutAtCommit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.atCommit = true
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	var wg sync.WaitGroup
	committed := make(chan struct{})
	wg.Go(func() {
		defer server.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := client.Read(buf)
			p.mu.Lock()
			if p.atCommit && bytes.Contains(buf[:n], []byte("COMMIT")) {
				p.atCommit = false
				close(committed)
			}
			p.mu.Unlock()
			if _, werr := server.Write(buf[:n]); err != nil || werr != nil {
				return
			}
		}
	})
	p.answers(client, server, committed)
	client.Close()
	wg.Wait()
}

// answers carries what the server says.
func (p *proxy) answers(client io.Writer, server io.Reader, committed <-chan struct{}) {
	buf := make([]byte, 16<<10)
	for {
		n, err := server.Read(buf)
		select {
		case <-committed:
			return
		default:
		}
		n, cut := p.take(n)
		if _, werr := client.Write(buf[:n]); err != nil || werr != nil || cut {
			return
		}
	}
}

// take is how many of n bytes may pass, and whether the connection ends.
func (p *proxy) take(n int) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.armed {
		return n, false
	}
	if int64(n) < p.left {
		p.left -= int64(n)
		return n, false
	}
	n = int(p.left)
	p.armed = false
	return n, true
}
