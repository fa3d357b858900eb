package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/patch"
)

var errTooLarge = errors.New("the patch is not clearly smaller than the segment")

// patchMaker makes patches to the segments of one release, several at a time.
type patchMaker struct {
	origin *Origin
	grid   *grid.Grid

	kept, large, late, failed atomic.Int64
	bytes                     atomic.Int64 // of those kept
}

func newPatchMaker(o *Origin, m *manifest.Manifest) (*patchMaker, error) {
	g, err := grid.New(grid.Size(m.Grid.CellMetres))
	if err != nil {
		return nil, err
	}
	return &patchMaker{origin: o, grid: g}, nil
}

// make makes one patch, and notes what came of it.
func (m *patchMaker) make(ctx context.Context, t transition) {
	err := ctx.Err()
	if err == nil {
		err = m.store(ctx, t)
	}
	result, count := "kept", &m.kept
	switch {
	case err == nil:
	case ctx.Err() != nil:
		result, count = "late", &m.late
	case errors.Is(err, errTooLarge):
		result, count = "large", &m.large
	default:
		result, count = "failed", &m.failed
		m.origin.options.Log.Warn("a segment has no patch and moves whole", "segment", t.to.Digest, "error", err)
	}
	count.Add(1)
	m.origin.metrics.patches.WithLabelValues(result).Inc()
}

func (m *patchMaker) report(id string) {
	m.origin.options.Log.Info("patches made", "release", id, "kept", m.kept.Load(), "bytes", m.bytes.Load(),
		"too_large", m.large.Load(), "too_late", m.late.Load(), "failed", m.failed.Load())
}

// store makes a patch, and puts it in the folder when it is worth it.
func (m *patchMaker) store(ctx context.Context, t transition) error {
	b, err := m.proven(ctx, t)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(m.origin.store.in(patchesDir), t.name.file(), b); err != nil {
		return err
	}
	m.origin.addPatch(t, manifest.ObjectOf(b))
	m.bytes.Add(int64(len(b)))
	m.origin.step("patch")
	return nil
}

// proven is a patch that was applied once: one that leads elsewhere, as to a
// segment that another version of the writer made, would cost every node its
// bytes and those of the segment.
func (m *patchMaker) proven(ctx context.Context, t transition) (b []byte, err error) {
	if t.to.Bytes > m.origin.options.MaxPatched {
		return nil, errTooLarge
	}
	var open opened
	defer func() { err = errors.Join(err, open.close()) }()
	to, err := open.segment(m.origin.store, t.to)
	if err != nil {
		return nil, err
	}
	from, err := open.segments(m.origin.store, t.from)
	if err != nil {
		return nil, err
	}
	out := &bounded{ctx: ctx, most: t.to.Bytes/patch.WorthShare - 1}
	if _, err := patch.Make(out, m.grid, from, to); err != nil {
		return nil, err
	}
	proof := cancelWriter{ctx}
	if err := patch.Apply(proof, m.grid, from, to.Object, bytes.NewReader(out.Bytes())); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// opened are segments to close.
type opened []io.Closer

func (o *opened) segment(s *store, of manifest.Segment) (patch.Segment, error) {
	segment, err := index.Open(s.path(of.Digest), index.Options{SkipChecksums: true})
	if err != nil {
		return patch.Segment{}, err
	}
	*o = append(*o, segment)
	return patch.Segment{Segment: segment, Object: of.Object}, nil
}

func (o *opened) segments(s *store, of []manifest.Segment) (list []patch.Segment, err error) {
	for _, one := range of {
		segment, err := o.segment(s, one)
		if err != nil {
			return nil, err
		}
		list = append(list, segment)
	}
	return list, nil
}

func (o opened) close() error {
	var errs []error
	for _, c := range o {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// bounded is a buffer that takes so many bytes, for as long as the context.
type bounded struct {
	bytes.Buffer
	ctx  context.Context
	most int64
}

// Write refuses what is too much, or too late.
func (b *bounded) Write(p []byte) (int, error) {
	if int64(b.Len())+int64(len(p)) > b.most {
		return 0, fmt.Errorf("%w: it has more than %d bytes", errTooLarge, b.most)
	}
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.Buffer.Write(p)
}

// cancelWriter takes all bytes, until the context is done.
type cancelWriter struct{ ctx context.Context }

// Write takes the bytes.
func (w cancelWriter) Write(p []byte) (int, error) { return len(p), w.ctx.Err() }
