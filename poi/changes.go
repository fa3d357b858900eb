package poi

import (
	"context"
	"errors"
	"iter"

	"geodrop/grid/coord"
)

// ErrUntracked marks changes that cannot be told: too long ago, too many, or
// with rows of which only a reading of everything can tell what they are worth.
// Who meets it reads everything.
var ErrUntracked = errors.New("what changed is not known")

// Mark names a state among all states of all stores. Unlike a Revision it tells
// a store from its copies, also where both were written to since. States whose
// POIs, memberships, sets and areas are the same may share one.
type Mark string

// Tracker is a Source that can tell what differs from an earlier state of its
// store.
type Tracker interface {
	Source

	// Mark names this state.
	Mark(ctx context.Context) (Mark, error)

	// ChangesSince tells what differs from the state of a mark. The error wraps
	// ErrUntracked where that is not known. It adds nothing to Rejects.
	ChangesSince(ctx context.Context, since Mark) (*Changes, error)
}

// Changes are what differs between two states of a config, beside merchants,
// prizes and tasks, which are read whole.
type Changes struct {
	Districts, Zones bool  // something was written there
	Memberships      int64 // that there are now
	Rows             int64 // POIs that there are now

	// POIs streams the POIs of which something may differ, their memberships
	// included, each once. It may end with an error that wraps ErrUntracked.
	POIs iter.Seq2[*POIChange, error]
}

// POIChange is a POI before and now. Both may be the same.
type POIChange struct {
	ID   POIID
	Was  *coord.E7 // nil: it was not there
	Now  *POI      // nil: it is not there
	Sets []SetID   // that it is in now, ascending
}
