package bench

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"geodrop/grid/coord"
)

// windowMetres is the mean side of a window.
const windowMetres = 1000

// geoSearch sends the searches of all positions to Redis, in rounds.
type geoSearch struct {
	name    string // of the peer
	suffix  string // of the case
	strings int    // that Redis answers for a place
	note    string

	clients   []*redisConn
	commands  [][]byte
	clocks    []clock // of this process and of Redis
	processor []time.Duration
}

// appendSearch asks for what is in a square around a position.
func appendSearch(at coord.E7, options ...string) []byte {
	words := []string{"GEOSEARCH", redisKey, "FROMLONLAT", string(appendDegrees(nil, at.Lng)), string(appendDegrees(nil, at.Lat)),
		"BYBOX", strconv.Itoa(windowMetres), strconv.Itoa(windowMetres), "m"}
	all := make([][]byte, 0, len(words)+len(options))
	for _, word := range slices.Concat(words, options) {
		all = append(all, []byte(word))
	}
	return appendCommand(nil, all...)
}

// redis starts Redis and fills it. The error wraps errNoRedis where there is
// none.
func (m *httpMeasure) redis(ctx context.Context) (searches []*geoSearch, err error) {
	m.opts.Progress.Stage("fill Redis of " + m.name)
	defer m.opts.Progress.Stage("measure " + m.name)
	r, err := startRedis(ctx)
	if err != nil {
		return nil, err
	}
	m.later(r.stop)
	if err := r.fill(ctx, m.points); err != nil {
		return nil, err
	}
	ids := &geoSearch{name: peerRedis, suffix: "/redis", strings: 1, note: "Redis answers ids only"}
	places := &geoSearch{
		name: peerRedis + " ASC WITHCOORD WITHDIST", suffix: "/redis-places", strings: 4,
		note: "Redis answers ids, positions and distances, nearest first, as ours does",
	}
	for _, at := range m.positions {
		ids.commands = append(ids.commands, appendSearch(at))
		places.commands = append(places.commands, appendSearch(at, "ASC", "WITHCOORD", "WITHDIST"))
	}
	const connections = 2 // keep the one thread of Redis busy
	for range connections {
		c, err := r.dial()
		if err != nil {
			return nil, err
		}
		m.later(c.conn.Close)
		ids.clients, places.clients = append(ids.clients, c), append(places.clients, c)
	}
	clocks := []clock{processClock(), clockOf(r.server.Process.Pid)}
	ids.clocks, places.clocks = clocks, clocks
	return []*geoSearch{ids, places}, nil
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

// reportSearch compares our server with Redis. Both get requests ahead; what
// clients that wait for each answer get of ours is told as well.
func (m *httpMeasure) reportSearch(s *geoSearch, loads []*httpLoad, times []timing, peer timing) {
	name, waiting, ahead := m.name+s.suffix, 0, len(loads)-1
	m.add(newRow(name, "requests_per_second", m.rate(times[ahead]), unitPerS).timesCost(s.name, m.rate(peer)).atLeast(targetRedis).
		noted("the same points and positions; %s, %d requests ahead on each of %d connections, ours %d ahead on each of %d",
			s.note, redisAhead, len(s.clients), loads[ahead].ahead, m.opts.Connections))
	m.add(newRow(name+"/one-at-a-time", "requests_per_second", m.rate(times[waiting]), unitPerS).timesCost(s.name, m.rate(peer)).
		noted("clients of ours wait for each answer, those of Redis do not"))
	m.add(newRow(name, "processor_ns_per_request", loads[ahead].median(func(r *loadRound) float64 { return m.each(r.processor) }), unitNs).
		timesBetter(s.name, m.each(middle(s.processor[1:]))).noted("of all threads of server and clients: ours works on all processors, Redis on one"))
	m.add(newRow(name, "found_per_answer", m.perRequest(m.drops), "").timesCost(s.name, m.perRequest(peer.found/s.strings)).
		noted("a square as large as the mean window"))
}
