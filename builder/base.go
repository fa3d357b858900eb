package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/poi/phrase"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// errNoBase marks a build that was offered none, errBase a base that nothing can
// be built upon.
var (
	errNoBase = errors.New("there is no release to build upon")
	errBase   = errors.New("nothing can be built upon the release that is there")
)

// base is a release that another is built upon.
type base struct {
	dir     string
	m       *manifest.Manifest
	notes   *notes
	areas   *index.AreaFile
	catalog *catalog.Catalog
	cancel  context.CancelFunc
	done    chan struct{}
	damage  error // once done: of objects that are not what they are to be
}

// openBase opens the base, if what the build makes of an unchanged config would
// be its very bytes. Its objects are held against their digests meanwhile.
func (b *build) openBase(ctx context.Context, before *manifest.Manifest) (*base, error) {
	r := &base{dir: b.opts.Base, m: before}
	switch {
	case b.opts.Full:
		return nil, errNoBase
	case r.dir == "" && (before == nil || b.mark == ""):
		return nil, errNoBase
	case b.mark == "":
		return nil, fmt.Errorf("%w: the source does not keep track of changes", errBase)
	}
	if r.dir == "" {
		r.dir = b.opts.Out
	} else {
		var err error
		if r.m, err = manifest.Read(r.dir); err != nil {
			return nil, err
		}
	}
	if err := r.suits(b); err != nil {
		return nil, err
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	ctx, r.cancel = context.WithCancel(ctx)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		r.damage = r.m.Verify(ctx, r.dir)
	}()
	return r, nil
}

// suits reads the notes of the base.
func (r *base) suits(b *build) (err error) {
	if r.notes, err = readNotes(r.dir, r.m); err != nil {
		return err
	}
	switch n := r.notes; {
	case n.Version != notesVersion:
		return fmt.Errorf("%w: another version of this program made it", errBase)
	case r.m.Grid.CellMetres != int(b.grid.Size()) || n.WithoutHash != b.opts.WithoutHash:
		return fmt.Errorf("%w: it was built with other options", errBase)
	case n.Rejected > 0:
		return fmt.Errorf("%w: %s of its config %s rejected", errBase, phrase.Count(n.Rejected, "row"), phrase.Agree(n.Rejected, "was", "were"))
	}
	return nil
}

func (r *base) open() (err error) {
	if r.catalog, err = readCatalog(r.dir, r.m); err != nil {
		return err
	}
	r.areas, err = openAreas(r.dir, r.m, r.catalog)
	return err
}

// sound waits until all objects are verified.
func (r *base) sound() error {
	<-r.done
	return r.damage
}

func (r *base) close() error {
	r.cancel()
	<-r.done
	return r.areas.Close()
}

// openSegment maps a segment of the base; its digest is being verified.
func (r *base) openSegment(i int) (*index.Segment, error) {
	name := r.m.Segments[i].FileName(manifest.SegmentKind)
	return index.Open(filepath.Join(r.dir, name), index.Options{SkipChecksums: true})
}

// district is where a position is, empty outside all districts.
func (r *base) district(pos coord.E7) (d poi.Adcode, err error) {
	err = index.Protect(func() error {
		if area, ok := r.areas.First(pos); ok {
			d = r.catalog.Districts[area].Adcode
		}
		return nil
	})
	return d, err
}

// share makes an object of the base one of the folder of the new release.
func (r *base) share(dir, name string) error {
	if r.dir == dir {
		return nil
	}
	return atomicfile.Link(filepath.Join(r.dir, name), dir, name)
}

// readCatalog reads the catalog of a release in dir.
func readCatalog(dir string, m *manifest.Manifest) (*catalog.Catalog, error) {
	f, err := atomicfile.OpenRegular(filepath.Join(dir, m.Catalog.FileName(manifest.CatalogKind)))
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing to lose
	c, err := catalog.Read(io.LimitReader(f, m.Catalog.Bytes))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return c, nil
}

// openAreas opens the area file of a release in dir.
func openAreas(dir string, m *manifest.Manifest, c *catalog.Catalog) (*index.AreaFile, error) {
	areas, err := index.OpenAreas(filepath.Join(dir, m.Areas.FileName(manifest.AreasKind)), index.Options{})
	if err != nil {
		return nil, err
	}
	if n := int(areas.Tables().Areas); n != len(c.Districts) {
		err = fmt.Errorf("%w: the catalog %s has %d districts, the area file %d", catalog.ErrCorrupt, m.Catalog.Digest, len(c.Districts), n)
		return nil, errors.Join(err, areas.Close())
	}
	return areas, nil
}
