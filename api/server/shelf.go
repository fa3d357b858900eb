package server

import (
	"context"
	"errors"
	"time"

	"geodrop/api"
	"geodrop/api/query"
)

// shelfWait is how long a request waits for a release of the shelf: for those who
// ask others, and for its files.
const shelfWait = 5 * time.Second

// shelfAskers is how many requests may be at the shelf at a time, and shelfQueue
// how many wait for QueueWait to be one of them.
const (
	shelfAskers = 4
	shelfQueue  = 4 * shelfAskers
)

// releaseAsked is the release with an id, or the one that is served, once the gate
// of lookups is passed; it is held until send. One of the shelf is taken before
// that gate: whoever waits for its files would keep the place of thousands of
// lookups.
func (x *exchange) releaseAsked(id string) (*query.Release, error) {
	if id == "" {
		if err := x.admit(); err != nil {
			return nil, err
		}
		return x.release()
	}
	if err := x.hold(id); err != nil {
		return nil, err
	}
	if err := x.admit(); err != nil {
		return nil, err
	}
	return x.held.Release(), nil
}

// hold holds the release with an id: the one that is served, or one of the shelf.
func (x *exchange) hold(id string) error {
	if served, err := x.release(); err == nil && served.Manifest().ID == id {
		return nil
	}
	x.done()
	if x.server.options.Shelf == nil {
		return notAtHand()
	}
	if err := x.pass(x.server.shelf); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), shelfWait)
	defer cancel()
	held, err := x.server.options.Shelf.Take(ctx, id)
	switch {
	case errors.Is(err, ErrNotAtHand):
		return notAtHand()
	case ctx.Err() != nil && err != nil:
		return api.NewProblem(api.CodeOverloaded, "", "others look into releases that are not served; try again after Retry-After")
	case err != nil:
		x.server.options.Log.Warn("a release on the shelf cannot be opened", "id", x.id, "error", err)
		return api.NewProblem(api.CodeReleaseDamaged, "release", "the release is on the shelf and cannot be opened; the log says why")
	}
	x.held = held
	return nil
}

func notAtHand() error {
	return api.NewProblem(api.CodeInvalidValue, "release", "names none that this node has; it keeps the one that it serves and those before")
}
