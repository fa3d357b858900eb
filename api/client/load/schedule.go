package load

import (
	"math/rand/v2"
	"time"
)

// job is one lookup to be made.
type job struct {
	due    time.Duration // since the start of the run
	handed time.Duration // when the pacer gave it to the connections
	phase  int
	at     int // index of the position
}

// schedule makes the jobs of all phases, in the order in which they are due.
type schedule struct {
	phases    []Phase
	poisson   bool
	positions int
	random    *rand.Rand

	phase int
	start time.Duration // of the phase
	n     int           // jobs made of the phase, with equal gaps
	last  time.Duration // due of the last job
}

func newSchedule(o *Options) *schedule {
	return &schedule{
		phases: o.Phases, poisson: o.Poisson, positions: len(o.Positions),
		random: rand.New(rand.NewPCG(o.Seed, 0x6c6f6164)),
	}
}

// next is the next job; false after the last.
func (s *schedule) next() (job, bool) {
	for s.phase < len(s.phases) {
		p := s.phases[s.phase]
		if due := s.due(p.Rate); due < s.start+p.Duration {
			s.n++
			s.last = due
			return job{due: due, phase: s.phase, at: s.random.IntN(s.positions)}, true
		}
		s.start += p.Duration
		s.phase++
		s.n, s.last = 0, s.start
	}
	return job{}, false
}

// due is computed from the start of the phase where gaps are equal: sums of
// rounded gaps would drift.
func (s *schedule) due(rate float64) time.Duration {
	if s.poisson {
		return s.last + time.Duration(s.random.ExpFloat64()/rate*float64(time.Second))
	}
	return s.start + time.Duration(float64(s.n)/rate*float64(time.Second))
}
