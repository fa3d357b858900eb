package rule

import (
	"context"

	"geodrop/poi"
)

// readAhead is how many batches wait to be placed.
const readAhead = 4

// readPOIs decodes in a goroutine of its own, so that decoding and placing share
// two cores.
func (v *validation) readPOIs(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	batches, done := make(chan *poi.POIBatch, readAhead), make(chan error, 1)
	go func() {
		defer close(batches)
		done <- forward(ctx, v.src.POIs(ctx), batches)
	}()
	var err error
	for batch := range batches {
		v.result.POIs += int64(len(batch.Rows))
		v.opts.Progress.Add(len(batch.Rows))
		if v.result.Unread {
			continue // for the sake of what is rejected
		}
		if err = v.placeBatch(batch); err != nil {
			break
		}
	}
	cancel()
	for range batches { // let the reader see that it is over
	}
	if readErr := <-done; err == nil {
		err = readErr
	}
	return err
}

func forward(ctx context.Context, from func(func(*poi.POIBatch, error) bool), to chan<- *poi.POIBatch) error {
	for batch, err := range from {
		if err != nil {
			return err
		}
		select {
		case to <- batch:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return context.Cause(ctx)
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
