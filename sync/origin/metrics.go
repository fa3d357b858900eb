package origin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/manifest"
)

// metrics are what the origin counts.
type metrics struct {
	requests *prometheus.CounterVec
	sent     *prometheus.CounterVec
	refused  *prometheus.CounterVec
	patches  *prometheus.CounterVec
	held     *heldCollector
}

func newMetrics(o *Origin) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "geodrop_origin_" + name, Help: help}, labels)
	}
	return &metrics{
		requests: counter("requests_total", "Requests by route and status.", "route", "status"),
		sent:     counter("sent_bytes_total", "Bytes of content sent, by kind.", "kind"),
		refused:  counter("refused_total", "Requests refused for being too many, by what they wanted: waiters, sends.", "what"),
		patches:  counter("patches_total", "Patches that publishing was to make, by result: kept; large, not clearly smaller than the segment; late; failed.", "result"),
		held:     newHeldCollector(o),
	}
}

func (m *metrics) register(r *prometheus.Registry) error {
	for _, c := range []prometheus.Collector{m.requests, m.sent, m.refused, m.patches, m.held} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *metrics) observe(route string, w *reply) {
	m.requests.WithLabelValues(route, strconv.Itoa(w.status)).Inc()
	if w.kind != "" {
		m.sent.WithLabelValues(w.kind).Add(float64(w.bytes))
	}
}

// heldCollector tells what the origin has at the moment of the scrape.
type heldCollector struct {
	origin                                                            *Origin
	waiters, sends, releases, bytes, patched, version, sequence, wave *prometheus.Desc
}

func newHeldCollector(o *Origin) *heldCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("geodrop_origin_"+name, help, labels, nil)
	}
	return &heldCollector{
		origin:   o,
		waiters:  desc("waiters", "Requests that wait for a channel to move."),
		sends:    desc("sends", "Objects being sent."),
		releases: desc("releases", "Releases that are published."),
		bytes:    desc("stored_bytes", "Bytes of their objects."),
		patched:  desc("patch_bytes", "Bytes of the patches between them."),
		version:  desc("channel_version", "Version of a channel's pointer.", "channel"),
		sequence: desc("channel_sequence", "Sequence of the release that a channel is at.", "channel"),
		wave:     desc("wave_share", "Share of the nodes that serve another release already, 0 without a wave.", "channel"),
	}
}

// Describe tells the descriptions.
func (c *heldCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.waiters, c.sends, c.releases, c.bytes, c.patched, c.version, c.sequence, c.wave} {
		ch <- d
	}
}

// Collect tells the figures.
func (c *heldCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	o := c.origin
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	stored, patched := int64(0), int64(0)
	for _, object := range o.objects {
		stored += object.Bytes
	}
	for _, p := range o.patches {
		patched += p.Bytes
	}
	gauge(c.waiters, float64(len(o.waiters)))
	gauge(c.sends, float64(len(o.sends)))
	gauge(c.releases, float64(len(o.releases)))
	gauge(c.bytes, float64(stored))
	gauge(c.patched, float64(patched))
	for name, at := range o.channels {
		if at.served() {
			gauge(c.version, float64(at.pointer.Version), name)
			gauge(c.sequence, float64(at.pointer.Sequence), name)
			gauge(c.wave, float64(at.pointer.Wave.Share)/manifest.WholeFleet, name)
		}
	}
}
