package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// measure lets our server and its peers take turns.
func (m *httpMeasure) measure(ctx context.Context, loads []*load) error {
	var contenders []contender
	for _, l := range loads {
		contenders = append(contenders, contender{l.name, l.round})
	}
	geo, why := m.redis(ctx)
	if geo != nil {
		contenders = append(contenders, *geo)
	} else if !errors.Is(why, errNoRedis) && why != nil {
		return why
	}
	times, err := contest(ctx, wallClock(), m.opts.Rounds, contenders)
	if err != nil {
		return err
	}
	m.report(loads, times)
	if geo != nil {
		m.reportRedis(times[0], times[len(times)-1])
	} else {
		m.add(newRow(m.name+"/redis", "requests_per_second", m.rate(times[0]), unitPerS).without(fmt.Sprint(why)).atLeast(targetRedis))
	}
	m.add(newRow(m.name+"/tile38", "requests_per_second", m.rate(times[0]), unitPerS).
		without("Tile38 is not measured: no package of the system has it").atLeast(targetRedis))
	return nil
}

func (m *httpMeasure) add(r Row) { m.rows = append(m.rows, r) }

// rate is the requests in a second of the median round.
func (m *httpMeasure) rate(t timing) float64 {
	return float64(len(m.requests)) / t.median.Seconds()
}

// report compares our server with the bare one.
func (m *httpMeasure) report(loads []*load, times []timing) {
	ours, bare := loads[0], loads[1]
	m.add(newRow(m.name, "requests_per_second", m.rate(times[0]), unitPerS).timesCost(peerBare, m.rate(times[1])).atLeast(targetBare).
		noted("median of %d rounds of %d requests, %d connections that are kept, one request at a time on each; clients in the same process",
			m.opts.Rounds, len(m.requests), m.opts.Connections))
	for _, figure := range []struct {
		metric, unit, note string
		of                 func(*loadRound) float64
	}{
		{"processor_ns_per_request", unitNs, "of all threads, clients included", func(r *loadRound) float64 { return m.each(r.processor) }},
		{"p50_ns", unitNs, "seen by the client, its machine busy with others", func(r *loadRound) float64 { return float64(r.p50) }},
		{"p99_ns", unitNs, "", func(r *loadRound) float64 { return float64(r.p99) }},
		{"allocs_per_request", "", "by the server, net/http included; the clients make none", func(r *loadRound) float64 { return m.perRequest(int(r.mallocs)) }},
		{"allocated_bytes_per_request", "B", "as above", func(r *loadRound) float64 { return m.perRequest(int(r.bytes)) }},
	} {
		row := newRow(m.name, figure.metric, ours.median(figure.of), figure.unit).timesCost(peerBare, bare.median(figure.of))
		if figure.note != "" {
			row = row.noted("%s", figure.note)
		}
		m.add(row)
	}
	m.add(newRow(m.name, "answer_bytes", m.perRequest(times[0].found), "B").timesCost(peerBare, m.perRequest(times[1].found)))
	m.add(newRow(m.name, "drops_per_answer", m.perRequest(m.drops), ""))
	m.reportServers(loads, times)
}

// reportServers leaves out what clients and sockets cost, which a server that
// does nothing tells.
func (m *httpMeasure) reportServers(loads []*load, times []timing) {
	processor := func(i int) float64 {
		return loads[i].median(func(r *loadRound) float64 { return m.each(r.processor) })
	}
	m.add(newRow(m.name+"/sockets", "requests_per_second", m.rate(times[2]), unitPerS).
		noted("a server that answers each read with as many bytes: what connections and clients cost"))
	m.add(newRow(m.name+"/sockets", "processor_ns_per_request", processor(2), unitNs))
	m.add(newRow(m.name+"/server", "processor_ns_per_request", processor(0)-processor(2), unitNs).
		timesCost(peerBare, processor(1)-processor(2)).noted("without that: net/http and the handler alone"))
}

// each is what one request took of a round.
func (m *httpMeasure) each(d time.Duration) float64 { return per(d, len(m.requests)) }

// redis starts Redis and fills it; nil, and why, if there is none.
func (m *httpMeasure) redis(ctx context.Context) (*contender, error) {
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
	const connections = 2 // keep the one thread of Redis busy
	clients := make([]*redisConn, connections)
	for i := range clients {
		if clients[i], err = r.dial(); err != nil {
			return nil, err
		}
		m.later(clients[i].conn.Close)
	}
	searches := make([][]byte, len(m.positions))
	for i, at := range m.positions {
		searches[i] = geoSearch(at, windowMetres)
	}
	return &contender{peerRedis, func() (tally, error) { return searchRedis(clients, searches) }}, nil
}

// windowMetres is the mean side of a window.
const windowMetres = 1000

// searchRedis shares the searches among the clients.
func searchRedis(clients []*redisConn, searches [][]byte) (t tally, err error) {
	type outcome struct {
		found int
		err   error
	}
	done := make(chan outcome, len(clients))
	for i, c := range clients {
		from, to := i*len(searches)/len(clients), (i+1)*len(searches)/len(clients)
		go func() {
			found, err := c.send(searches[from:to])
			done <- outcome{found, err}
		}()
	}
	for range clients {
		o := <-done
		t.found += o.found
		err = errors.Join(err, o.err)
	}
	return t, err
}

// reportRedis compares our server with Redis.
func (m *httpMeasure) reportRedis(ours, redis timing) {
	m.add(newRow(m.name+"/redis", "requests_per_second", m.rate(ours), unitPerS).timesCost(peerRedis, m.rate(redis)).atLeast(targetRedis).
		noted("the same points and positions; Redis answers ids only, %d requests ahead on each of 2 connections, ours one at a time", redisAhead))
	m.add(newRow(m.name+"/redis", "drops_per_answer", m.perRequest(m.drops), "").timesCost(peerRedis, m.perRequest(redis.found)).
		noted("a square as large as the mean window"))
}
