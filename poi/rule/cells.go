package rule

import (
	"context"
)

// eachCell calls the hooks with the POIs of each cell.
func (v *validation) eachCell(ctx context.Context) error {
	if v.sorters.byCell == nil {
		return nil
	}
	it, err := v.sorters.byCell.Sort(ctx)
	if err != nil {
		return err
	}
	var cell Cell
	last := uint64(0)
	for it.Next() {
		if it.Key() != last && cell.Count > 0 {
			v.cellHooks(&cell)
			cell = Cell{POIs: cell.POIs[:0]}
		}
		if last = it.Key(); cell.Count == 0 {
			if cell.ID, err = v.view.Grid.CellFromKey(last); err != nil {
				return err
			}
		}
		if err := v.addToCell(&cell, it.Payload()); err != nil {
			return err
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	if cell.Count > 0 {
		v.cellHooks(&cell)
	}
	return it.Close()
}

func (v *validation) addToCell(c *Cell, payload []byte) error {
	if c.Count++; c.Count > MaxCellPOIs {
		return nil
	}
	r := reader{b: payload}
	at := r.origin()
	p := CellPOI{Pos: r.position(), District: r.uint32(), Screened: r.flag()}
	p.ID, p.Name, p.Kind = string(r.text()), string(r.text()), string(r.text())
	p.At = poiPlace(v.sorters.files[at.file], at.line, p.ID)
	c.POIs = append(c.POIs, p)
	return r.done()
}

func (v *validation) cellHooks(c *Cell) {
	for i := range v.checks {
		if hook := v.checks[i].Cell; hook != nil {
			hook(c)
		}
	}
}
