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

// releaseAsked is the release with an id, or the one that is served; it is held
// until send.
func (x *exchange) releaseAsked(id string) (*query.Release, error) {
	served, err := x.release()
	if id == "" || err == nil && served.Manifest().ID == id {
		return served, err
	}
	x.done()
	if x.server.options.Shelf == nil {
		return nil, notAtHand()
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), shelfWait)
	defer cancel()
	held, err := x.server.options.Shelf.Take(ctx, id)
	switch {
	case errors.Is(err, ErrNotAtHand):
		return nil, notAtHand()
	case ctx.Err() != nil && err != nil:
		return nil, api.NewProblem(api.CodeOverloaded, "", "others look into releases that are not served; try again after Retry-After")
	case err != nil:
		x.server.options.Log.Warn("a release on the shelf cannot be opened", "id", x.id, "error", err)
		return nil, api.NewProblem(api.CodeReleaseDamaged, "release", "the release is on the shelf and cannot be opened; the log says why")
	}
	x.held = held
	return held.Release(), nil
}

func notAtHand() error {
	return api.NewProblem(api.CodeInvalidValue, "release", "names none that this node has; it keeps the one that it serves and those before")
}
