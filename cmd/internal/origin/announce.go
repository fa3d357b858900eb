package origin

import (
	"context"
	"errors"
	"time"

	"geodrop/cmd/internal/board"
	"geodrop/sync/manifest"
	carrier "geodrop/sync/origin"
)

// again is the pause before what could not be announced is tried again.
const again = time.Second

// announce keeps the channel at the best release of the shelf.
func (r *origin) announce(ctx context.Context) {
	retry := time.NewTimer(again)
	defer retry.Stop()
	for {
		changed := r.shelf.Changed()
		retry.Stop()
		if !r.announceBest(ctx) {
			retry.Reset(again)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-retry.C:
		}
	}
}

// announceBest publishes the best release that is whole; false if there is none,
// or it is to be tried again.
func (r *origin) announceBest(ctx context.Context) bool {
	for _, no := range r.shelf.Candidates() {
		dir := r.shelf.Path(no)
		// The publisher has decided, also that an older state of the config is
		// the right one.
		at, err := r.carrier.Publish(ctx, dir, carrier.Publication{Older: true})
		switch {
		case err == nil:
			r.announced(at)
			return true
		case ctx.Err() != nil:
			return false
		}
		r.options.Log.Error("a release cannot be announced", "folder", dir, "error", err)
		if !damaged(err) {
			r.channel.Fail(board.Class{Name: "disk", Says: "a release cannot be given to nodes, and is tried again; the log says why"}, time.Now())
			return false
		}
		r.channel.Fail(board.Class{Name: "damaged", Says: "the files of a release were damaged; it is built again"}, time.Now())
		if err := r.shelf.Quarantine(no); err != nil {
			r.options.Log.Error("a damaged release may be tried again after a restart", "error", err)
		}
	}
	return false
}

func (r *origin) announced(at manifest.Pointer) {
	now := time.Now()
	r.channel.OK("at "+at.Release, now)
	r.channel.Did(at.Since)
	r.options.Announced(at)
}

// damaged reports whether a release will never be whole.
func damaged(err error) bool {
	for _, target := range []error{manifest.ErrNone, manifest.ErrInvalid, manifest.ErrFormat, manifest.ErrObject} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
