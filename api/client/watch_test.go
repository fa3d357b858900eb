package client

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/api"
)

// TestWatch: each lookup comes when the node wants it, or a little later.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := scriptedAnswer{status: 200, body: `{"next_poll_ms":0}`}
		c, s := newScripted(t, Options{Attempts: 1}, found, problem(503, "overloaded", "Retry-After: 30"), broken, never, found)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		moves := 0
		where := func(context.Context) (Request, error) { moves++; return Request{Lat: 1, Lng: 2}, nil }
		var codes []api.Code
		for answer, err := range c.Watch(ctx, where) {
			if (err == nil) != (answer != nil) {
				t.Errorf("%+v, %v", answer, err)
			}
			if codes = append(codes, CodeOf(err)); len(codes) == 5 {
				cancel()
			}
		}
		if len(codes) != 5 || codes[1] != api.CodeOverloaded || moves != 5 {
			t.Errorf("%q, %d positions", codes, moves)
		}
		for i, least := range []time.Duration{5 * time.Second, 30 * time.Second, 10 * time.Second, 100 * time.Millisecond} {
			if gap := s.at[i+1].Sub(s.at[i]); gap < least || gap > least*6/5 {
				t.Errorf("%v from lookup %d to the next, want %v or up to a fifth more", gap, i+1, least)
			}
		}
	})
}

func TestWatchEnds(t *testing.T) {
	c, s := newScripted(t, Options{}, found)
	lost, yielded := errors.New("no position"), 0
	for _, err := range c.Watch(t.Context(), func(context.Context) (Request, error) { return Request{}, lost }) {
		if yielded++; !errors.Is(err, lost) {
			t.Error(err)
		}
	}
	for range c.Watch(t.Context(), func(context.Context) (Request, error) { return Request{}, nil }) {
		yielded++
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range c.Watch(ctx, func(ctx context.Context) (Request, error) { return Request{}, ctx.Err() }) {
		yielded++
	}
	if yielded != 2 || len(s.asked) != 1 {
		t.Errorf("%d pairs, %d lookups", yielded, len(s.asked))
	}
}
