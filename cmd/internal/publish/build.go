package publish

import (
	"context"
	"errors"
	"fmt"
	"os"

	"geodrop/builder"
	"geodrop/cmd/internal/tracing"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// originName is the file, beside the manifest, that holds the origin of the
// state that a release was built from.
const originName = "origin"

// build makes a release of the config as it is now and puts it on the shelf. On
// an error what is current still is, and nothing is left.
func (p *Publisher) build(ctx context.Context, origin string) error {
	no, err := p.options.Shelf.Next()
	if err != nil {
		return fmt.Errorf("find a folder for the release: %w", err)
	}
	dir := p.options.Shelf.Path(no)
	if err := p.buildIn(ctx, dir, origin); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	p.options.Step("checked")
	switch err := p.options.Shelf.Adopt(no); {
	case errors.Is(err, atomicfile.ErrNotDurable): // then the ones before are still needed
		p.options.Log.Warn("a power cut may bring the release before back", "error", err)
		return nil
	case err != nil:
		return errors.Join(err, os.RemoveAll(dir))
	}
	p.options.Step("adopted")
	// What is left over costs space, not answers.
	if err := p.options.Shelf.Prune(); err != nil {
		p.options.Log.Warn("old releases stay on the disk", "error", err)
	}
	p.options.Step("pruned")
	return nil
}

// buildIn builds a release in a folder of its own and checks it.
func (p *Publisher) buildIn(ctx context.Context, dir, origin string) (err error) {
	src, err := p.options.Config.Open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := src.Close(); closeErr != nil {
			p.options.Log.Warn("the source was not closed in good order", "error", closeErr)
		}
	}()
	o := p.options.Build
	o.Out, o.TempDir, o.Log = dir, "", p.options.Log
	err = tracing.Build(ctx, p.options.Tracer, o.Progress, func(ctx context.Context, progress builder.Progress) error {
		o.Progress = progress
		summary, err := builder.Build(ctx, src, o)
		p.tellRejected(ctx, summary)
		return err
	})
	if err != nil {
		return err
	}
	p.options.Step("built")
	if err := p.checkShrink(dir); err != nil {
		return err
	}
	if err := p.options.Check(dir); err != nil {
		return fmt.Errorf("check the release: %w", err)
	}
	return atomicfile.Write(dir, originName, []byte(origin))
}

// checkShrink holds a release against the one that is published:
// builder.Build cannot, since each has its own folder.
func (p *Publisher) checkShrink(dir string) error {
	before := p.base()
	if before == nil {
		return nil
	}
	m, err := manifest.Read(dir)
	if err != nil {
		return err
	}
	return builder.CheckShrink(before.Counts, m.Counts, p.options.Build.MaxShrink)
}

// base is the manifest of the best release on the shelf that has one.
func (p *Publisher) base() *manifest.Manifest {
	for _, no := range p.options.Shelf.Candidates() {
		if m, err := manifest.Read(p.options.Shelf.Path(no)); err == nil {
			return m
		}
	}
	return nil
}
