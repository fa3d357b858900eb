package builder

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"geodrop/builder/extsort"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// The shares of Options.Memory that the sorters get; the rest is for batches
// being read, segments being written and the garbage collector.
const (
	byCellShare = 0.45
	byIDShare   = 0.15
	fixesShare  = 0.05
	flawsShare  = 0.05
)

// sorted is the outcome of reading: POIs by cell, and what to fix about some.
type sorted struct {
	byCell, byID, fixes, flaws *extsort.Sorter

	files  []sourceFile // by origin.file
	fileNo map[string]int
	seed   uint64
}

// sourceFile is a file or table that rows come from.
type sourceFile struct {
	name string
	rows int // read without a line
}

func (b *build) sortPOIs(ctx context.Context) (*sorted, error) {
	sorter := func(share float64) *extsort.Sorter {
		return extsort.New(extsort.Options{Memory: int64(share * float64(b.opts.Memory)), TempDir: b.opts.TempDir})
	}
	s := &sorted{
		byCell: sorter(byCellShare), byID: sorter(byIDShare), fixes: sorter(fixesShare), flaws: sorter(flawsShare),
		fileNo: map[string]int{}, seed: rand.Uint64(),
	}
	b.sets, b.supply = newSetTable(b.config.Sets), supplyOf(b.config.Tasks)
	early := b.src.Rejects().Counts()
	err := b.readPOIs(ctx, s)
	b.countRejected(&b.rejected.pois)
	if err == nil {
		err = b.readMemberships(ctx, s)
		b.countRejected(&b.rejected.memberships)
		b.sortOutRejected(s, early)
	}
	if err == nil {
		b.stage("join")
		err = b.join(ctx, s)
	}
	if err == nil {
		err = b.reportFlaws(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *sorted) close() error {
	return errors.Join(s.byCell.Close(), s.byID.Close(), s.fixes.Close(), s.flaws.Close())
}

// origin is the origin of a row of a file.
func (s *sorted) origin(file string, line int) (origin, error) {
	no, ok := s.fileNo[file]
	if !ok {
		if no = len(s.files); no > maxFile {
			return 0, fmt.Errorf("%s is one file too many: a config has at most %d", file, maxFile+1)
		}
		s.files = append(s.files, sourceFile{name: file})
		s.fileNo[file] = no
	}
	if line == 0 {
		s.files[no].rows++
		line = s.files[no].rows
	}
	if line > maxLine {
		return 0, fmt.Errorf("%s has more than %d lines: split it", file, int64(maxLine))
	}
	return newOrigin(no, line), nil
}

func (b *build) readPOIs(ctx context.Context, s *sorted) error {
	b.stage("read")
	p := placer{b: b, sorted: s}
	return poi.Ahead(ctx, b.src.POIs, func(batch *poi.POIBatch) error {
		if err := p.place(batch); err != nil {
			return err
		}
		b.opts.Progress.Add(len(batch.Rows))
		return nil
	})
}

// placer finds the cells of POIs and hands them to the sorters.
type placer struct {
	b      *build
	sorted *sorted
	record placed
	buf    []byte
}

func (p *placer) place(batch *poi.POIBatch) error {
	for i := range batch.Rows {
		if err := p.placeRow(batch.File, &batch.Rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *placer) placeRow(file string, row *poi.POIRow) error {
	b := p.b
	b.summary.Read++
	r := &p.record
	var err error
	if r.origin, err = p.sorted.origin(file, row.Line); err != nil {
		return err
	}
	r.pos = row.Pos
	r.text = catalog.AppendText(r.text[:0], &row.POI)
	cell := b.grid.Cell(row.Pos).SortKey()
	p.buf = r.append(p.buf[:0])
	if err := p.sorted.byCell.Add(cell, p.buf); err != nil {
		return err
	}
	hash := hashID(string(row.ID), p.sorted.seed)
	id := identity{hash: hash.Lo, role: rolePOI, origin: r.origin, cell: cell}
	p.buf = id.append(p.buf[:0])
	return p.sorted.byID.Add(hash.Hi, p.buf)
}

func (b *build) readMemberships(ctx context.Context, s *sorted) error {
	b.stage("memberships")
	var buf []byte
	for batch, err := range b.src.Memberships(ctx) {
		if err != nil {
			return err
		}
		for i := range batch.Rows {
			m := &batch.Rows[i]
			hash := hashID(string(m.POI), s.seed)
			at, err := s.origin(batch.File, m.Line)
			if err != nil {
				return err
			}
			id := identity{hash: hash.Lo, role: roleMembership, origin: at, set: b.sets.add(m.Set)}
			buf = id.append(buf[:0])
			if err := s.byID.Add(hash.Hi, buf); err != nil {
				return err
			}
		}
		b.summary.Memberships += int64(len(batch.Rows))
		b.opts.Progress.Add(len(batch.Rows))
	}
	return nil
}
