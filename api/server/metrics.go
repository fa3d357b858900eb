package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what the server counts. No label tells where somebody is.
type metrics struct {
	requests    *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	drops       prometheus.Histogram
	inFlight    prometheus.Gauge
	shed        *prometheus.CounterVec
	shedWaiting prometheus.Gauge
	shedLimit   prometheus.GaugeFunc
	queueDelay  prometheus.Gauge
	connections prometheus.Gauge
	refused     prometheus.Counter
	served      *servedCollector
	page        http.Handler
}

func newMetrics(s *Server) *metrics {
	return &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "geodrop_http_requests_total", Help: "Requests by route, method and status.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "geodrop_http_request_seconds", Help: "Time from the header of a request to the end of its answer.",
			// Two nodes are compared by the quantiles of the fine buckets, which only
			// the binary form of the page has.
			NativeHistogramBucketFactor: 1.2,
			Buckets:                     []float64{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1, 5},
		}, []string{"route"}),
		drops: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "geodrop_lookup_drops", Help: "Drops that a lookup found, also where the client had the answer already.", Buckets: []float64{0, 1, 5, 10, 25, 50, 100, 200, 500, 1000},
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_http_in_flight", Help: "Requests that are being answered."}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "geodrop_http_shed_total",
			Help: "Requests turned away: by reason queue before anything else, and then not among the requests; by reason lookups or tiles since too many of them ran; by reason releases since too many asked such as are not served.",
		}, []string{"reason"}),
		shedWaiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_http_shed_waiting", Help: "Requests that wait to be turned away."}),
		shedLimit: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "geodrop_http_limit_requests_per_second", Help: "What is let in while the queue before the handlers is standing; 0 for no limit.",
		}, s.brake.state),
		queueDelay:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_http_queue_seconds", Help: "How long the last echo waited in the queue before the handlers."}),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_http_connections", Help: "Open connections."}),
		refused:     prometheus.NewCounter(prometheus.CounterOpts{Name: "geodrop_http_connections_refused_total", Help: "Connections closed for being too many."}),
		served:      newServedCollector(s.options.Releases),
	}
}

func (m *metrics) register(r *prometheus.Registry) error {
	for _, c := range []prometheus.Collector{m.requests, m.durations, m.drops, m.inFlight, m.shed, m.shedWaiting, m.shedLimit, m.queueDelay, m.connections, m.refused, m.served} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	for _, reason := range []string{shedQueue, shedLookups, shedTiles, shedShelf} {
		m.shed.WithLabelValues(reason) // 0 is something, for rates
	}
	m.page = promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout})
	return nil
}

// Scrapes take time and memory, and no brake or gate holds them.
const (
	maxScrapes    = 4
	scrapeTimeout = 10 * time.Second
)

// Reasons to turn a request away.
const (
	shedQueue   = "queue"
	shedLookups = "lookups"
	shedTiles   = "tiles"
	shedShelf   = "releases" // that are not served
)

// routeMetrics are those of one route, so that no label is looked up for the
// usual request.
type routeMetrics struct {
	pattern  string
	all      *metrics
	ok       map[string]prometheus.Counter // with status 200, by method
	duration prometheus.Observer
}

func (m *metrics) route(pattern string) *routeMetrics {
	rm := &routeMetrics{pattern: pattern, all: m, ok: map[string]prometheus.Counter{}, duration: m.durations.WithLabelValues(pattern)}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		rm.ok[method] = m.requests.WithLabelValues(pattern, method, "200")
	}
	return rm
}

func (m *routeMetrics) observe(method string, status int, took time.Duration) {
	m.duration.Observe(took.Seconds())
	if counter, ok := m.ok[method]; ok && status == http.StatusOK {
		counter.Inc()
		return
	}
	m.all.requests.WithLabelValues(m.pattern, knownMethod(method), strconv.Itoa(status)).Inc()
}

// knownMethod keeps what clients make up out of the labels.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions:
		return m
	}
	return "other"
}

// servedCollector tells of the release at the moment of the scrape.
type servedCollector struct {
	releases                                 Releases
	info, sequence, since, pois, withoutHash *prometheus.Desc
}

func newServedCollector(r Releases) *servedCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("geodrop_release_"+name, help, labels, nil)
	}
	return &servedCollector{
		releases: r,
		info:     desc("info", "1 for the release that is served; absent where there is none.", "release"),
		sequence: desc("sequence", "Sequence of the release that is served."),
		since:    desc("serving_since_seconds", "Unix time since when it is served."),
		pois:     desc("pois", "POIs in it."),
		withoutHash: desc("segments_without_hash",
			"Segments whose lookups bisect since their prefix hash is missing or damaged."),
	}
}

// Describe tells the descriptions.
func (c *servedCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.info, c.sequence, c.since, c.pois, c.withoutHash} {
		ch <- d
	}
}

// Collect tells the figures.
func (c *servedCollector) Collect(ch chan<- prometheus.Metric) {
	held, ok := c.releases.Acquire()
	if !ok {
		return
	}
	defer held.Done()
	pois, bisecting := 0, 0
	for _, s := range held.Release().Index().Segments() {
		pois += s.Len()
		if !s.Hashed() {
			bisecting++
		}
	}
	m := held.Release().Manifest()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(c.info, 1, m.ID)
	gauge(c.sequence, float64(m.Sequence))
	gauge(c.since, float64(held.Since().UnixMilli())/1e3)
	gauge(c.pois, float64(pois))
	gauge(c.withoutHash, float64(bisecting))
}
