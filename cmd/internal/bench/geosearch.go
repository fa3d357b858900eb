package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"geodrop/grid/coord"
)

// windowMetres is the mean side of a window.
const windowMetres = 1000

// errNoPeer marks a machine without the server of a peer.
var errNoPeer = errors.New("is not installed")

// program finds a server by its path, or by its name where the path is empty.
func program(name, path string) (string, error) {
	if path != "" {
		return exec.LookPath(path)
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s %w", name, errNoPeer)
	}
	return found, nil
}

// searcher is a server that finds points in a box.
type searcher struct {
	suffix      string // of the cases
	peer        string
	connections int
	threads     string // on which it works, and ours
	start       func(context.Context) (*respServer, error)
	fill        func(context.Context, *respServer, *Points) error
	kinds       []searchKind
}

// searchKind is a way to ask it.
type searchKind struct {
	suffix  string // of the case
	options string // in the name of the peer
	strings int    // that it answers for a place
	note    string
	command func(at coord.E7) []byte
}

// geoSearch sends the searches of all positions to a peer, in rounds.
type geoSearch struct {
	of   *searcher
	kind *searchKind

	clients   []*respConn
	commands  [][]byte
	clocks    []clock // of this process and of the peer
	processor []time.Duration
}

func (s *geoSearch) name() string { return s.of.peer + s.kind.options }

// searches starts a peer and fills it. The error wraps errNoPeer where there is
// none.
func (m *httpMeasure) searches(ctx context.Context, of searcher) (searches []*geoSearch, err error) {
	m.opts.Progress.Stage("fill the peer of " + m.name + of.suffix)
	defer m.opts.Progress.Stage("measure " + m.name)
	server, err := of.start(ctx)
	if err != nil {
		return nil, err
	}
	m.later(server.stop)
	if err := of.fill(ctx, server, m.points); err != nil {
		return nil, err
	}
	var clients []*respConn
	for range of.connections {
		c, err := server.dial()
		if err != nil {
			return nil, err
		}
		m.later(c.conn.Close)
		clients = append(clients, c)
	}
	clocks := []clock{processClock(), clockOf(server.server.Process.Pid)}
	for i := range of.kinds {
		s := &geoSearch{of: &of, kind: &of.kinds[i], clients: clients, clocks: clocks}
		for _, at := range m.positions {
			s.commands = append(s.commands, s.kind.command(at))
		}
		searches = append(searches, s)
	}
	return searches, nil
}

func (s *geoSearch) now() (total time.Duration) {
	for _, now := range s.clocks {
		total += now()
	}
	return total
}

// round is the run of a contender: the clients share the searches.
func (s *geoSearch) round() (t tally, err error) {
	type outcome struct {
		found int
		err   error
	}
	began, done := s.now(), make(chan outcome, len(s.clients))
	for i, c := range s.clients {
		from, to := i*len(s.commands)/len(s.clients), (i+1)*len(s.commands)/len(s.clients)
		go func() {
			found, err := c.send(s.commands[from:to])
			done <- outcome{found, err}
		}()
	}
	for range s.clients {
		o := <-done
		t.found += o.found
		err = errors.Join(err, o.err)
	}
	s.processor = append(s.processor, s.now()-began)
	return t, err
}

// reportSearch compares our server with a peer. Both get requests ahead; what
// clients that wait for each answer get of ours is told as well.
func (m *httpMeasure) reportSearch(s *geoSearch, loads []*httpLoad, times []timing, peer timing) {
	name, waiting, ahead := m.name+s.of.suffix+s.kind.suffix, 0, len(loads)-1
	m.add(newRow(name, "requests_per_second", m.rate(times[ahead]), unitPerS).timesCost(s.name(), m.rate(peer)).atLeast(targetSearch).
		noted("the same points and positions; %s, %d requests ahead on each of %d connections, ours %d ahead on each of %d",
			s.kind.note, respAhead, len(s.clients), loads[ahead].ahead, m.opts.Connections))
	m.add(newRow(name+"/one-at-a-time", "requests_per_second", m.rate(times[waiting]), unitPerS).timesCost(s.name(), m.rate(peer)).
		noted("clients of ours wait for each answer, those of the peer do not"))
	m.add(newRow(name, "processor_ns_per_request", loads[ahead].median(func(r *loadRound) float64 { return m.each(r.processor) }), unitNs).
		timesBetter(s.name(), m.each(middle(s.processor[1:]))).noted("of all threads of server and clients: %s", s.of.threads))
	m.add(newRow(name, "found_per_answer", m.perRequest(m.drops), "").timesCost(s.name(), m.perRequest(peer.found/s.kind.strings)).
		noted("a square as large as the mean window"))
}
