package index

import (
	"errors"
	"fmt"
	"io"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// The sections of an area file, in file order: the slices of grid.AreaTables.
// Its other numbers are the meta of the header: shift, west and south, columns
// and rows (the second of each pair in the upper half), areas. The upper halves
// of shift and areas are zero.
const (
	secAreaCells sectionID = iota + 101
	secAreaLists
	secAreaVertices
)

var areaSections = []sectionID{secAreaCells, secAreaLists, secAreaVertices}

// WriteAreas writes the tables of an area index as a file.
func WriteAreas(w io.Writer, t grid.AreaTables) (int64, error) {
	n, err := writeContainer(w, kindAreas,
		meta{uint64(t.Shift), pack(t.West, t.South), pack(t.Cols, t.Rows), uint64(t.Areas)},
		[]section{
			{secAreaCells, raw(t.Cells)}, {secAreaLists, raw(t.Lists)}, {secAreaVertices, raw(t.Vertices)},
		})
	if err != nil {
		return n, fmt.Errorf("write areas: %w", err)
	}
	return n, nil
}

func pack(low, high uint32) uint64 { return uint64(high)<<32 | uint64(low) }

// AreaFile is a mapped area file. Use its Index inside Protect.
type AreaFile struct {
	*grid.AreaIndex
	mapped *mapping
}

// OpenAreas maps an area file and checks it as Open does a segment.
func OpenAreas(path string, opts Options) (*AreaFile, error) {
	mapped, err := mapFile(path, opts)
	if err != nil {
		return nil, fmt.Errorf("open areas: %w", err)
	}
	f := &AreaFile{mapped: mapped}
	err = Protect(func() (err error) {
		f.AreaIndex, err = parseAreas(mapped.bytes, opts)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open areas %s: %w", path, err), mapped.close())
	}
	return f, nil
}

func parseAreas(file []byte, opts Options) (*grid.AreaIndex, error) {
	if !littleEndian() {
		return nil, ErrPlatform
	}
	c, err := parseContainer(file, kindAreas, areaSections)
	if err != nil {
		return nil, err
	}
	if !opts.SkipChecksums {
		if err := c.checkSums(); err != nil {
			return nil, err
		}
	}
	if c.meta[0]>>32 != 0 || c.meta[3]>>32 != 0 {
		return nil, corrupt("header", "root cells of 2^%d, %d areas", c.meta[0], c.meta[3])
	}
	cells, err1 := view[uint32](c.sections[0])
	lists, err2 := view[uint32](c.sections[1])
	vertices, err3 := view[coord.E7](c.sections[2])
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	x, err := grid.OpenAreaIndex(grid.AreaTables{
		Shift: uint32(c.meta[0]),
		West:  uint32(c.meta[1]), South: uint32(c.meta[1] >> 32),
		Cols: uint32(c.meta[2]), Rows: uint32(c.meta[2] >> 32),
		Areas: uint32(c.meta[3]),
		Cells: cells, Lists: lists, Vertices: vertices,
	})
	if err != nil {
		return nil, corrupt(secAreaCells.String(), "%w", err)
	}
	return x, nil
}

// CheckFile is as that of a Segment.
func (f *AreaFile) CheckFile() error { return f.mapped.check() }

// Close unmaps the file. No look-up may be under way.
func (f *AreaFile) Close() error {
	f.AreaIndex = nil
	if err := f.mapped.close(); err != nil {
		return fmt.Errorf("close areas: %w", err)
	}
	return nil
}
