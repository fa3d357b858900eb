package publish

import (
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/cmd/internal/board"
)

// state is what the publisher says of itself, in /readyz and in metrics.
type state struct {
	source  *board.Part // Last: when it was looked at
	builder *board.Part // Last: when what is published was built

	mutex     sync.Mutex
	confirmed time.Time // when what is published was last known to be what the config says

	looks     *prometheus.CounterVec
	builds    *prometheus.CounterVec
	lastBuild prometheus.Gauge
	buildTime prometheus.Gauge
	rejected  prometheus.Gauge
	current   prometheus.GaugeFunc
}

func newState(now time.Time) *state {
	s := &state{
		source: board.NewPart("source", now), builder: board.NewPart("builder", now),

		looks:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "geodrop_source_polls_total", Help: "Looks at the source, by result."}, []string{"result"}),
		builds:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "geodrop_builds_total", Help: "Builds, by result: sealed, refused (the config), failed."}, []string{"result"}),
		lastBuild: prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_last_build_timestamp_seconds", Help: "Unix time of the build of what is published."}),
		buildTime: prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_last_build_seconds", Help: "How long that build took; NaN if another process made it."}),
	}
	s.rejected = prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_config_rejected_rows", Help: "Rows of the config that the last build left out; the log says which."})
	s.current = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "geodrop_published_as_of_timestamp_seconds",
		Help: "Unix time when what is published was last known to be what the config says; 0 if it never was.",
	}, func() float64 {
		if at := s.asOf(); !at.IsZero() {
			return float64(at.UnixMilli()) / 1e3
		}
		return 0
	})
	s.buildTime.Set(math.NaN()) // there is none yet
	s.source.Working("not looked at yet", now)
	s.builder.Working("nothing is built before the source has been looked at", now)
	return s
}

func (s *state) metrics() []prometheus.Collector {
	return []prometheus.Collector{s.looks, s.builds, s.lastBuild, s.buildTime, s.rejected, s.current}
}

// looked notes a look at the source that worked.
func (s *state) looked(now time.Time) {
	s.looks.WithLabelValues("ok").Inc()
	s.source.OK("", now)
	s.source.Did(now)
}

// missed notes one that did not.
func (s *state) missed(c board.Class, now time.Time) {
	s.looks.WithLabelValues("failed").Inc()
	s.source.Fail(c, now)
}

// upToDate notes that what the source has is published.
func (s *state) upToDate(now time.Time) {
	s.builder.OK("idle", now)
	s.confirm(now)
}

func (s *state) confirm(at time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.confirmed = at
}

func (s *state) asOf() time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.confirmed
}

// found notes when what is published was built, by whatever process.
func (s *state) found(at time.Time) {
	s.builder.Did(at)
	if !at.IsZero() {
		s.lastBuild.Set(float64(at.UnixMilli()) / 1e3)
	}
}

// waiting notes that the source has changed. A failure before is still one.
func (s *state) waiting(now time.Time) { s.working("the source changed; waiting until it rests", now) }

func (s *state) building(now time.Time) { s.working("building", now) }

func (s *state) working(detail string, now time.Time) {
	if !s.builder.Failing() {
		s.builder.Working(detail, now)
	}
}

// sealed notes that what the source had when the build began is published.
func (s *state) sealed(began, now time.Time) {
	s.builds.WithLabelValues("sealed").Inc()
	s.lastBuild.Set(float64(now.UnixMilli()) / 1e3)
	s.buildTime.Set(now.Sub(began).Seconds())
	s.builder.Did(now)
	s.confirm(began)
	s.builder.OK("idle", now)
}

func (s *state) buildFailed(err error, now time.Time) {
	class, refused := buildClass(err)
	result := "failed"
	if refused {
		result = "refused"
	}
	s.builds.WithLabelValues(result).Inc()
	s.builder.Fail(class, now)
}
