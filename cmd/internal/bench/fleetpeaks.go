package bench

import (
	"net"
	"net/url"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// countedListener counts the connections that are open, and what is sent.
type countedListener struct {
	net.Listener
	open atomic.Int64
	sent atomic.Int64
}

// Accept counts a connection.
func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &countedConn{Conn: c, listener: l}, nil
}

func (l *countedListener) url() *url.URL {
	return &url.URL{Scheme: "http", Host: l.Addr().String()}
}

type countedConn struct {
	net.Conn
	listener *countedListener
	once     sync.Once
}

// Write counts bytes.
func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.listener.sent.Add(int64(n))
	return n, err
}

// Close counts the connection no longer.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.listener.open.Add(-1) })
	return c.Conn.Close()
}

// processPeaks are the most that this process held at a time.
type processPeaks struct {
	goroutines int
	sockets    int64 // of the servers
	heap       uint64
}

// processWatch looks at the process until it is stopped.
type processWatch struct {
	sockets func() int64
	ending  chan struct{}
	ended   chan processPeaks
}

func watchProcess(sockets func() int64) *processWatch {
	w := &processWatch{sockets, make(chan struct{}), make(chan processPeaks, 1)}
	go w.run()
	return w
}

func (w *processWatch) stop() processPeaks {
	close(w.ending)
	return <-w.ended
}

func (w *processWatch) run() {
	const every = 5 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	var peaks processPeaks
	for {
		metrics.Read(heap)
		peaks.goroutines = max(peaks.goroutines, runtime.NumGoroutine())
		peaks.sockets = max(peaks.sockets, w.sockets())
		peaks.heap = max(peaks.heap, heap[0].Value.Uint64())
		select {
		case <-tick.C:
		case <-w.ending:
			w.ended <- peaks
			return
		}
	}
}

// settledGoroutines waits a little until there are no more goroutines than
// before: those of connections end after they are closed.
func settledGoroutines(before int) int {
	for range 100 {
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}
