package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"geodrop/grid"
	gridindex "geodrop/grid/index"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/patch"
)

const (
	// patchDir is the folder of patches, within that of the release which is
	// staged.
	patchDir = "patches"
	// maxUseless patches are tried for a release. What is left comes whole then:
	// who sends such patches shall not hold us up.
	maxUseless = 3
	// triesMore is how often a patch is tried beyond once at each upstream.
	triesMore = 2
	// maxWaits is how often an upstream may put a patch off without that being a
	// try.
	maxWaits = 8
)

// patching makes segments of a release out of those on the disk. Nil makes none.
type patching struct {
	agent    *Agent
	grid     *grid.Grid
	segments map[manifest.Digest]manifest.Segment // of the release
	olds     []oldRelease                         // the one served first
	useless  atomic.Int32
}

// oldRelease is a release on the disk.
type oldRelease struct {
	dir      string
	manifest *manifest.Manifest
}

// newPatching looks for the releases on the disk from which patches may lead.
func (a *Agent) newPatching(m *manifest.Manifest) *patching {
	g, err := grid.New(grid.Size(m.Grid.CellMetres))
	if err != nil || a.options.WithoutPatches {
		return nil
	}
	p := &patching{agent: a, grid: g, segments: map[manifest.Digest]manifest.Segment{}}
	for _, s := range m.Segments {
		p.segments[s.Digest] = s
	}
	for _, h := range a.shelf.kept() {
		dir := a.shelf.path(h.ID)
		if old, err := manifest.Read(dir); err == nil && old.Grid.CellMetres == m.Grid.CellMetres {
			p.olds = append(p.olds, oldRelease{dir, old})
		}
	}
	return p
}

// bring makes a segment, if a patch leads to it. The error is that of a disk
// that takes no more, or of the context; otherwise false means that the object
// has to come whole.
func (p *patching) bring(ctx context.Context, dir, name string, o manifest.Object) (bool, error) {
	if p == nil || o.Bytes > p.agent.options.MaxPatched {
		return false, nil
	}
	to, ok := p.segments[o.Digest]
	if !ok {
		return false, nil
	}
	var reason error
	begun := atomicfile.Begun(dir, name) // whole, unless its patch is there
	for _, b := range p.bases(to) {
		if begun && !atomicfile.Begun(filepath.Join(dir, patchDir), b.file()) {
			continue
		}
		if p.useless.Load() >= maxUseless {
			break
		}
		err := p.patch(ctx, dir, name, b)
		if err == nil {
			p.agent.state.object("patched")
			p.agent.step("patched")
			return true, nil
		}
		class := classOf(err)
		if ctx.Err() != nil || class == Disk {
			return false, fmt.Errorf("patch %s: %w", name, err)
		}
		reason = err
		if class != Missing {
			p.useless.Add(1)
			break
		}
	}
	p.fallBack(name, reason)
	return false, nil
}

// fallBack tells that a segment comes whole, and why; nil where no patch was to
// be had.
func (p *patching) fallBack(name string, reason error) {
	if reason == nil {
		return
	}
	class := classOf(reason)
	p.agent.state.fellBack(class)
	p.agent.options.Log.Info("a segment comes whole", "object", name, "class", class, "error", reason)
}

// base is what a patch may lead from: segments of a release on the disk.
type base struct {
	dir  string
	to   manifest.Segment
	from []manifest.Segment
	key  manifest.Digest
}

func (b base) file() string { return string(b.to.Digest) + "-" + string(b.key) }

// bases are those of a segment, the likeliest first. Releases that have the
// same segments there count once.
func (p *patching) bases(to manifest.Segment) []base {
	var list []base
	known := map[manifest.Digest]bool{}
	for _, old := range p.olds {
		from := patch.From(old.manifest, to)
		key := patch.Key(from)
		if len(from) > 0 && !known[key] {
			known[key] = true
			list = append(list, base{old.dir, to, from, key})
		}
	}
	return list
}

