package node

import (
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/api"
	"geodrop/builder"
)

// state is what the node says of itself, in /readyz and in metrics.
type state struct {
	mutex    sync.Mutex
	source   api.Check
	builder  api.Check
	releases api.Check
	serving  string // id of the release
	misses   int    // looks at the source that failed, in a row

	polls       *prometheus.CounterVec
	builds      *prometheus.CounterVec
	failing     *prometheus.GaugeVec
	lastBuild   prometheus.Gauge
	buildTime   prometheus.Gauge
	quarantines prometheus.Counter
	began       time.Time // of the build under way
}

// The states of a check.
const (
	checkOK      = "ok"
	checkWorking = "working"
	checkFailing = "failing"
)

func newState(now time.Time) *state {
	return &state{
		source:   api.Check{Name: "source", State: checkWorking, Detail: "not looked at yet", Since: now.UTC()},
		builder:  api.Check{Name: "builder", State: checkOK, Detail: "idle", Since: now.UTC()},
		releases: api.Check{Name: "releases", State: checkOK, Since: now.UTC()},

		polls:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "geodrop_source_polls_total", Help: "Looks at the source, by result."}, []string{"result"}),
		builds:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "geodrop_builds_total", Help: "Builds, by result: sealed, refused (the config), failed."}, []string{"result"}),
		failing:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "geodrop_check_failing", Help: "1 while a check of /readyz is failing."}, []string{"check"}),
		lastBuild:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_last_build_timestamp_seconds", Help: "Unix time of the last build that is served or was."}),
		buildTime:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_last_build_seconds", Help: "How long that build took."}),
		quarantines: prometheus.NewCounter(prometheus.CounterOpts{Name: "geodrop_releases_quarantined_total", Help: "Releases put aside for damage."}),
	}
}

func (s *state) register(r *prometheus.Registry) error {
	for _, c := range []prometheus.Collector{s.polls, s.builds, s.failing, s.lastBuild, s.buildTime, s.quarantines} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// checks are the checks of /readyz.
func (s *state) checks() []api.Check {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return []api.Check{s.source, s.builder, s.releases}
}

// set changes a check; Since stays while only the detail changes.
func (s *state) set(c *api.Check, to, detail string, now time.Time) {
	if c.State != to {
		c.State, c.Since = to, now.UTC()
	}
	c.Detail = detail
	failing := 0.0
	if to == checkFailing {
		failing = 1
	}
	s.failing.WithLabelValues(c.Name).Set(failing)
}

// polled notes a look at the source.
func (s *state) polled(now time.Time, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err != nil {
		s.misses++
		s.polls.WithLabelValues("failed").Inc()
		s.set(&s.source, checkFailing, err.Error(), now)
		return
	}
	s.misses = 0
	s.polls.WithLabelValues("ok").Inc()
	s.set(&s.source, checkOK, "", now)
}

func (s *state) pollFailures() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.misses
}

// upToDate notes that what the source has is served.
func (s *state) upToDate(now time.Time) { s.setBuilder(checkOK, "idle", now) }

// waiting notes that the source has changed. A failure before is still one.
func (s *state) waiting(now time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.builder.State != checkFailing {
		s.set(&s.builder, checkWorking, "the source changed; waiting until it rests", now)
	}
}

func (s *state) building(now time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.began = now
	if s.builder.State != checkFailing {
		s.set(&s.builder, checkWorking, "building", now)
	}
}

func (s *state) setBuilder(to, detail string, now time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.set(&s.builder, to, detail, now)
}

func (s *state) built(now time.Time) {
	s.builds.WithLabelValues("sealed").Inc()
	s.lastBuild.Set(float64(now.UnixMilli()) / 1e3)
	s.setBuilder(checkOK, "idle", now)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.buildTime.Set(now.Sub(s.began).Seconds())
	s.set(&s.releases, checkOK, "serving "+s.serving, now)
}

func (s *state) buildFailed(now time.Time, err error) {
	result := "failed"
	for _, refused := range []error{builder.ErrRejected, builder.ErrShrink, builder.ErrEmpty} {
		if errors.Is(err, refused) {
			result = "refused"
		}
	}
	s.builds.WithLabelValues(result).Inc()
	s.setBuilder(checkFailing, err.Error(), now)
}

func (s *state) served(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.serving = id
	if s.releases.State == checkOK { // damage is told until there is a new release
		s.releases.Detail = "serving " + id
	}
}

func (s *state) quarantined(id string, err error) {
	s.quarantines.Inc()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.set(&s.releases, checkFailing, "release "+id+" was damaged and put aside: "+err.Error(), time.Now())
}
