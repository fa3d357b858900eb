package relay

import (
	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/answer"
)

// metrics are what the relay counts.
type metrics struct {
	traffic   *answer.Traffic
	asked     *prometheus.CounterVec
	failures  *prometheus.CounterVec
	fetched   prometheus.Counter
	hits      prometheus.Counter
	coalesced prometheus.Counter
	held      *heldCollector
}

func newMetrics(r *Relay) *metrics {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "geodrop_relay_" + name, Help: help}
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(opts(name, help), labels)
	}
	return &metrics{
		traffic:   answer.NewTraffic("geodrop_relay_", "kind", "channels, waiters, sends, fetches, reports, disk"),
		asked:     vec("upstream_requests_total", "Requests to upstreams.", "upstream"),
		failures:  vec("upstream_failures_total", "Answers of upstreams that failed or were refused.", "upstream"),
		fetched:   prometheus.NewCounter(opts("fetched_bytes_total", "Bytes of files received from upstreams.")),
		hits:      prometheus.NewCounter(opts("hits_total", "Requests for files that were on the disk.")),
		coalesced: prometheus.NewCounter(opts("coalesced_total", "Requests for files that were being fetched already.")),
		held:      newHeldCollector(r),
	}
}

func (m *metrics) register(r *prometheus.Registry) error {
	for _, c := range append(m.traffic.Collectors(), m.asked, m.failures, m.fetched, m.hits, m.coalesced, m.held) {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// heldCollector tells what the relay has at the moment of the scrape.
type heldCollector struct {
	relay                                             *Relay
	files, bytes, sends, fetches, waiters, at, behind *prometheus.Desc
}

func newHeldCollector(r *Relay) *heldCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("geodrop_relay_"+name, help, labels, nil)
	}
	return &heldCollector{
		relay:   r,
		files:   desc("files", "Files on the disk."),
		bytes:   desc("stored_bytes", "Bytes of them."),
		sends:   desc("sends", "Files being sent."),
		fetches: desc("fetches", "Files being fetched."),
		waiters: desc("waiters", "Requests that wait for a channel to move."),
		at:      desc("channel_version", "Version of a channel's pointer that is passed on.", "channel"),
		behind:  desc("channel_contact_timestamp_seconds", "Unix time of the last good answer of an upstream for a channel.", "channel"),
	}
}

// Describe tells the descriptions.
func (c *heldCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.files, c.bytes, c.sends, c.fetches, c.waiters, c.at, c.behind} {
		ch <- d
	}
}

// Collect tells the figures.
func (c *heldCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	r := c.relay
	count, bytes := r.files.held()
	gauge(c.files, float64(count))
	gauge(c.bytes, float64(bytes))
	gauge(c.sends, float64(len(r.sends)))
	gauge(c.fetches, float64(len(r.fetches)))
	gauge(c.waiters, float64(len(r.waiters)))
	for name, s := range r.Channels() {
		gauge(c.at, float64(s.Version), name)
		gauge(c.behind, float64(s.LastContact.UnixMilli())/1e3, name)
	}
}
