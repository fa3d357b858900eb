package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/api"
	"geodrop/builder"
	"geodrop/poi"
)

// script is a source and a builder that a test plays; times are seconds since
// its start.
type script struct {
	began    time.Time
	revision func(second float64) (uint64, error)
	build    func(second float64) error // nil: works
	serves   uint64
	loses    bool // what is built is put aside at once
	log      []string
}

func stateOf(n uint64) State { return State{Revision: poi.Revision{Sequence: n}} }

func (s *script) second() float64 { return time.Since(s.began).Seconds() }

// play runs a loop with an interval and a quiet period of a second.
func (s *script) play(t *testing.T, d time.Duration) *loop {
	t.Helper()
	s.began = time.Now()
	present := func() (uint64, error) { return s.revision(s.second()) }
	l := &loop{
		look: func(context.Context) (State, error) {
			n, err := present()
			return stateOf(n), err
		},
		published: func() (State, bool) { return stateOf(s.serves), s.serves != 0 },
		build: func(context.Context, string) error {
			if s.build != nil {
				if err := s.build(s.second()); err != nil {
					s.log = append(s.log, fmt.Sprintf("%.1f failed", s.second()))
					return err
				}
			}
			n, err := present()
			if err != nil {
				return err
			}
			s.serves = n
			s.log = append(s.log, fmt.Sprintf("%.1f built %d", s.second(), n))
			if s.loses {
				s.serves = 1
			}
			return nil
		},
		changed:  func() <-chan struct{} { return nil },
		interval: time.Second, quiet: time.Second, timeout: time.Minute, state: newState(time.Now()), log: slog.New(slog.DiscardHandler),
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	l.run(ctx)
	return l
}

var errDown error = &net.OpError{Op: "dial", Err: errors.New("the database is away")}

func TestLoop(t *testing.T) {
	steady := func(n uint64) func(float64) (uint64, error) {
		return func(float64) (uint64, error) { return n, nil }
	}
	tests := []struct {
		name     string
		serves   uint64
		revision func(second float64) (uint64, error)
		build    func(second float64) error
		want     []string
		state    string // of the builder, at the end
	}{
		{"nothing is served: no waiting", 0, steady(1), nil, []string{"0.0 built 1"}, api.CheckOK},
		{"what is served is what there is", 1, steady(1), nil, nil, api.CheckOK},
		{"a change, once it rests", 1, func(s float64) (uint64, error) {
			if s < 3.2 {
				return 1, nil
			}
			return 2, nil
		}, nil, []string{"5.0 built 2"}, api.CheckOK},
		{"changes all the time", 1, func(s float64) (uint64, error) { return 2 + uint64(s*10), nil }, nil,
			[]string{"5.0 built 52", "11.0 built 112", "17.0 built 172"}, api.CheckWorking},
		{"a change that is taken back", 1, func(s float64) (uint64, error) {
			if s > 0.9 && s < 1.4 {
				return 2, nil
			}
			return 1, nil
		}, nil, nil, api.CheckOK},
		{"a build that fails is tried ever more seldom", 1, steady(2), func(float64) error { return errDown },
			[]string{"1.0 failed", "3.0 failed", "7.0 failed", "15.0 failed"}, api.CheckFailing},
		{"a new change is tried at once", 1, func(s float64) (uint64, error) {
			if s < 8.2 {
				return 2, nil
			}
			return 3, nil
		}, func(s float64) error {
			if s < 8 {
				return errDown
			}
			return nil
		}, []string{"1.0 failed", "3.0 failed", "7.0 failed", "8.5 built 3"}, api.CheckOK},
		{"what is refused is not built again", 1, steady(2), func(float64) error { return fmt.Errorf("build: %w", builder.ErrShrink) },
			[]string{"1.0 failed"}, api.CheckFailing},
		{"what is refused waits for a change", 1, func(s float64) (uint64, error) {
			if s < 12.2 {
				return 2, nil
			}
			return 3, nil
		}, func(s float64) error {
			if s < 12 {
				return fmt.Errorf("build: %w", builder.ErrRejected)
			}
			return nil
		}, []string{"1.0 failed", "12.5 built 3"}, api.CheckOK},
		{"the source changed while it was read", 1, steady(2), func(s float64) error {
			if s < 3 {
				return fmt.Errorf("read: %w", poi.ErrChanged)
			}
			return nil
		}, []string{"1.0 failed", "2.0 failed", "3.0 built 2"}, api.CheckOK},
		{"the source is away and comes back", 1, func(s float64) (uint64, error) {
			if s < 10 {
				return 0, errDown
			}
			return 2, nil
		}, nil, []string{"15.0 built 2"}, api.CheckOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{serves: tt.serves, revision: tt.revision, build: tt.build}
				l := s.play(t, 20*time.Second)
				if !slices.Equal(s.log, tt.want) {
					t.Errorf("%v, want %v", s.log, tt.want)
				}
				if got := l.state.builder.Check(); got.State != tt.state {
					t.Errorf("builder is %+v, want %s", got, tt.state)
				}
			})
		})
	}
}

