package answer

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Traffic counts what is asked and sent.
type Traffic struct {
	requests, sent, refused *prometheus.CounterVec
}

// NewTraffic makes counters whose names begin with a prefix; by is the label of
// requests beside their status, and wants are what may be refused.
func NewTraffic(prefix, by, wants string) *Traffic {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
	}
	return &Traffic{
		requests: counter("requests_total", "Requests by "+by+" and status.", by, "status"),
		sent:     counter("sent_bytes_total", "Bytes of content sent, by kind.", "kind"),
		refused:  counter("refused_total", "Requests refused for want of room, by what was full: "+wants+".", "what"),
	}
}

// Collectors are to be registered.
func (t *Traffic) Collectors() []prometheus.Collector {
	return []prometheus.Collector{t.requests, t.sent, t.refused}
}

// Refused counts a request that there was no room for.
func (t *Traffic) Refused(what string) { t.refused.WithLabelValues(what).Inc() }

func (t *Traffic) observe(name string, w *Reply) {
	t.requests.WithLabelValues(name, strconv.Itoa(w.status)).Inc()
	if w.Kind != "" {
		t.sent.WithLabelValues(w.Kind).Add(float64(w.bytes))
	}
}
