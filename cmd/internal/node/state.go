package node

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/cmd/internal/board"
)

// state is what the node says of itself, in /readyz and in metrics.
type state struct {
	releases    *board.Part
	quarantines prometheus.Counter
	fed         func() time.Time // when what is fed was what the config says

	mutex  sync.Mutex
	behind bool // what is served is not what is fed
	asOf   time.Time
}

func newState(now time.Time, fed func() time.Time) *state {
	s := &state{
		releases:    board.NewPart("releases", now),
		quarantines: prometheus.NewCounter(prometheus.CounterOpts{Name: "geodrop_releases_quarantined_total", Help: "Releases put aside for damage."}),
		fed:         fed, behind: true,
	}
	s.releases.Working("there is none yet", now)
	s.releases.LastIs(s.current)
	return s
}

// current is when what is served was last known to be what the config says.
func (s *state) current() time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.behind {
		s.asOf = s.fed()
	}
	return s.asOf
}

func (s *state) setBehind(behind bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.behind = behind
}

func (s *state) served(id string) {
	s.setBehind(false)
	s.releases.OK("serving "+id, time.Now())
}

func (s *state) none() { s.fail("none", "there is none that can be served; the log says why") }

// damaged notes that the release before the best one is served.
func (s *state) damaged() {
	s.fail("damaged", "the files of a release were damaged; the one before is served until there is another")
}

// unopened notes a release that could not be opened.
func (s *state) unopened() {
	s.fail("unopened", "a release could not be opened and is tried again; the log says why")
}

func (s *state) fail(class, says string) {
	s.current()
	s.setBehind(true)
	s.releases.Fail(board.Class{Name: class, Says: says}, time.Now())
}
