package origin

import (
	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/answer"
	"geodrop/sync/manifest"
)

// metrics are what the origin counts.
type metrics struct {
	traffic *answer.Traffic
	patches *prometheus.CounterVec
	held    *heldCollector

	takenBack *prometheus.CounterVec // waves, by cause
}

func newMetrics(o *Origin) *metrics {
	patches := prometheus.CounterOpts{
		Name: "geodrop_origin_patches_total",
		Help: "Patches that publishing was to make, by result: kept; large, not clearly smaller than the segment; late; failed.",
	}
	takenBack := prometheus.CounterOpts{
		Name: "geodrop_origin_waves_taken_back_total",
		Help: "Waves that a gate took back, by reason: refused; errors; unreadable, by programs too old; not_served, by too many nodes; empty, since fewer drops are found; slow, since lookups take longer.",
	}
	m := &metrics{
		traffic: answer.NewTraffic("geodrop_origin_", "route", "waiters, sends, nodes"),
		patches: prometheus.NewCounterVec(patches, []string{"result"}),
		held:    newHeldCollector(o),

		takenBack: prometheus.NewCounterVec(takenBack, []string{"reason"}),
	}
	for _, c := range causes() { // so that the first one is an increase
		m.takenBack.WithLabelValues(string(c))
	}
	return m
}

func (m *metrics) register(r *prometheus.Registry) error {
	for _, c := range append(m.traffic.Collectors(), m.patches, m.takenBack, m.held) {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
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
