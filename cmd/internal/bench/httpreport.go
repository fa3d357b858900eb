package bench

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// measure lets our server and its peers take turns.
func (m *httpMeasure) measure(ctx context.Context, loads []*httpLoad) error {
	var contenders []contender
	for _, l := range loads {
		contenders = append(contenders, contender{l.name, l.round})
	}
	var all []*geoSearch
	missing := map[string]error{} // by the suffix of the case
	for _, peer := range []searcher{redis(), tile38(m.opts.Tile38, m.opts.Connections)} {
		searches, err := m.searches(ctx, peer)
		if errors.Is(err, errNoPeer) {
			missing[peer.suffix] = err
		} else if err != nil {
			return err
		}
		all = append(all, searches...)
	}
	for _, s := range all {
		contenders = append(contenders, contender{s.name(), s.round})
	}
	times, err := contest(ctx, wallClock(), m.opts.Rounds, contenders)
	if err != nil {
		return err
	}
	m.report(loads, times)
	for i, s := range all {
		m.reportSearch(s, loads, times, times[len(loads)+i])
	}
	for _, suffix := range slices.Sorted(maps.Keys(missing)) {
		m.add(newRow(m.name+suffix, "requests_per_second", m.rate(times[0]), unitPerS).without(missing[suffix].Error()).atLeast(targetSearch))
	}
	return nil
}

func (m *httpMeasure) add(r Row) { m.rows = append(m.rows, r) }

// rate is the requests in a second of the median round.
func (m *httpMeasure) rate(t timing) float64 {
	return float64(len(m.requests)) / t.median.Seconds()
}

// report compares our server with the bare one.
func (m *httpMeasure) report(loads []*httpLoad, times []timing) {
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
		{"allocs_per_request", "", "net/http included, clients make none; its own are the request's id, the values of its header lines and the text of its length", func(r *loadRound) float64 { return m.perRequest(int(r.mallocs)) }},
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
func (m *httpMeasure) reportServers(loads []*httpLoad, times []timing) {
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
