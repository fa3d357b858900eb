package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"geodrop/builder"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
	"geodrop/sync/patch"
)

// PatchOptions say what Patch measures. The zero value is what geodrop uses
// unless told.
type PatchOptions struct {
	POIs    int // default 1e6
	Seed    uint64
	TempDir string // default: the system's folder for temporary files

	Progress builder.Progress // default: none
}

// The targets of patches: shares of the release, in percent.
const (
	targetMoved     = 1.5
	targetMovedTask = 0.1
	targetRebuilt   = 5
)

// Patch edits a release in three ways and measures what building upon the one
// before spares, and what has to be moved to those who have it, in turn with what
// others would move.
func Patch(ctx context.Context, o PatchOptions) (rows []Row, err error) {
	setDefault(&o.POIs, 1000000)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	defer o.Progress.Done()
	work, err := os.MkdirTemp(o.TempDir, "geodrop-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	p := &patching{opts: &o, work: work, points: NewPoints(National(), o.POIs, o.Seed)}
	if err := p.run(ctx); err != nil {
		return p.rows, fmt.Errorf("bench patch: %w", err)
	}
	return p.rows, nil
}

// patching is one run.
type patching struct {
	opts   *PatchOptions
	work   string
	points *Points
	before *openRelease
	rows   []Row
}

func (p *patching) add(r Row) { p.rows = append(p.rows, r) }

func (p *patching) run(ctx context.Context) (err error) {
	if p.before, err = p.release(ctx, "before", edit{}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.before.index.Close()) }()
	for _, e := range edits(p.points) {
		if err := p.measure(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

// openRelease is a release on disk whose segments are open.
type openRelease struct {
	dir      string
	manifest *manifest.Manifest
	index    *index.Index
	took     time.Duration // to build
}

func (p *patching) release(ctx context.Context, name string, e edit) (*openRelease, error) {
	dir := filepath.Join(p.work, name)
	p.opts.Progress.Stage("build " + name)
	began := time.Now()
	_, err := builder.Build(ctx, &editedSource{source: newSource(p.points), edit: e}, builder.Options{Out: dir, Progress: p.opts.Progress})
	took := time.Since(began)
	if err != nil {
		return nil, err
	}
	m, err := manifest.Read(dir)
	if err != nil {
		return nil, err
	}
	x, err := openIndex(dir, m, index.Options{SkipChecksums: true})
	if err != nil {
		return nil, err
	}
	return &openRelease{dir, m, x, took}, nil
}

// bytes is what the release takes, its manifest included.
func (r *openRelease) bytes() (total int64, err error) {
	info, err := os.Stat(filepath.Join(r.dir, manifest.Name))
	if err != nil {
		return 0, err
	}
	return r.manifest.Bytes() + info.Size(), nil
}

// measure is one way of editing.
func (p *patching) measure(ctx context.Context, e edit) (err error) {
	after, err := p.release(ctx, e.name, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, after.index.Close(), os.RemoveAll(after.dir)) }()
	row, err := p.upon(ctx, e, after)
	if err != nil {
		return err
	}
	p.add(row)
	total, err := after.bytes()
	if err != nil {
		return err
	}
	p.opts.Progress.Stage("patch " + e.name)
	moved, err := p.patch(after)
	if err != nil {
		return err
	}
	whole, err := wholeFiles(p.before, after)
	if err != nil {
		return err
	}
	chunks, err := newChunks(p.before, after)
	if err != nil {
		return err
	}
	name := "patch/" + e.name + "/" + countName(p.opts.POIs)
	percent := func(n int64) float64 { return 100 * float64(n) / float64(total) }
	n := len(after.manifest.Segments)
	p.add(newRow(name, "moved", percent(moved.bytes), unitPercent).atMost(e.moved).
		noted("of %d bytes, of which patches are %d; %d records", total, moved.patches, moved.stats.Dropped+moved.stats.Inserted+moved.stats.Revised))
	p.add(newRow(name, "rebuilt", 100*float64(moved.segments)/float64(n), unitPercent).
		noted("%d of %d segments are other files", moved.segments, n))
	if e.rebuilt >= 0 {
		p.rows[len(p.rows)-1] = p.rows[len(p.rows)-1].atMost(e.rebuilt)
	}
	p.add(newRow(name+"/whole-files", "moved", percent(moved.bytes), unitPercent).timesBetter("whole files", percent(whole)))
	p.add(newRow(name+"/chunks", "moved", percent(moved.bytes), unitPercent).timesBetter("64 KiB chunks", percent(chunks)))
	p.rsync(ctx, name, after, percent, moved.bytes)
	if moved.segments > 0 {
		p.add(newRow(name, "make_ns_per_segment", per(moved.making, moved.segments), unitNs))
		p.add(newRow(name, "apply_ns_per_segment", per(moved.applying, moved.segments), unitNs).noted("the result digested"))
	}
	return nil
}

// moved is what a patched release costs.
type moved struct {
	bytes, patches   int64
	segments         int // that are other files
	stats            patch.Stats
	making, applying time.Duration
}

// patch makes and applies the patch of every segment that is not there already.
// Other objects that are not there move as they are, as the manifest does.
func (p *patching) patch(after *openRelease) (m moved, err error) {
	whole, err := wholeFiles(p.before, after)
	if err != nil {
		return m, err
	}
	m.bytes = whole
	for i, s := range after.manifest.Segments {
		if p.before.has(s.Object) {
			continue
		}
		m.segments++
		m.bytes -= s.Bytes
		if err := p.patchSegment(&m, after, i); err != nil {
			return m, err
		}
	}
	m.bytes += m.patches
	return m, nil
}

func (p *patching) patchSegment(m *moved, after *openRelease, i int) error {
	g, to := after.index.Grid(), patch.Segment{Segment: after.index.Segments()[i], Object: after.manifest.Segments[i].Object}
	from := p.before.holding(after.manifest.Segments[i])
	var out bytes.Buffer
	began := time.Now()
	stats, err := patch.Make(&out, g, from, to)
	m.making += time.Since(began)
	if err != nil {
		return err
	}
	m.patches += int64(out.Len())
	m.stats.Dropped += stats.Dropped
	m.stats.Inserted += stats.Inserted
	m.stats.Revised += stats.Revised
	began = time.Now()
	err = patch.Apply(io.Discard, g, from, to.Object, &out)
	m.applying += time.Since(began)
	return err
}

// has reports whether the release has an object.
func (r *openRelease) has(o manifest.Object) bool {
	for _, other := range r.manifest.Objects {
		if other.Digest == o.Digest {
			return true
		}
	}
	return false
}

// holding are the segments that hold tiles of a segment.
func (r *openRelease) holding(s manifest.Segment) (from []patch.Segment) {
	for _, old := range patch.From(r.manifest, s) {
		i := slices.Index(r.manifest.Segments, old)
		from = append(from, patch.Segment{Segment: r.index.Segments()[i], Object: old.Object})
	}
	return from
}

// wholeFiles are the bytes of the objects that are not there, and the manifest.
func wholeFiles(before, after *openRelease) (int64, error) {
	n, err := after.bytes()
	for _, o := range after.manifest.Objects {
		if before.has(o) {
			n -= o.Bytes
		}
	}
	return n, err
}
