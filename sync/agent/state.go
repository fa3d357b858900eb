package agent

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Status is what an agent says of itself.
type Status struct {
	Release      string    `json:"release,omitempty"` // served; empty: none yet
	Sequence     uint64    `json:"sequence,omitempty"`
	Since        time.Time `json:"since,omitzero"`     // when this process began to serve it
	Fetching     string    `json:"fetching,omitempty"` // the release that is being taken
	Upstream     string    `json:"upstream,omitempty"` // that answered last
	LastContact  time.Time `json:"last_contact,omitzero"`
	SignedBy     string    `json:"signed_by,omitempty"` // key of the last pointer that was believed
	Expires      time.Time `json:"expires,omitzero"`    // until when that one holds
	Stale        bool      `json:"stale,omitempty"`     // it no longer does: there may be news that are held back
	Error        string    `json:"error,omitempty"`     // the last one; empty since all went well
	Class        Class     `json:"class,omitempty"`     // of it
	Refused      string    `json:"refused,omitempty"`   // release that the error is about, for what is in it
	ErrorAt      time.Time `json:"error_at,omitzero"`
	FailingSince time.Time `json:"failing_since,omitzero"` // of the first error since all went well
	Fetched      int64     `json:"fetched_bytes"`
	AsPatches    int64     `json:"patch_bytes"`   // of those
	AsSegments   int64     `json:"segment_bytes"` // of those

	// Fallbacks are segments that came whole although an older release is on
	// the disk, by what was wrong with the patch.
	Fallbacks map[Class]int64 `json:"fallbacks,omitempty"`
}

// The kinds of what is received that Status tells apart.
const (
	patchLabel   = "patch"
	segmentLabel = "segment"
)

// state is where Status and the metrics come from.
type state struct {
	mutex  sync.Mutex
	status Status

	fetched   *prometheus.CounterVec
	fallbacks *prometheus.CounterVec
	objects   *prometheus.CounterVec
	releases  *prometheus.CounterVec
	failures  *prometheus.CounterVec
	sequence  prometheus.Gauge
	contact   prometheus.Gauge
	expires   prometheus.Gauge
	following *prometheus.GaugeVec
}

// newState is that of an agent whose last pointer holds until then.
func newState(expires time.Time) *state {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "geodrop_agent_" + name, Help: help}, []string{label})
	}
	s := &state{
		fetched:   counter("fetched_bytes_total", "Bytes received of objects, manifests and patches, by kind.", "kind"),
		fallbacks: counter("patch_fallbacks_total", "Segments that came whole though an older release is on the disk, by what was wrong with the patch.", "reason"),
		objects:   counter("objects_total", "Objects of releases, by how they came: fetched, patched, linked, staged before.", "how"),
		releases:  counter("releases_total", "Releases that the channel was at, by result: served, or the class of the failure.", "result"),
		failures:  counter("failures_total", "Failures by class, those that were tried again included.", "class"),
		sequence:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_agent_sequence", Help: "Sequence of the release that is served."}),
		contact:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_agent_last_contact_timestamp_seconds", Help: "Unix time of the last good answer of an upstream."}),
		expires:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "geodrop_agent_pointer_expires_timestamp_seconds", Help: "Unix time until when the pointer of the channel holds; 0 where nothing is signed."}),
		following: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "geodrop_agent_upstream", Help: "1 for the upstream that answered last."}, []string{"upstream"}),
	}
	s.holdsUntil(expires)
	return s
}

func (s *state) register(r *prometheus.Registry) error {
	for _, c := range []prometheus.Collector{s.fetched, s.fallbacks, s.objects, s.releases, s.failures, s.sequence, s.contact, s.expires, s.following} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// Status is that of this moment.
func (a *Agent) Status() Status {
	a.state.mutex.Lock()
	defer a.state.mutex.Unlock()
	s := a.state.status
	s.Stale = a.options.Trust != nil && s.Release != "" && !a.options.Now().Before(s.Expires)
	s.Fallbacks = maps.Clone(s.Fallbacks)
	return s
}

func (s *state) change(how func(*Status)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	how(&s.status)
}

func (s *state) contacted(upstream string, now time.Time) {
	s.contact.Set(float64(now.UnixMilli()) / 1e3)
	s.following.Reset()
	s.following.WithLabelValues(upstream).Set(1)
	s.change(func(t *Status) { t.Upstream, t.LastContact = upstream, now.UTC() })
}

func (s *state) believed(by string, until time.Time) {
	s.change(func(t *Status) { t.SignedBy = by })
	s.holdsUntil(until)
}

func (s *state) holdsUntil(until time.Time) {
	if !until.IsZero() {
		s.expires.Set(float64(until.UnixMilli()) / 1e3)
	}
	s.change(func(t *Status) { t.Expires = until })
}

func (s *state) served(h held, now time.Time) {
	s.sequence.Set(float64(h.Sequence))
	s.change(func(t *Status) { t.Release, t.Sequence, t.Since = h.ID, h.Sequence, now.UTC() })
}

func (s *state) unserved() {
	s.change(func(t *Status) { t.Release, t.Sequence, t.Since = "", 0, time.Time{} })
}

func (s *state) fetching(release string) { s.change(func(t *Status) { t.Fetching = release }) }

// settled notes that the channel is where the node is.
func (s *state) settled() {
	s.change(func(t *Status) {
		t.Error, t.Class, t.Refused, t.ErrorAt, t.FailingSince = "", "", "", time.Time{}, time.Time{}
	})
}

// refused notes which release an error is about, if what is in it is to blame.
func (s *state) refused(release string, err error) {
	switch classOf(err) {
	case Refused, Golden, Format:
		s.change(func(t *Status) { t.Refused = release })
	}
}

func (s *state) failed(err error, now time.Time) {
	class := classOf(err)
	s.failures.WithLabelValues(string(class)).Inc()
	s.change(func(t *Status) {
		t.Error, t.Class, t.ErrorAt = err.Error(), class, now.UTC()
		if t.FailingSince.IsZero() {
			t.FailingSince = t.ErrorAt
		}
	})
}

// transferFailed notes a failure that may be made good by another try.
func (s *state) transferFailed(class Class) { s.failures.WithLabelValues(string(class)).Inc() }

// took notes what became of a release: "served", or the class of the failure.
func (s *state) took(result string) { s.releases.WithLabelValues(result).Inc() }

func (s *state) object(how string) { s.objects.WithLabelValues(how).Inc() }

func (s *state) received(kind string, n int64) {
	s.fetched.WithLabelValues(kind).Add(float64(n))
	s.change(func(t *Status) {
		t.Fetched += n
		switch kind {
		case patchLabel:
			t.AsPatches += n
		case segmentLabel:
			t.AsSegments += n
		}
	})
}

// fellBack notes a segment that comes whole.
func (s *state) fellBack(reason Class) {
	s.fallbacks.WithLabelValues(string(reason)).Inc()
	s.change(func(t *Status) {
		if t.Fallbacks == nil {
			t.Fallbacks = map[Class]int64{}
		}
		t.Fallbacks[reason]++
	})
}
