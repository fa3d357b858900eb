package node

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/vitals"
)

func TestHealth(t *testing.T) {
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: requestsName, Help: "x"}, []string{"route", "status"})
	must(t, registry.Register(counter))
	for status, n := range map[string]float64{"200": 90, "404": 5, "500": 3, "503": 2} {
		counter.WithLabelValues("/a", status).Add(n)
	}
	counter.WithLabelValues("/b", "500").Add(1)
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: tookName, Help: "x", NativeHistogramBucketFactor: 1.2}, []string{"route"})
	must(t, registry.Register(took))
	for _, d := range []float64{1e-9, 0.001, 0.001, 0.001, 0.002, 3, 1e6} { // seconds
		took.WithLabelValues(lookupRoute).Observe(d)
	}
	took.WithLabelValues("/v1/cells/{cell}").Observe(60)
	c := Health(registry)()
	if c.Requests != 101 || c.Errors != 4 {
		t.Errorf("%d requests, %d errors, want 101 and 4", c.Requests, c.Errors)
	}
	var want vitals.Times
	for bucket, n := range map[int]uint64{-1000: 1, -39: 3, -35: 1, 7: 1, 1000: 1} { // 2^(-39/4) s is 1.2 ms
		want.Add(bucket, n)
	}
	if !slices.Equal(c.Lookups.Took, want) {
		t.Errorf("they took %v, want %v", c.Lookups.Took, want)
	}
}

// TestHealthOfANode: what a server counts has the names and the buckets that are
// looked for, and a lookup whose answer the client has already counts as well.
func TestHealthOfANode(t *testing.T) {
	upstream, stop := startUpstream(t)
	defer stop()
	r := startFed(t, t.TempDir(), upstream)
	r.until("/readyz", 200, "")
	tag := ""
	for _, path := range []string{"lat=51.5145&lng=-0.1270", "lat=0&lng=-140", "lat=0&lng=-140"} {
		req, err := http.NewRequest(http.MethodGet, r.url+lookupRoute+"?"+path, nil)
		must(t, err)
		req.Header.Set("If-None-Match", tag)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		tag = resp.Header.Get("ETag")
	}
	r.stop() // what was asked is counted then
	got := Health(r.registry)().Lookups
	if p99 := got.Took.Quantile(0.99); got.Answers != 3 || got.Empty != 2 || got.Took.Total() != 3 || p99 <= 0 || p99 > time.Minute {
		t.Errorf("lookups %+v, p99 %v", got, p99)
	}
}
