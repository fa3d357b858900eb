package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

// buildMemory is what building a release to measure may take.
const buildMemory = 1 << 30

// released makes a release of the source in dir, or takes the one that is there
// if it is of an equal source.
func released(ctx context.Context, dir string, src *source, progress builder.Progress) (*manifest.Manifest, error) {
	m, err := manifest.Read(dir)
	if err == nil && m.Source.Digest == src.digest && m.Counts["pois"] == int64(src.points.Len()) {
		return m, nil
	}
	if err != nil && !errors.Is(err, manifest.ErrNone) {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of a release: %w", err)
	}
	before := debug.SetMemoryLimit(buildMemory / 3)
	defer debug.SetMemoryLimit(before)
	_, err = builder.Build(ctx, src, builder.Options{Out: dir, Memory: buildMemory, MaxShrink: 1, Progress: progress})
	debug.FreeOSMemory()
	if err != nil {
		return nil, err
	}
	return manifest.Read(dir)
}

// asNode is how a query node opens segments.
func asNode() index.Options { return index.Options{HugePages: true} }

// openIndex opens the segments of a release, and nothing else of it.
func openIndex(dir string, m *manifest.Manifest, o index.Options) (*index.Index, error) {
	g, err := grid.New(grid.Size(m.Grid.CellMetres))
	if err != nil {
		return nil, err
	}
	var segments []*index.Segment
	closeAll := func(err error) error {
		for _, s := range segments {
			err = errors.Join(err, s.Close())
		}
		return err
	}
	for _, s := range m.Segments {
		segment, err := index.Open(filepath.Join(dir, s.FileName(manifest.SegmentKind)), o)
		if err != nil {
			return nil, closeAll(err)
		}
		segments = append(segments, segment)
	}
	x, err := index.New(g, segments)
	if err != nil {
		return nil, closeAll(err)
	}
	return x, nil
}

// segmentFiles are the paths of the segments of a release, and their bytes.
func segmentFiles(dir string, m *manifest.Manifest) (paths []string, bytes int64) {
	for _, s := range m.Segments {
		paths = append(paths, filepath.Join(dir, s.FileName(manifest.SegmentKind)))
		bytes += s.Bytes
	}
	return paths, bytes
}

// heapOfNode is the heap that a node keeps for an open release.
func heapOfNode(dir string) (int64, error) {
	before := heapInUse()
	r, err := query.Open(dir, query.Options{})
	if err != nil {
		return 0, err
	}
	grown := heapInUse() - before
	if err := r.Close(); err != nil {
		return 0, err
	}
	return max(grown, 0), nil
}