// patch fetches one patch and applies it. A patch that broke off waits for
// another go; one that is of no use is dropped.
func (p *patching) patch(ctx context.Context, dir, name string, b base) (err error) {
	folder := filepath.Join(dir, patchDir)
	if err := atomicfile.MkdirAll(folder, 0o755); err != nil {
		return &failure{Disk, err}
	}
	part, err := atomicfile.OpenPart(folder, b.file())
	if err != nil {
		return &failure{Disk, err}
	}
	defer func() {
		if ctx.Err() != nil || err != nil && classOf(err) == Disk {
			err = errors.Join(err, part.Close())
			return
		}
		if dropErr := part.Drop(); dropErr != nil {
			err = errors.Join(err, &failure{Disk, dropErr})
		}
	}()
	in, err := newPatchIntake(b, part, p.agent.intercept)
	if err != nil {
		return err
	}
	p.agent.step("patch-part")
	if err := p.fetch(ctx, in); err != nil {
		return err
	}
	p.agent.step("patch-fetched")
	return p.apply(ctx, dir, name, b, part)
}

// fetch takes a patch in. Only what has to do with the way to an upstream is
// tried again: the whole segment is the answer to all else.
func (p *patching) fetch(ctx context.Context, in *patchIntake) error {
	a := p.agent
	var err error
	for tries, waits := len(a.options.Upstreams)+triesMore, maxWaits; tries > 0; tries-- {
		u, chooseErr := a.upstreams.Choose(ctx, nil)
		if chooseErr != nil {
			return errors.Join(err, chooseErr)
		}
		asked := time.Now()
		if err = a.download(ctx, u, in); err == nil {
			a.upstreams.Succeeded(u)
			return nil
		}
		switch class := classOf(err); {
		case ctx.Err() != nil:
			return err
		case class == Network || class == Timeout || class == Slow || class == Overloaded:
			a.state.transferFailed(class)
			a.upstreams.Failed(u, asked, retryAfter(err))
			if class == Overloaded && waits > 0 { // the whole segment would be no help
				tries, waits = tries+1, waits-1
			}
		default:
			return err
		}
	}
	return err
}

// apply makes the segment, under its name only if it is the one that is wanted.
// One patch is applied at a time: the node needs its memory, and its cores.
func (p *patching) apply(ctx context.Context, dir, name string, b base, part *atomicfile.Part) (err error) {
	select {
	case p.agent.applying <- struct{}{}:
		defer func() { <-p.agent.applying }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := part.Rewind(); err != nil {
		return &failure{Disk, err}
	}
	from, err := openSegments(b)
	defer func() { err = errors.Join(err, closeSegments(from)) }()
	if err != nil {
		return failed(Damaged, "open what a patch begins with: %w", err)
	}
	out, err := atomicfile.OpenPart(dir, name)
	if err != nil {
		return &failure{Disk, err}
	}
	if err := out.Restart(); err != nil { // what an apply that was killed left
		return &failure{Disk, errors.Join(err, out.Close())}
	}
	err = patch.Apply(&diskWriter{name, out, p.agent.intercept}, p.grid, from, b.to.Object, part)
	if err != nil {
		return errors.Join(classify(err), out.Drop())
	}
	p.agent.step("patch-applied")
	if err := out.Commit(); err != nil {
		return &failure{Disk, err}
	}
	return nil
}

func openSegments(b base) (list []patch.Segment, err error) {
	for _, from := range b.from {
		path := filepath.Join(b.dir, from.FileName(manifest.SegmentKind))
		segment, err := gridindex.Open(path, gridindex.Options{SkipChecksums: true}) // the result has a digest
		if err != nil {
			return list, err
		}
		list = append(list, patch.Segment{Segment: segment, Object: from.Object})
	}
	return list, nil
}

func closeSegments(list []patch.Segment) error {
	var errs []error
	for _, s := range list {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// classify gives an error of patch.Apply its class.
func classify(err error) error {
	var f *failure
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(err, gridindex.ErrFault), errors.Is(err, gridindex.ErrCorrupt):
		return &failure{Damaged, err}
	case errors.Is(err, patch.ErrOther):
		return &failure{Digest, err}
	}
	return &failure{Corrupt, err}
}

// diskWriter tells errors of the disk from others.
type diskWriter struct {
	name   string
	out    io.Writer
	before func(name string, b []byte) error // bytes are written; nil: none
}

// Write writes.
func (w *diskWriter) Write(b []byte) (int, error) {
	if w.before != nil {
		if err := w.before(w.name, b); err != nil {
			return 0, &failure{Disk, err}
		}
	}
	n, err := w.out.Write(b)
	if err != nil {
		return n, &failure{Disk, err}
	}
	return n, nil
}

// dropPatches removes what is left of patches in the folder of a release that is
// staged.
func dropPatches(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, patchDir)); err != nil {
		return failed(Disk, "remove patches: %w", err)
	}
	return nil
}
