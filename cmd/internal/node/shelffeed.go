package node

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"geodrop/cmd/internal/shelf"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

// ShelfFeed feeds a node from the shelf of the same process, and puts what is
// damaged aside there.
type ShelfFeed struct {
	Shelf *shelf.Shelf
	Log   *slog.Logger
}

// again is the pause before what could not be opened is tried again.
const again = time.Second

// Feed serves the best release, whenever that is another.
func (f ShelfFeed) Feed(ctx context.Context, n *Node) error {
	(&shelfFeed{ShelfFeed: f, node: n}).run(ctx)
	return nil
}

type shelfFeed struct {
	ShelfFeed
	node *Node
	bad  string // folder that was put aside last
	fell bool   // back to the one before, or will
}

func (f *shelfFeed) run(ctx context.Context) {
	retry := time.NewTimer(again)
	defer retry.Stop()
	for {
		changed := f.Shelf.Changed()
		if f.serveBest(ctx) {
			retry.Stop()
		} else {
			retry.Reset(again)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-retry.C:
		case d := <-f.node.Damaged():
			f.quarantine(d)
		}
	}
}

// serveBest serves the best release that can be; false if there is a better one
// that may be later.
func (f *shelfFeed) serveBest(ctx context.Context) (best bool) {
	best = true
	for _, no := range f.Shelf.Candidates() {
		dir := f.Shelf.Path(no)
		if f.node.Dir() == dir {
			f.fell = false
			return best
		}
		err := f.node.Serve(ctx, dir)
		switch {
		case err == nil:
			f.served(best)
			return best
		case damaged(err):
			f.quarantine(Damage{Dir: dir, Err: err})
		default:
			f.Log.Error("a release on the shelf cannot be opened", "folder", dir, "error", err)
			f.node.state.unopened()
			best = false
		}
	}
	if f.bad != "" && f.node.Dir() == f.bad { // and nothing is left
		f.node.Drop()
	}
	return best
}

// served keeps the state from saying that all is well with what is not the best
// release.
func (f *shelfFeed) served(best bool) {
	switch {
	case !best:
		f.node.state.unopened()
	case f.fell:
		f.node.state.damaged()
	}
	f.fell = false
}

// quarantine takes a release off the shelf; who publishes then builds it again.
func (f *shelfFeed) quarantine(d Damage) {
	for _, no := range f.Shelf.Candidates() {
		if f.Shelf.Path(no) != d.Dir {
			continue
		}
		f.bad, f.fell = d.Dir, true
		f.node.Quarantined(d)
		if err := f.Shelf.Quarantine(no); err != nil {
			f.Log.Error("a damaged release may be tried again after a restart", "error", err)
		}
	}
}

// damaged reports whether a release can never be opened.
func damaged(err error) bool {
	for _, target := range []error{
		manifest.ErrNone, manifest.ErrInvalid, manifest.ErrFormat, manifest.ErrObject, manifest.ErrGolden,
		index.ErrCorrupt, index.ErrVersion, index.ErrFault, catalog.ErrCorrupt, fs.ErrNotExist,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
