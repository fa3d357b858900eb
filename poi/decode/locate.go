package decode

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"geodrop/poi"
)

var _ poi.Locator = (*Bundle)(nil)

// Locate reads those files again in which the places can be. Nothing is rejected
// twice.
func (b *Bundle) Locate(ctx context.Context, places []*poi.Place) error {
	l := &locator{b: b, ctx: ctx, keys: map[poi.Table]map[string][]*poi.Place{}}
	for _, p := range places {
		if p.File == "" && p.Key != "" {
			if l.keys[p.Table] == nil {
				l.keys[p.Table] = map[string][]*poi.Place{}
			}
			l.keys[p.Table][p.Key] = append(l.keys[p.Table][p.Key], p)
		}
	}
	for _, find := range []func() error{l.tasks, l.merchants, l.prizes, l.districts, l.zones, l.sets} {
		if err := find(); err != nil {
			return err
		}
	}
	return l.columns(places)
}

type locator struct {
	b    *Bundle
	ctx  context.Context
	keys map[poi.Table]map[string][]*poi.Place // that have no file yet
}

// take are the places of a record, which is found once.
func (l *locator) take(table poi.Table, key string) []*poi.Place {
	found := l.keys[table][key]
	delete(l.keys[table], key)
	return found
}

func (l *locator) wants(table poi.Table) bool { return len(l.keys[table]) > 0 }

func (l *locator) merchants() error {
	return l.table(poi.TableMerchants, l.b.files.merchants, "id")
}

func (l *locator) prizes() error { return l.table(poi.TablePrizes, l.b.files.prizes, "id") }

// sets places a set at its file, or at its first row of poi_sets.csv.
func (l *locator) sets() error {
	for _, f := range l.b.files.sets {
		if set, _ := setOfFile(f.name); l.wants(poi.TableSets) {
			for _, p := range l.take(poi.TableSets, string(set)) {
				p.File = f.name
			}
		}
	}
	return l.table(poi.TableSets, l.b.files.memberships, "set_id")
}

// table places records at the first row with their id.
func (l *locator) table(of poi.Table, files []file, idColumn string) error {
	for _, f := range files {
		if !l.wants(of) {
			return nil
		}
		err := l.rows(f, []string{idColumn}, func(t *table, row *row) bool {
			for _, p := range l.take(of, t.text(row, t.column(idColumn))) {
				p.File, p.Line = f.name, row.line
			}
			return l.wants(of)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rows calls fn with the rows of a table until it wants no more.
func (l *locator) rows(f file, required []string, fn func(*table, *row) bool) (err error) {
	t, err := openTable(f, l.b, required...)
	if err != nil {
		return err
	}
	defer t.in.Close()
	for n := 0; ; n++ {
		if n%256 == 0 && l.ctx.Err() != nil {
			return context.Cause(l.ctx)
		}
		row, err := t.next()
		if isEOF(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if !fn(t, row) {
			return nil
		}
	}
}

func (l *locator) districts() error {
	return l.areas(poi.TableDistricts, l.b.files.districts, func(f *feature) (string, error) {
		d, err := f.district()
		return string(d.Adcode), err
	})
}

func (l *locator) zones() error {
	return l.areas(poi.TableZones, l.b.files.zones, func(f *feature) (string, error) {
		z, err := f.zone()
		return string(z.ID), err
	})
}

func (l *locator) areas(table poi.Table, files []file, idOf func(*feature) (string, error)) error {
	for _, file := range files {
		if !l.wants(table) {
			return nil
		}
		_, err := l.b.features(l.ctx, file, func(f *feature) bool {
			if id, err := idOf(f); err == nil {
				for _, p := range l.take(table, id) {
					p.File = file.name
					p.Line, p.Column = placeIn(f.text[:f.properties[p.Field].pos], f.line, f.column)
				}
			}
			return l.wants(table)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tasks places the fields of tasks at their nodes, and quotas of quotas.csv at
// their rows.
func (l *locator) tasks() error {
	if !l.wants(poi.TableTasks) {
		return nil
	}
	r := configReader{b: l.b, ctx: l.ctx}
	entries := map[poi.TaskID]*taskEntry{}
	for _, f := range l.b.files.tasks {
		some, err := r.taskFile(f)
		if err != nil {
			return err
		}
		for _, e := range some {
			if entries[e.task.ID] == nil {
				entries[e.task.ID] = e
			}
		}
	}
	if err := r.readQuotas(entries); err != nil {
		return err
	}
	for id, e := range entries {
		for _, p := range l.take(poi.TableTasks, string(id)) {
			e.locate(p)
		}
	}
	return nil
}

func (e *taskEntry) locate(p *poi.Place) {
	if at, field, ok := e.quotaRow(p.Field); ok {
		p.File, p.Line, p.Field = at.file, at.line, field
		return
	}
	n := e.nodeOf(p.Field)
	p.File, p.Line, p.Column = e.file, n.Line, n.Column
}

// columns fills in the columns of fields of CSV files, file by file.
func (l *locator) columns(places []*poi.Place) error {
	files := l.b.files.all()
	for _, f := range files {
		var of []*poi.Place
		for _, p := range places {
			if p.File == f.name && p.Line > 1 && p.Column == 0 && p.Field != "" && isTable(f.name) {
				of = append(of, p)
			}
		}
		if len(of) == 0 {
			continue
		}
		slices.SortFunc(of, func(a, b *poi.Place) int { return cmp.Compare(a.Line, b.Line) })
		err := l.rows(f, nil, func(t *table, row *row) bool {
			for len(of) > 0 && of[0].Line <= row.line {
				if i := t.column(of[0].Field); i >= 0 && of[0].Line == row.line {
					of[0].Line, of[0].Column = row.place(i)
				}
				of = of[1:]
			}
			return len(of) > 0
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func isTable(name string) bool { return strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".csv") }
