package rule

import (
	"context"

	"geodrop/poi"
)

func (v *validation) readPOIs(ctx context.Context) error {
	return poi.Ahead(ctx, v.src.POIs, func(batch *poi.POIBatch) error {
		v.result.POIs += int64(len(batch.Rows))
		v.opts.Progress.Add(len(batch.Rows))
		if v.result.Unread {
			return nil // what is read is for the sake of what is rejected
		}
		return v.placeBatch(batch)
	})
}

func (v *validation) placeBatch(batch *poi.POIBatch) error {
	file := v.sorters.file(batch.File)
	var p POI
	for i := range batch.Rows {
		row := &batch.Rows[i]
		v.place(&p, row, batch.File)
		for j := range v.checks {
			if hook := v.checks[j].POI; hook != nil {
				hook(&p)
			}
		}
		if err := v.sorters.addPOI(&p, origin{file, row.Line}); err != nil {
			return err
		}
	}
	return nil
}

// place finds out where a POI lies.
func (v *validation) place(p *POI, row *poi.POIRow, file string) {
	p.POI, p.Cell = &row.POI, v.view.Grid.Cell(row.Pos)
	p.District, p.Zone = None, None
	if n, ok := v.view.Districts.Index.First(row.Pos); ok {
		p.District = n
	}
	if n, ok := v.view.Always.Index.First(row.Pos); ok {
		p.Zone = n
	}
	p.Timed = v.view.Timed.Index.Find(row.Pos, p.Timed[:0])
	p.At = poiPlace(file, row.Line, string(row.ID))
}

// poiPlace is the line of a POI, or its key where there are no lines.
func poiPlace(file string, line int, id string) poi.Place {
	if line == 0 {
		return record(poi.TablePOIs, id, "")
	}
	return poi.Place{File: file, Line: line}
}

func (v *validation) readMemberships(ctx context.Context) error {
	for batch, err := range v.src.Memberships(ctx) {
		if err != nil {
			return err
		}
		v.result.Memberships += int64(len(batch.Rows))
		v.opts.Progress.Add(len(batch.Rows))
		if v.result.Unread {
			continue
		}
		file := v.sorters.file(batch.File)
		for i := range batch.Rows {
			m := &batch.Rows[i]
			if err := v.sorters.addMembership(m, v.sets.number(m.Set), origin{file, m.Line}); err != nil {
				return err
			}
		}
	}
	return nil
}
