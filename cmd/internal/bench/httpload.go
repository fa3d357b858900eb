package bench

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"geodrop/grid/coord"
)

// lookupRequest is the whole request of a lookup at a position.
func lookupRequest(at coord.E7) []byte {
	p := at.WGS84()
	body := strconv.AppendFloat([]byte(`{"lat":`), float64(p.Lat), 'f', -1, 64)
	body = strconv.AppendFloat(append(body, `,"lng":`...), float64(p.Lng), 'f', -1, 64)
	body = append(body, '}')
	return fmt.Appendf(nil, "POST /v1/lookup HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// httpLoad sends the same requests to one server again and again, each client its
// share of them on a connection of the round, the next ones when the answers are
// read.
type httpLoad struct {
	name     string
	address  string
	requests [][]byte
	ahead    int // requests that a client sends before it reads the answers
	buffers  [][]byte
	clients  []lookupClient

	latencies []time.Duration // of the last round, by request
	rounds    []loadRound
}

// loadRound is what one round took.
type loadRound struct {
	processor      time.Duration // of this process: server and clients
	mallocs, bytes uint64        // on the heap: the clients have none
	p50, p99       time.Duration
}

func newLoad(name, address string, connections, ahead int, requests [][]byte) *httpLoad {
	return &httpLoad{
		name: name, address: address, requests: requests, ahead: ahead, buffers: make([][]byte, connections),
		clients: make([]lookupClient, connections), latencies: make([]time.Duration, len(requests)),
	}
}

// round is the run of a contender. It found the bytes of the answers.
func (l *httpLoad) round() (t tally, err error) {
	for i := range l.clients {
		if err := l.clients[i].connect(l.address); err != nil {
			return t, err
		}
		defer func() { err = errors.Join(err, l.clients[i].close()) }()
	}
	processor, before := processClock(), runtime.MemStats{}
	runtime.ReadMemStats(&before)
	began := processor()
	if t.found, err = l.share(); err != nil {
		return t, fmt.Errorf("%s: %w", l.name, err)
	}
	took, after := processor()-began, runtime.MemStats{}
	runtime.ReadMemStats(&after)
	slices.Sort(l.latencies)
	l.rounds = append(l.rounds, loadRound{
		took, after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc,
		quantile(l.latencies, 0.5), quantile(l.latencies, 0.99),
	})
	return t, nil
}

// share lets each client send every request whose turn it has.
func (l *httpLoad) share() (bytes int, err error) {
	type outcome struct {
		bytes int
		err   error
	}
	done := make(chan outcome, len(l.clients))
	for i := range l.clients {
		go func() {
			n, err := l.send(i)
			done <- outcome{n, err}
		}()
	}
	for range l.clients {
		o := <-done
		bytes += o.bytes
		err = errors.Join(err, o.err)
	}
	return bytes, err
}

// send sends the requests of client i, so many at a time.
func (l *httpLoad) send(i int) (bytes int, err error) {
	c, step := &l.clients[i], len(l.clients)
	for from := i; from < len(l.requests); from += step * l.ahead {
		to := min(from+step*l.ahead, len(l.requests))
		l.buffers[i] = l.buffers[i][:0]
		for j := from; j < to; j += step {
			l.buffers[i] = append(l.buffers[i], l.requests[j]...)
		}
		began := time.Now()
		if err := c.send(l.buffers[i]); err != nil {
			return bytes, err
		}
		for j := from; j < to; j += step {
			n, err := c.read(func([]byte) {})
			if err != nil {
				return bytes, err
			}
			l.latencies[j] = time.Since(began)
			bytes += n
		}
	}
	return bytes, nil
}

// quantile is the least of sorted times that a share q of them does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)]
}

// median of a figure over the rounds, without the first, which warms up.
func (l *httpLoad) median(figure func(*loadRound) float64) float64 {
	var all []float64
	for i := range l.rounds[1:] {
		all = append(all, figure(&l.rounds[1+i]))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
