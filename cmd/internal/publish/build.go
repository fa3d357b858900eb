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

// buildIn builds a release in a folder of its own and checks it. What was built
// upon the release before and is refused is built from everything, once: then the
// config is to blame, and not what was told of its changes. A disk that takes
// nothing would not take more: that is left to the next attempt.
func (p *Publisher) buildIn(ctx context.Context, dir, origin string) error {
	upon, err := p.buildUpon(ctx, dir, p.baseDir())
	if err != nil && upon && ctx.Err() == nil && !diskFailed(err) {
		p.options.Log.Warn("a release that was built upon the one before is refused; everything is built", "error", err)
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove a release that is refused: %w", err)
		}
		_, err = p.buildUpon(ctx, dir, "")
	}
	if err != nil {
		return err
	}
	return atomicfile.Write(dir, originName, []byte(origin))
}

// buildUpon builds a release upon that of a folder, if that can be and one is
// named, and checks it. It tells whether it was.
func (p *Publisher) buildUpon(ctx context.Context, dir, base string) (upon bool, err error) {
	src, err := p.options.Config.Open(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		if closeErr := src.Close(); closeErr != nil {
			p.options.Log.Warn("the source was not closed in good order", "error", closeErr)
		}
	}()
	o := p.options.Build
	o.Out, o.TempDir, o.Log, o.Base = dir, "", p.options.Log, base
	err = tracing.Build(ctx, p.options.Tracer, o.Progress, func(ctx context.Context, progress builder.Progress) error {
		o.Progress = progress
		summary, err := builder.Build(ctx, src, o)
		p.tellRejected(ctx, summary)
		if upon = summary.Base != ""; err == nil {
			p.options.Log.Info("built", "release", summary.Release, "upon", summary.Base, "segments", summary.Segments, "reused", summary.Reused)
		}
		return err
	})
	if err != nil {
		return upon, err
	}
	p.options.Step("built")
	if err := p.checkShrink(dir); err != nil {
		return upon, err
	}
	if err := p.options.Check(dir); err != nil {
		return upon, fmt.Errorf("check the release: %w", err)
	}
	return upon, nil
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
	m, _ := p.best()
	return m
}

// baseDir is the folder of that release, to build upon; empty without one.
func (p *Publisher) baseDir() string {
	_, dir := p.best()
	return dir
}

func (p *Publisher) best() (m *manifest.Manifest, dir string) {
	for _, no := range p.options.Shelf.Candidates() {
		dir := p.options.Shelf.Path(no)
		if m, err := manifest.Read(dir); err == nil {
			return m, dir
		}
	}
	return nil, ""
}
