package query

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/sync/goldens"
	"geodrop/sync/manifest"
)

// Options say how a release is opened. The zero value checks its files and goes
// by the system's clock.
type Options struct {
	SkipChecksums  bool             // see index.Options; the catalog's digest is checked all the same
	ForceBisection bool             // see index.Options
	HugePages      bool             // see index.Options
	Now            func() time.Time // the clock; nil is time.Now
}

func (o *Options) index() index.Options {
	return index.Options{SkipChecksums: o.SkipChecksums, ForceBisection: o.ForceBisection, HugePages: o.HugePages}
}

// Release answers lookups from one open release.
type Release struct {
	manifest *manifest.Manifest
	grid     *grid.Grid
	radius   int
	index    *index.Index
	areas    *index.AreaFile
	tables   *tables
	timeline timeline
	damaged  atomic.Pointer[error]
	closed   atomic.Bool

	survey    atomic.Pointer[survey]
	endSurvey sync.Once
	surveyed  chan struct{} // closed by endSurvey
}

// Open opens the release in a folder, and asks its golden queries: the error
// wraps manifest.ErrGolden where an answer is another than it was for the builder.
// It names the file and what to do.
//
// A folder in which a release is being replaced by a newer one is no error: the
// one that was sealed last is opened.
func Open(dir string, o Options) (*Release, error) { return open(dir, o, load) }

// open is Open with the reading of the objects left to load.
func open(dir string, o Options, load func(dir string, m *manifest.Manifest, o Options) (*Release, error)) (r *Release, err error) {
	id := ""
	err = manifest.WithLatest(dir, func(m *manifest.Manifest) (err error) {
		id = m.ID
		r, err = load(dir, m, o)
		return err
	})
	switch {
	case err == nil:
		return r, nil
	case id == "":
		return nil, fmt.Errorf("open release: %w", err)
	}
	return nil, fmt.Errorf("open release %s in %s: %w", id, dir, err)
}

func load(dir string, m *manifest.Manifest, o Options) (*Release, error) {
	if m.Grid.CellMetres > int(grid.MaxSize) || m.Grid.CellMetres < int(grid.MinSize) ||
		m.Grid.Radius < 0 || m.Grid.Radius > grid.MaxRadius {
		return nil, fmt.Errorf("%w: a grid of %d m with windows of radius %d", manifest.ErrInvalid, m.Grid.CellMetres, m.Grid.Radius)
	}
	g, err := grid.New(grid.Size(m.Grid.CellMetres))
	if err != nil {
		return nil, err
	}
	c, err := readCatalog(dir, m)
	if err != nil {
		return nil, err
	}
	r := &Release{manifest: m, grid: g, radius: m.Grid.Radius, surveyed: make(chan struct{})}
	if err := r.mapFiles(dir, len(c.Districts), o.index()); err != nil {
		return nil, joined(err, r.unmap())
	}
	if err := r.prepare(c, o); err != nil {
		return nil, joined(err, r.unmap())
	}
	if err := (goldens.Map{Index: r.index, Areas: r.areas.AreaIndex, Radius: r.radius}).Check(m.Golden); err != nil {
		return nil, joined(err, r.unmap())
	}
	return r, nil
}

// mapFiles opens the area file and the segments.
func (r *Release) mapFiles(dir string, districts int, o index.Options) (err error) {
	if r.areas, err = openAreas(dir, r.manifest, districts, o); err != nil {
		return err
	}
	segments, err := openSegments(dir, r.manifest, o)
	if err != nil {
		return err
	}
	if r.index, err = index.New(r.grid, segments); err != nil {
		return joined(err, closeAll(segments))
	}
	return nil
}

// prepare makes the tables and the view of now, so that no lookup pays for them.
func (r *Release) prepare(c *catalog.Catalog, o Options) error {
	err := index.Protect(func() (err error) {
		r.tables, err = newTables(c, r.index.Segments())
		return err
	})
	if err != nil {
		return err
	}
	r.timeline.tables, r.timeline.now = r.tables, o.Now
	if o.Now == nil {
		r.timeline.now = time.Now
	}
	r.timeline.present()
	return nil
}

// Close unmaps the files. No lookup may be under way; later ones fail with
// ErrClosed.
func (r *Release) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	if err := r.unmap(); err != nil {
		return fmt.Errorf("close release %s: %w", r.manifest.ID, err)
	}
	return nil
}

// unmap closes what is open.
func (r *Release) unmap() error {
	var errs [2]error
	if r.index != nil {
		errs[0] = r.index.Close()
	}
	if r.areas != nil {
		errs[1] = r.areas.Close()
	}
	return joined(errs[0], errs[1])
}

// Manifest is what the release consists of, to be read only.
func (r *Release) Manifest() *manifest.Manifest { return r.manifest }

// Catalog are the tasks, prizes, merchants, districts and timed zones, to be
// read only.
func (r *Release) Catalog() *catalog.Catalog { return r.tables.catalog }

// Index are the segments. They are closed with the release; what reads them
// runs inside index.Protect.
func (r *Release) Index() *index.Index { return r.index }

// Areas are the borders of the districts: area i is that of Catalog().Districts[i].
// They are closed with the release; what reads them runs inside index.Protect.
func (r *Release) Areas() *grid.AreaIndex { return r.areas.AreaIndex }