// TestLoopRefusedUponAnother: what was refused is built when another release is
// published, since it was held against that one.
func TestLoopRefusedUponAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{serves: 4}
		s.revision = func(second float64) (uint64, error) {
			if second > 10.2 && s.serves == 4 {
				s.serves = 3
			}
			return 5, nil
		}
		s.build = func(second float64) error {
			if s.serves == 4 {
				return builder.ErrShrink
			}
			return nil
		}
		s.play(t, 20*time.Second)
		if want := []string{"1.0 failed", "10.5 built 5"}; !slices.Equal(s.log, want) {
			t.Errorf("%v, want %v", s.log, want)
		}
	})
}

// TestLoopPutAside: what is put aside is built again at once, and then ever more
// seldom.
func TestLoopPutAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{serves: 1, loses: true, revision: func(float64) (uint64, error) { return 2, nil }}
		s.play(t, 30*time.Second)
		if want := []string{"1.0 built 2", "2.0 built 2", "7.0 built 2", "16.0 built 2"}; !slices.Equal(s.log, want) {
			t.Errorf("%v, want %v", s.log, want)
		}
	})
}

// TestLoopSaysWhatFails: the state has the class, since when, and when it was
// last all right.
func TestLoopSaysWhatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{serves: 1, revision: func(second float64) (uint64, error) {
			if second > 5 {
				return 0, errDown
			}
			return 1, nil
		}}
		began := time.Now()
		l := s.play(t, 10*time.Second)
		source := l.state.source.Check()
		if source.State != api.CheckFailing || source.Class != "unreachable" || source.Since.Sub(began) != 6*time.Second || source.Last.Sub(began) != 5*time.Second {
			t.Errorf("%+v", source)
		}
		if at := l.state.asOf().Sub(began); at != 5*time.Second {
			t.Errorf("what is published was up to date at %v", at)
		}
	})
}

// TestLoopSlowSource: a source that takes long to look at is left alone for ten
// times as long, and one that hangs is given up.
func TestLoopSlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		s := &script{serves: 1, revision: func(float64) (uint64, error) {
			looks++
			time.Sleep(2 * time.Second)
			return 1, nil
		}}
		s.play(t, 50*time.Second)
		if looks != 3 { // at 0, 22 and 44 s
			t.Errorf("%d looks", looks)
		}
		l := &loop{
			look:     func(ctx context.Context) (State, error) { <-ctx.Done(); return State{}, ctx.Err() },
			interval: time.Second, quiet: time.Second, timeout: time.Minute, state: newState(time.Now()), log: slog.New(slog.DiscardHandler),
		}
		began := time.Now()
		l.step(t.Context())
		if took := time.Since(began); took != time.Minute || l.state.source.Check().Class != "timeout" {
			t.Errorf("given up after %v: %+v", took, l.state.source.Check())
		}
	})
}
