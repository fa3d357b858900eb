package node

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestHealth(t *testing.T) {
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: requestsName, Help: "x"}, []string{"route", "status"})
	must(t, registry.Register(counter))
	for status, n := range map[string]float64{"200": 90, "404": 5, "500": 3, "503": 2} {
		counter.WithLabelValues("/a", status).Add(n)
	}
	counter.WithLabelValues("/b", "500").Add(1)
	if requests, errors := Health(registry)(); requests != 101 || errors != 4 {
		t.Errorf("%d requests, %d errors, want 101 and 4", requests, errors)
	}
}

// TestHealthOfANode: the counter has the name that a server gives it.
func TestHealthOfANode(t *testing.T) {
	upstream, stop := startUpstream(t)
	defer stop()
	r := startFed(t, t.TempDir(), upstream)
	r.until("/metrics", 200, requestsName+"{")
	r.stop()
}
