package node

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"geodrop/sync/vitals"
)

// What a server counts: requests by status, how long they took by route, and the
// drops that lookups found.
const (
	requestsName = "geodrop_http_requests_total"
	tookName     = "geodrop_http_request_seconds"
	dropsName    = "geodrop_lookup_drops"

	lookupRoute = "/v1/lookup"
)

// Health counts the requests of a registry's server, and those that met a defect
// of the server: status 500. One that is overloaded, or has no release, says 503,
// for which no release is to blame. It counts lookups, how many found nothing, and
// how long they took.
func Health(registry *prometheus.Registry) func() vitals.Counts {
	return func() (c vitals.Counts) {
		families, err := registry.Gather()
		if err != nil {
			return c // whoever scrapes is told
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				countIn(&c, f.GetName(), m)
			}
		}
		return c
	}
}

func countIn(c *vitals.Counts, name string, m *dto.Metric) {
	switch {
	case name == requestsName:
		n := int(m.GetCounter().GetValue())
		c.Requests += n
		if labelled(m, "status", "500") {
			c.Errors += n
		}
	case name == dropsName:
		h := m.GetHistogram()
		c.Lookups.Answers += h.GetSampleCount()
		if lowest := h.GetBucket(); len(lowest) > 0 && lowest[0].GetUpperBound() == 0 {
			c.Lookups.Empty += lowest[0].GetCumulativeCount()
		}
	case name == tookName && labelled(m, "route", lookupRoute):
		addTimes(&c.Lookups.Took, m.GetHistogram())
	}
}

func labelled(m *dto.Metric, name, value string) bool {
	return slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == name && l.GetValue() == value })
}

// addTimes adds the fine buckets of a histogram: each span says how many buckets
// are left out before it, and each delta by how much one has more than the last.
func addTimes(t *vitals.Times, h *dto.Histogram) {
	if h.GetSchema() != vitals.Schema {
		return
	}
	bucket, n, deltas := 0, int64(0), h.GetPositiveDelta()
	for _, span := range h.GetPositiveSpan() {
		bucket += int(span.GetOffset())
		for range span.GetLength() {
			n += deltas[0]
			deltas = deltas[1:]
			t.Add(bucket, uint64(n))
			bucket++
		}
	}
}
