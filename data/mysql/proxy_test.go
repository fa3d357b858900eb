package mysql

import (
	"bytes"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// commitCut is what a proxy does about a COMMIT.
type commitCut int

const (
	cutNothing commitCut = iota
	cutRequest           // drop it
	cutAnswer            // let it through, and drop what the server says to it
)

// proxy stands between a client and the server's socket, and cuts connections.
type proxy struct {
	socket, target string

	mu       sync.Mutex
	left     int64 // bytes from the server until the cut
	armed    bool
	stall    bool // instead of cutting say no more
	atCommit commitCut
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
	p.left, p.armed, p.stall = n, n > 0, false
}

// stallAfter says nothing more on the next connection that carries so many bytes
// back, until the client ends it.
func (p *proxy) stallAfter(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.armed, p.stall = n, true, true
}

// cutAtCommit cuts the connection of the next COMMIT.
func (p *proxy) cutAtCommit(cut commitCut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.atCommit = cut
}

// commit is what to do about a request.
func (p *proxy) commit(request []byte) (cut commitCut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.atCommit != cutNothing && bytes.Contains(request, []byte("COMMIT")) {
		cut, p.atCommit = p.atCommit, cutNothing
	}
	return cut
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
			switch p.commit(buf[:n]) {
			case cutRequest:
				return
			case cutAnswer:
				close(committed)
			}
			if _, werr := server.Write(buf[:n]); err != nil || werr != nil {
				return
			}
		}
	})
	if stalled := p.answers(client, server, committed); stalled {
		wg.Wait() // for the client to lose patience
	}
	client.Close()
	wg.Wait()
}

// answers carries what the server says.
func (p *proxy) answers(client io.Writer, server io.Reader, committed <-chan struct{}) (stalled bool) {
	buf := make([]byte, 16<<10)
	for {
		n, err := server.Read(buf)
		select {
		case <-committed:
			return false
		default:
		}
		n, cut, stall := p.take(n)
		if _, werr := client.Write(buf[:n]); err != nil || werr != nil || cut {
			return stall
		}
	}
}

// take is how many of n bytes may pass, and whether the connection ends or
// stalls then.
func (p *proxy) take(n int) (pass int, cut, stall bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.armed {
		return n, false, false
	}
	if int64(n) < p.left {
		p.left -= int64(n)
		return n, false, false
	}
	n = int(p.left)
	p.armed = false
	return n, true, p.stall
}
