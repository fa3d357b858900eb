package node

import (
	"context"
	"errors"
	"fmt"
	"os"

	"geodrop/builder"
	"geodrop/poi"
	"geodrop/sync/manifest"
)

// countPOIs is the name of the number of POIs among the counts of a manifest.
const countPOIs = "pois"

// build makes a release of the source as it is now and serves it. On an error
// what was served is still, and nothing is left on the shelf.
func (n *node) build(ctx context.Context) error {
	no, err := n.shelf.next()
	if err != nil {
		return fmt.Errorf("find a folder for the release: %w", err)
	}
	g, err := n.buildIn(ctx, no)
	if err != nil {
		return errors.Join(err, os.RemoveAll(n.shelf.path(no)))
	}
	if err := n.shelf.adopt(no); err != nil {
		return errors.Join(err, g.release.Close(), os.RemoveAll(n.shelf.path(no)))
	}
	n.serve(g)
	// What is left over costs space, not answers.
	if err := n.shelf.prune(); err != nil {
		n.options.Log.Warn("old releases stay on the disk", "error", err)
	}
	return nil
}

// buildIn builds a release in a folder of its own, checks it and opens it.
func (n *node) buildIn(ctx context.Context, no uint64) (g *generation, err error) {
	src, err := n.options.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := src.Close(); closeErr != nil {
			n.options.Log.Warn("the source was not closed in good order", "error", closeErr)
		}
	}()
	o := n.options.Build
	o.Out, o.TempDir, o.Log = n.shelf.path(no), "", n.options.Log
	if _, err := builder.Build(ctx, src, o); err != nil {
		return nil, err
	}
	if err := n.checkShrink(o.Out); err != nil {
		return nil, err
	}
	n.draw(ctx, src, o.Out)
	return n.open(no)
}

// checkShrink holds a release against the one that is served: builder.Build
// cannot, since each has its own folder.
func (n *node) checkShrink(dir string) error {
	before := n.holder.current.Load()
	if before == nil {
		return nil
	}
	m, err := manifest.Read(dir)
	if err != nil {
		return err
	}
	const usual = 0.2
	limit := n.options.Build.MaxShrink
	switch {
	case limit == 0:
		limit = usual
	case limit < 0:
		limit = 0
	}
	had, has := before.release.Manifest().Counts[countPOIs], m.Counts[countPOIs]
	if float64(had-has) > limit*float64(had) {
		return fmt.Errorf("%w: %d POIs after %d, a loss of more than %.3g %%: approve it by a higher limit",
			builder.ErrShrink, has, had, 100*limit)
	}
	return nil
}

// draw keeps the outlines of the districts beside the release. Only the map of
// the landing page needs them.
func (n *node) draw(ctx context.Context, src poi.Source, dir string) {
	if err := writeOutlines(ctx, src, dir); err != nil {
		n.options.Log.Warn("the map will have no districts", "error", err)
	}
}
