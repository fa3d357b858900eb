package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestContestTakesTurns(t *testing.T) {
	var order strings.Builder
	now := time.Duration(0)
	ticks := func(name string, d time.Duration) contender {
		return contender{name, func() (tally, error) {
			order.WriteString(name)
			now += d
			return tally{found: int(d)}, nil
		}}
	}
	slow := contender{"c", func() (tally, error) { // 1, 2, 3, … at each call
		order.WriteString("c")
		now += time.Duration(strings.Count(order.String(), "c"))
		return tally{}, nil
	}}
	times, err := contest(t.Context(), func() time.Duration { return now }, 3, []contender{ticks("a", 10), ticks("b", 20), slow})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := order.String(), "abc"+"cba"+"abc"+"cba"; got != want {
		t.Errorf("order %s, want %s: a round that does not count, then forwards and backwards", got, want)
	}
	for i, want := range []timing{{10, 10, tally{found: 10}}, {20, 20, tally{found: 20}}, {3, 2, tally{}}} {
		if times[i] != want {
			t.Errorf("contender %d: %+v, want %+v", i, times[i], want)
		}
	}
}

func TestContestStops(t *testing.T) {
	broken := errors.New("broken")
	fails := contender{"fails", func() (tally, error) { return tally{}, broken }}
	if _, err := contest(t.Context(), wallClock(), 1, []contender{fails}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	if _, err := contest(ctx, wallClock(), 1, []contender{fails}); !errors.Is(err, broken) {
		t.Errorf("after the context ended: %v, want its cause", err)
	}
}

func TestThreadClockAdvances(t *testing.T) {
	now := threadClock()
	began, sum := now(), 0
	for now() == began {
		sum++
	}
	if now() < began {
		t.Errorf("the clock went back after %d turns", sum)
	}
}

func TestAllocationsCounted(t *testing.T) {
	var kept []*[64]byte
	n, err := allocations(contender{"", func() (tally, error) {
		for range 100 {
			kept = append(slices.Clip(kept[:0]), new([64]byte))
		}
		return tally{}, nil
	}})
	if err != nil || n < 100 {
		t.Errorf("%d allocations, %v; want at least 100", n, err)
	}
}
