package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

type inspectCmd struct {
	Path string `arg:"" placeholder:"RELEASE|FILE" help:"Folder of a release, or one of its segment files."`
	Cell string `placeholder:"CELL" help:"List the places of a cell instead, with or without tasks."`
	Dump bool   `help:"Say what each byte of a segment file means."`
	Rows int    `default:"20" help:"Rows of each section to dump; 0 is all."`
	Top  int    `default:"5" help:"Densest cells to name."`
}

func (*inspectCmd) Help() string {
	return `Sizes, the fill of the prefix hash, how many places cells have, the densest
cells.

Example: geodrop inspect release
         geodrop inspect release --cell 200-78784-62224
         geodrop inspect release/<digest>.seg --dump`
}

func (c *inspectCmd) Run(r *run) error {
	t := &table{w: r.stdout}
	info, err := os.Stat(c.Path)
	if err != nil {
		return err
	}
	switch {
	case !info.IsDir() && c.Cell != "":
		return usage{errors.New("--cell is for a release, not for one file of it")}
	case info.IsDir() && c.Dump:
		return usage{errors.New("--dump is for a segment file, not for a release")}
	case c.Dump:
		file, err := os.ReadFile(c.Path)
		if err != nil {
			return err
		}
		return wrong(index.Dump(r.stdout, file, index.DumpOptions{Rows: c.Rows}))
	case c.Cell != "":
		err = c.cell(t)
	case info.IsDir():
		err = c.release(t)
	default:
		err = c.file(t)
	}
	if err != nil {
		return wrong(err)
	}
	return t.err
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
	t.line("Cell %s of release %s has %d places.", c.Cell, release.Manifest().ID, len(places))
	for i := range places {
		p := &places[i]
		at := p.Pos.WGS84()
		t.line("%-12s %10.7f %11.7f  %s (%s)", printable(string(p.ID)), float64(at.Lat), float64(at.Lng), printable(p.Name), printable(p.Kind))
		tasks := make([]string, len(p.Tasks))
		for i, id := range p.Tasks {
			tasks[i] = string(id)
		}
		t.line("  district %s, sets %v, zones %v, tasks %s", cmp.Or(string(p.District), "none"), p.Sets, p.Zones, strings.Join(tasks, " "))
	}
	return nil
}

func (c *inspectCmd) release(t *table) error {
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
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range m.Counts {
			if !yield(name) {
				return
			}
		}
	}) {
		t.row(strings.ReplaceAll(name, "_", " "), builder.Thousands(m.Counts[name]))
	}
	var sum segmentSum
	for _, s := range m.Segments {
		if err := sum.add(filepath.Join(c.Path, s.FileName(manifest.SegmentKind)), c.Top); err != nil {
			return err
		}
	}
	t.row("catalog", builder.Thousands(m.Catalog.Bytes)+" bytes")
	t.row("areas", builder.Thousands(m.Areas.Bytes)+" bytes")
	sum.print(t)
	return nil
}

func (c *inspectCmd) file(t *table) error {
	var sum segmentSum
	if err := sum.add(c.Path, c.Top); err != nil {
		return err
	}
	sum.print(t)
	return nil
}

// segmentSum adds up what segments are made of.
type segmentSum struct {
	index.Stats
	segments, hashed, slots, used int
}

func (s *segmentSum) add(path string, top int) (err error) {
	segment, err := index.Open(path, index.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, segment.Close()) }()
	stats, err := segment.Stats(top)
	if err != nil {
		return err
	}
	s.segments++
	if stats.Hashed {
		s.hashed++
	}
	for _, stage := range stats.Stages {
		s.slots, s.used = s.slots+stage.Slots, s.used+stage.Used
	}
	if s.Sections == nil {
		s.Sections = make([]index.SectionSize, len(stats.Sections))
	}
	for i, section := range stats.Sections {
		s.Sections[i].Name = section.Name
		s.Sections[i].Bytes += section.Bytes
	}
	for i, n := range stats.PerCell {
		s.PerCell[i] += n
	}
	s.Bytes, s.Blocks, s.Tiles, s.Crowded = s.Bytes+stats.Bytes, s.Blocks+stats.Blocks, s.Tiles+stats.Tiles, s.Crowded+stats.Crowded
	s.Cells, s.Postings, s.Combos = s.Cells+stats.Cells, s.Postings+stats.Postings, s.Combos+stats.Combos
	s.Densest = append(s.Densest, stats.Densest...)
	slices.SortStableFunc(s.Densest, func(a, b index.CellCount) int { return cmp.Compare(b.Postings, a.Postings) })
	s.Densest = s.Densest[:min(len(s.Densest), top)]
	return nil
}

func (s *segmentSum) print(t *table) {
	t.row("segments", fmt.Sprintf("%d, %s bytes", s.segments, builder.Thousands(int64(s.Bytes))))
	for _, section := range s.Sections {
		t.row("  "+section.Name, builder.Thousands(int64(section.Bytes)))
	}
	t.row("prefix hash", fmt.Sprintf("in %d of %d segments, %d of %d slots used", s.hashed, s.segments, s.used, s.slots))
	t.row("blocks", builder.Thousands(int64(s.Blocks)))
	t.row("tiles", fmt.Sprintf("%s, %s crowded", builder.Thousands(int64(s.Tiles)), builder.Thousands(int64(s.Crowded))))
	t.row("combinations", builder.Thousands(int64(s.Combos)))
	t.row("cells with places", builder.Thousands(int64(s.Cells)))
	most := slices.Max(s.PerCell[:])
	for n, cells := range s.PerCell {
		if cells == 0 {
			continue
		}
		from, to := 1<<max(n-1, 0), 1<<n-1
		bar := strings.Repeat("█", int(math.Ceil(40*float64(cells)/float64(most))))
		t.row(fmt.Sprintf("  %d…%d places", from, to), fmt.Sprintf("%12s %s", builder.Thousands(int64(cells)), bar))
	}
	cells := make([]string, len(s.Densest))
	for i, cell := range s.Densest {
		cells[i] = fmt.Sprintf("%s %d", cell.Text, cell.Postings)
	}
	t.row("densest cells", strings.Join(cells, ", "))
}
