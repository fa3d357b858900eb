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

// load sends the same requests to one server again and again, each client its
// share of them, the next one when the answer is read.
type load struct {
	name     string
	requests [][]byte
	clients  []*lookupClient

	latencies []time.Duration // of the last round, by request
	rounds    []loadRound
}

// loadRound is what one round took.
type loadRound struct {
	processor      time.Duration // of this process: server and clients
	mallocs, bytes uint64        // on the heap: the clients have none
	p50, p99       time.Duration
}

func newLoad(name, address string, connections int, requests [][]byte) (l *load, err error) {
	l = &load{name: name, requests: requests, latencies: make([]time.Duration, len(requests))}
	for range connections {
		c, err := dialLookups(address)
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.clients = append(l.clients, c)
	}
	return l, nil
}

func (l *load) close() error {
	var errs []error
	for _, c := range l.clients {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// round is the run of a contender. It found the bytes of the answers.
func (l *load) round() (t tally, err error) {
	processor, before := processClock(), runtime.MemStats{}
	runtime.ReadMemStats(&before)
	began := processor()
	done := make(chan error, len(l.clients))
	bytes := make([]int, len(l.clients))
	for i := range l.clients {
		go func() { done <- l.share(i, &bytes[i]) }()
	}
	for range l.clients {
		err = errors.Join(err, <-done)
	}
	took, after := processor()-began, runtime.MemStats{}
	runtime.ReadMemStats(&after)
	for _, n := range bytes {
		t.found += n
	}
	slices.Sort(l.latencies)
	l.rounds = append(l.rounds, loadRound{
		took, after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc,
		quantile(l.latencies, 0.5), quantile(l.latencies, 0.99),
	})
	return t, err
}

// share sends every request whose turn client i has.
func (l *load) share(i int, bytes *int) error {
	for j := i; j < len(l.requests); j += len(l.clients) {
		began := time.Now()
		n, err := l.clients[i].ask(l.requests[j], func([]byte) {})
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		l.latencies[j] = time.Since(began)
		*bytes += n
	}
	return nil
}

// quantile of sorted times.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(math.Ceil(q*float64(len(sorted)))), len(sorted)-1)]
}

// median of a figure over the rounds, without the first, which warms up.
func (l *load) median(figure func(*loadRound) float64) float64 {
	var all []float64
	for i := range l.rounds[1:] {
		all = append(all, figure(&l.rounds[1+i]))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
