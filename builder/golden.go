package builder

import (
	"errors"
	"path/filepath"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/goldens"
	"geodrop/sync/manifest"
)

// askGolden asks the release that is about to be sealed what every node will ask
// it again.
func (b *build) askGolden(p *parts) (answers []manifest.Golden, err error) {
	crowded := make([]grid.Cell, 0, len(b.summary.Densest))
	for _, c := range b.summary.Densest {
		cell, err := b.grid.ParseCell(c.Cell)
		if err != nil {
			return nil, err
		}
		crowded = append(crowded, cell)
	}
	areas, err := index.OpenAreas(filepath.Join(b.opts.Out, p.areas.FileName(manifest.AreasKind)), index.Options{SkipChecksums: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, areas.Close()) }()
	err = withIndex(b.opts.Out, b.grid, p.segments, func(x *index.Index) (err error) {
		m := goldens.Map{Index: x, Areas: areas.AreaIndex, Radius: b.opts.Radius}
		var positions []coord.E7
		if positions, err = m.Pick(crowded); err == nil {
			answers, err = m.Ask(positions)
		}
		return err
	})
	return answers, err
}

// golden asks a release as its builder did.
func (v *verifier) golden() error {
	g, err := grid.New(grid.Size(v.m.Grid.CellMetres))
	if err != nil {
		return err
	}
	return withIndex(v.dir, g, v.m.Segments, func(x *index.Index) error {
		return goldens.Map{Index: x, Areas: v.areas.AreaIndex, Radius: v.m.Grid.Radius}.Check(v.m.Golden)
	})
}

// withIndex opens segments whose bytes are known to be right as one index.
func withIndex(dir string, g *grid.Grid, list []manifest.Segment, do func(*index.Index) error) (err error) {
	segments := make([]*index.Segment, 0, len(list))
	closeAll := func() error {
		var errs []error
		for _, s := range segments {
			errs = append(errs, s.Close())
		}
		return errors.Join(errs...)
	}
	for _, m := range list {
		s, err := index.Open(filepath.Join(dir, m.FileName(manifest.SegmentKind)), index.Options{SkipChecksums: true})
		if err != nil {
			return errors.Join(err, closeAll())
		}
		segments = append(segments, s)
	}
	x, err := index.New(g, segments)
	if err != nil {
		return errors.Join(err, closeAll())
	}
	return errors.Join(do(x), x.Close())
}
