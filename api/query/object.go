package query

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

// objectPath is the path of an object whose file is as long as the manifest
// says.
func objectPath(dir string, o manifest.Object, kind string) (string, error) {
	path := filepath.Join(dir, o.FileName(kind))
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: %s is missing; fetch or build the release again", manifest.ErrObject, path)
	case err != nil:
		return "", err
	case !info.Mode().IsRegular(): // to open a pipe would wait for ever
		return "", fmt.Errorf("%w: %s is not a regular file; fetch or build the release again", manifest.ErrObject, path)
	case info.Size() != o.Bytes:
		return "", fmt.Errorf("%w: %s has %d bytes, %d are listed; fetch or build the release again", manifest.ErrObject, path, info.Size(), o.Bytes)
	}
	return path, nil
}

// readCatalog reads the catalog and checks its digest, for it has no checksums
// of its own.
func readCatalog(dir string, m *manifest.Manifest) (*catalog.Catalog, error) {
	path, err := objectPath(dir, m.Catalog, manifest.CatalogKind)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing to lose
	b := bytes.NewBuffer(make([]byte, 0, m.Catalog.Bytes+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(f, m.Catalog.Bytes)); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if sum := sha256.Sum256(b.Bytes()); hex.EncodeToString(sum[:]) != string(m.Catalog.Digest) {
		return nil, fmt.Errorf("%w: %s has SHA-256 %x; fetch or build the release again", manifest.ErrObject, path, sum)
	}
	c, err := catalog.Read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func openAreas(dir string, m *manifest.Manifest, districts int, o index.Options) (*index.AreaFile, error) {
	path, err := objectPath(dir, m.Areas, manifest.AreasKind)
	if err != nil {
		return nil, err
	}
	f, err := index.OpenAreas(path, o)
	if err != nil {
		return nil, err
	}
	if areas := f.Tables().Areas; int64(areas) != int64(districts) {
		return nil, joined(fmt.Errorf("%w: %s has %d areas, the catalog %d districts", index.ErrCorrupt, path, areas, districts), f.Close())
	}
	return f, nil
}

// openSegments opens all segments, some at a time: most of it is the reading of
// their bytes for the checksums.
func openSegments(dir string, m *manifest.Manifest, o index.Options) ([]*index.Segment, error) {
	segments := make([]*index.Segment, len(m.Segments))
	errs := make([]error, len(m.Segments))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(segments)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(segments)); i = next.Add(1) - 1 {
				segments[i], errs[i] = openSegment(dir, &m.Segments[i], o)
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil { // the first says enough
			return nil, joined(err, closeAll(segments))
		}
	}
	return segments, nil
}

// openSegment opens a segment that is the one that the manifest lists.
func openSegment(dir string, listed *manifest.Segment, o index.Options) (*index.Segment, error) {
	path, err := objectPath(dir, listed.Object, manifest.SegmentKind)
	if err != nil {
		return nil, err
	}
	s, err := index.Open(path, o)
	if err != nil {
		return nil, err
	}
	first, last := s.Tiles()
	if int64(s.Len()) != listed.Postings || first != grid.Tile(listed.FirstTile) || last != grid.Tile(listed.LastTile) {
		return nil, joined(fmt.Errorf("%w: %s has %d postings in tiles %#x…%#x, listed are %d in %#x…%#x", manifest.ErrObject,
			path, s.Len(), uint64(first), uint64(last), listed.Postings, listed.FirstTile, listed.LastTile), s.Close())
	}
	return s, nil
}

// closeAll closes the segments that are open.
func closeAll(segments []*index.Segment) error {
	var errs []error
	for _, s := range segments {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// joined is errors.Join that leaves a single error as it is.
func joined(err, more error) error {
	switch {
	case more == nil:
		return err
	case err == nil:
		return more
	}
	return errors.Join(err, more)
}
