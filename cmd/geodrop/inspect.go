package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/api/query"
	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/poi/phrase"
	"geodrop/sync/manifest"
)

type inspectCmd struct {
	Path string `arg:"" placeholder:"RELEASE|FILE" help:"Folder of a release, or one of its files."`
	Cell string `placeholder:"CELL" help:"List the places of a cell instead, with or without tasks."`
	Dump bool   `help:"Say what each byte of a segment file means."`
	Rows int    `default:"20" help:"Rows of each section to dump; 0 is all."`
	Top  int    `default:"5" help:"Densest cells to name, 0 to 1000."`
}

func (*inspectCmd) Help() string {
	return `Sizes, the fill of the prefix hash, how many places cells have, the densest
cells. Of a file of a release, by its name: what a segment (.seg), an area file
(.areas) or a catalog (.jsonl) holds.

Example: geodrop inspect release
         geodrop inspect release --cell 200-78784-62224
         geodrop inspect release/<digest>.seg --dump`
}

// Validate refuses numbers that are no counts.
func (c *inspectCmd) Validate() error {
	return errors.Join(
		within("rows", c.Rows, 0, math.MaxInt32, "rows"),
		within("top", c.Top, 0, 1000, "cells"),
	)
}

func (c *inspectCmd) Run(r *run) error {
	info, err := os.Stat(c.Path)
	if errors.Is(err, os.ErrNotExist) {
		return wrong(fmt.Errorf("%w: there is no folder or file %s", manifest.ErrNone, c.Path))
	}
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	kind := filepath.Ext(c.Path)
	switch {
	case info.IsDir():
		kind = releaseKind
	case filepath.Base(c.Path) == manifest.Name:
		kind, c.Path = releaseKind, filepath.Dir(c.Path)
	}
	t := &table{w: r.stdout}
	if err := c.inspect(r, t, kind); err != nil {
		return wrong(err)
	}
	return t.err
}

// releaseKind stands for a whole release where else the ending of a file does.
const releaseKind = ""

func (c *inspectCmd) inspect(r *run, t *table, kind string) error {
	switch {
	case c.Cell != "" && kind != releaseKind:
		return usage{errors.New("--cell is for a release, not for one file of it")}
	case c.Dump && kind != manifest.SegmentKind:
		return usage{fmt.Errorf("--dump is for a segment file (%s)", manifest.SegmentKind)}
	case c.Dump:
		return c.dump(r)
	case c.Cell != "":
		r.untrap() // it only reads
		return c.cell(t)
	}
	switch kind {
	case releaseKind:
		return c.release(r.ctx, t)
	case manifest.SegmentKind:
		return c.segment(t)
	case manifest.AreasKind:
		return c.areas(t)
	case manifest.CatalogKind:
		return c.catalog(t)
	}
	return usage{fmt.Errorf("%s is not a segment (%s), an area file (%s), a catalog (%s) or a %s",
		c.Path, manifest.SegmentKind, manifest.AreasKind, manifest.CatalogKind, manifest.Name)}
}

func (c *inspectCmd) dump(r *run) error {
	file, err := os.ReadFile(c.Path)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	if err := index.Dump(untilDone{r.ctx, r.stdout}, file, index.DumpOptions{Rows: c.Rows}); err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	return nil
}

// untilDone is a writer that fails once the context is done.
type untilDone struct {
	ctx context.Context
	w   io.Writer
}

func (u untilDone) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(b)
}

func (c *inspectCmd) cell(t *table) (err error) {
	release, err := query.Open(c.Path, query.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release.Close()) }()
	places, err := release.Inspect(c.Cell)
	if errors.Is(err, grid.ErrCell) {
		return usage{err}
	}
	if err != nil {
		return err
	}
	t.line("Cell %s of release %s has %s.", c.Cell, release.Manifest().ID, phrase.Count(len(places), "place"))
	for i := range places {
		p := &places[i]
		at := p.Pos.WGS84()
		t.line("%-12s %10.7f %11.7f  %s (%s)", p.ID, float64(at.Lat), float64(at.Lng), p.Name, p.Kind)
		tasks := make([]string, len(p.Tasks))
		for i, id := range p.Tasks {
			tasks[i] = string(id)
		}
		t.line("  district %s, sets %v, zones %v, tasks %s", cmp.Or(string(p.District), "none"), p.Sets, p.Zones, strings.Join(tasks, " "))
	}
	return nil
}

func (c *inspectCmd) release(ctx context.Context, t *table) error {
	m, err := manifest.Read(c.Path)
	if err != nil {
		return err
	}
	t.row("release", m.ID)
	if m.Parent != "" {
		t.row("built upon", m.Parent)
	}
	t.row("source", strings.TrimSpace(fmt.Sprintf("%s %s", m.Source.Kind, m.Source.Digest)))
	t.row("grid", fmt.Sprintf("cells of %d m, radius %d", m.Grid.CellMetres, m.Grid.Radius))
	for _, name := range slices.Sorted(maps.Keys(m.Counts)) {
		t.row(strings.ReplaceAll(name, "_", " "), phrase.Number(m.Counts[name]))
	}
	var sum segmentSum
	for _, s := range m.Segments {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("inspect %s: %w", c.Path, err)
		}
		path := filepath.Join(c.Path, s.FileName(manifest.SegmentKind))
		err := sum.add(path, c.Top)
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%w: %s is missing", manifest.ErrObject, path)
		}
		if err != nil {
			return err
		}
	}
	t.row("catalog", phrase.Count(m.Catalog.Bytes, "byte"))
	t.row("areas", phrase.Count(m.Areas.Bytes, "byte"))
	sum.print(t)
	return nil
}

func (c *inspectCmd) segment(t *table) error {
	var sum segmentSum
	if err := sum.add(c.Path, c.Top); err != nil {
		return err
	}
	sum.print(t)
	return nil
}

func (c *inspectCmd) areas(t *table) (err error) {
	f, err := index.OpenAreas(c.Path, index.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := os.Stat(c.Path)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	tables := f.Tables()
	edge := float64(uint64(1)<<tables.Shift) / 1e7
	t.row("area file", phrase.Count(info.Size(), "byte"))
	t.row("areas", phrase.Number(tables.Areas))
	t.row("raster", fmt.Sprintf("%d×%d cells of %.7f°", tables.Cols, tables.Rows, edge))
	t.row("  south-west", fmt.Sprintf("%.7f, %.7f", float64(tables.South)*edge-90, float64(tables.West)*edge-180))
	t.row("cells", phrase.Number(len(tables.Cells)))
	t.row("words of lists", phrase.Number(len(tables.Lists)))
	t.row("vertices", phrase.Number(len(tables.Vertices)))
	return nil
}

func (c *inspectCmd) catalog(t *table) error {
	b, err := os.ReadFile(c.Path)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	held, err := catalog.Read(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	t.row("catalog", phrase.Count(len(b), "byte"))
	t.row("merchants", phrase.Number(len(held.Merchants)))
	t.row("prizes", phrase.Number(len(held.Prizes)))
	t.row("tasks", phrase.Number(len(held.Tasks)))
	t.row("districts", phrase.Number(len(held.Districts)))
	t.row("timed zones", phrase.Number(len(held.Zones)))
	return nil
}
