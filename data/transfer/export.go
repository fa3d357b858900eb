package transfer

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"geodrop/data/sqlstore"
	"geodrop/poi"
	"geodrop/sync/atomicfile"
)

// ErrNotEmpty marks a folder for a bundle that has something in it.
var ErrNotEmpty = errors.New("the folder is not empty")

// ErrInexpressible marks a config that no bundle can say.
var ErrInexpressible = errors.New("a bundle cannot say this")

// Export writes a source as a bundle to a folder, which may be missing or
// empty. The bundle appears whole or not at all. Reading it again gives the
// same config: positions are exact, lists keep their order.
//
// Rows that the source rejects are not in the bundle; see its Rejects.
func Export(ctx context.Context, src poi.Source, dir string, progress Progress) (err error) {
	if progress == nil {
		progress = silent{}
	}
	defer progress.Done()
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := checkEmpty(dir); err != nil {
		return fmt.Errorf("export to %s: %w", dir, err)
	}
	partial, err := os.MkdirTemp(filepath.Dir(dir), ".geodrop-export-*")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	e := exporting{src: src, dir: partial, progress: progress}
	if err = e.all(ctx); err == nil {
		err = place(partial, dir)
	}
	if err != nil {
		return fmt.Errorf("export: %w", errors.Join(err, os.RemoveAll(partial)))
	}
	return nil
}

func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("%w: choose another, or empty it", ErrNotEmpty)
	}
	return err
}

// place makes the finished folder visible.
func place(partial, dir string) error {
	if err := os.Chmod(partial, 0o755); err != nil {
		return err
	}
	if err := atomicfile.SyncDir(partial); err != nil {
		return err
	}
	if err := os.Rename(partial, dir); err != nil { // over an empty folder, too
		return err
	}
	return atomicfile.SyncDir(filepath.Dir(dir))
}

type exporting struct {
	src      poi.Source
	dir      string
	progress Progress
}

func (e *exporting) all(ctx context.Context) error {
	for _, stage := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"merchants, prizes, tasks", e.config}, {"districts", e.districts}, {"zones", e.zones},
		{"memberships", e.memberships}, {"POIs", e.pois},
	} {
		e.progress.Stage(stage.name)
		if err := stage.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", stage.name, err)
		}
	}
	return nil
}

// file writes one file of the bundle to the disk.
func (e *exporting) file(name string, write func(*bufio.Writer) error) (err error) {
	f, err := os.OpenFile(filepath.Join(e.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, spoolBuffer)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// csv writes a table.
func (e *exporting) csv(name string, header []string, rows func(row func(...string) error) error) error {
	return e.file(name, func(w *bufio.Writer) error {
		c := csv.NewWriter(w)
		if err := c.Write(header); err != nil {
			return err
		}
		if err := rows(func(fields ...string) error { return c.Write(fields) }); err != nil {
			return err
		}
		c.Flush()
		return c.Error()
	})
}

func (e *exporting) config(ctx context.Context) error {
	c, err := e.src.Config(ctx)
	if err != nil {
		return err
	}
	if err := e.merchants(c.Merchants); err != nil {
		return err
	}
	if err := e.prizes(c.Prizes); err != nil {
		return err
	}
	if err := e.quotas(c.Tasks); err != nil {
		return err
	}
	if len(c.Tasks) == 0 {
		return nil
	}
	return e.file("tasks.yaml", func(w *bufio.Writer) error { return writeTasks(w, c.Tasks) })
}

func (e *exporting) merchants(merchants []poi.Merchant) error {
	if len(merchants) == 0 {
		return nil
	}
	columns, err := oneLayout(len(merchants), func(i int) []poi.Attr { return merchants[i].Attrs })
	if err != nil {
		return fmt.Errorf("merchants: %w", err)
	}
	return e.csv("merchants.csv", append([]string{"id", "name"}, columns...), func(row func(...string) error) error {
		for i := range merchants {
			m := &merchants[i]
			if err := row(appendAttrs([]string{string(m.ID), m.Name}, columns, m.Attrs)...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *exporting) prizes(prizes []poi.Prize) error {
	if len(prizes) == 0 {
		return nil
	}
	columns, err := oneLayout(len(prizes), func(i int) []poi.Attr { return prizes[i].Attrs })
	if err != nil {
		return fmt.Errorf("prizes: %w", err)
	}
	header := append([]string{"id", "name", "kind", "merchant", "value", "currency", "units"}, columns...)
	return e.csv("prizes.csv", header, func(row func(...string) error) error {
		for i := range prizes {
			p := &prizes[i]
			fields := []string{string(p.ID), p.Name, string(p.Kind), string(p.Merchant),
				strconv.FormatUint(p.Value, 10), p.Currency, strconv.FormatUint(p.Units, 10)}
			if err := row(appendAttrs(fields, columns, p.Attrs)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// quotas go into a table: a task may have a million.
func (e *exporting) quotas(tasks []poi.Task) error {
	some := false
	for i := range tasks {
		some = some || len(tasks[i].Quotas) > 0
	}
	if !some {
		return nil
	}
	return e.csv("quotas.csv", []string{"task_id", "prize", "district", "units"}, func(row func(...string) error) error {
		for i := range tasks {
			for _, q := range tasks[i].Quotas {
				if err := row(string(tasks[i].ID), string(q.Prize), string(q.District), strconv.FormatUint(q.Units, 10)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// memberships go into poi_sets.csv; a set without any is an empty table of its
// own.
func (e *exporting) memberships(ctx context.Context) error {
	c, err := e.src.Config(ctx)
	if err != nil || len(c.Sets) == 0 {
		return err
	}
	empty := make(map[poi.SetID]bool, len(c.Sets))
	for _, id := range c.Sets {
		empty[id] = true
	}
	err = e.csv("poi_sets.csv", []string{"set_id", "poi_id"}, func(row func(...string) error) error {
		for batch, err := range e.src.Memberships(ctx) {
			if err != nil {
				return err
			}
			for i := range batch.Rows {
				m := &batch.Rows[i]
				delete(empty, m.Set)
				if err := row(string(m.Set), string(m.POI)); err != nil {
					return err
				}
			}
			e.progress.Add(len(batch.Rows))
		}
		return nil
	})
	if err != nil || len(empty) == 0 {
		return err
	}
	return e.emptySets(empty)
}

func (e *exporting) emptySets(sets map[poi.SetID]bool) error {
	if err := os.Mkdir(filepath.Join(e.dir, "sets"), 0o755); err != nil {
		return err
	}
	for id := range sets {
		if strings.ContainsAny(string(id), `/\`) {
			return fmt.Errorf("%w: the set %q has no members, and no file can have its name: give it one, or delete it", ErrInexpressible, string(id))
		}
		if err := e.csv("sets/"+string(id)+".csv", []string{"poi_id"}, func(func(...string) error) error { return nil }); err != nil {
			return err
		}
	}
	return atomicfile.SyncDir(filepath.Join(e.dir, "sets"))
}

// pois reads twice: first to learn which attributes there are and in which
// order, then to write.
func (e *exporting) pois(ctx context.Context) error {
	l := newLayouts()
	for batch, err := range e.src.POIs(ctx) {
		if err != nil {
			return err
		}
		for i := range batch.Rows {
			if err := l.learn(batch.Rows[i].Attrs); err != nil {
				return err
			}
		}
		e.progress.Add(len(batch.Rows))
	}
	for n := range l.columns {
		name := "pois.csv"
		if n > 0 {
			name = fmt.Sprintf("pois_%03d.csv", n+1)
		}
		if err := e.poiFile(ctx, name, l, n); err != nil {
			return err
		}
	}
	return nil
}

// poiFile writes the POIs of layout n.
func (e *exporting) poiFile(ctx context.Context, name string, l *layouts, n int) error {
	columns := l.columns[n]
	header := append([]string{"id", "name", "lat", "lng", "kind"}, columns...)
	return e.csv(name, header, func(row func(...string) error) error {
		fields := make([]string, 0, len(header))
		var digits []byte
		for batch, err := range e.src.POIs(ctx) {
			if err != nil {
				return err
			}
			for i := range batch.Rows {
				p := &batch.Rows[i]
				if l.of(p.Attrs) != n {
					continue
				}
				digits = sqlstore.AppendDegrees(digits[:0], p.Pos.Lat)
				lat := string(digits)
				digits = sqlstore.AppendDegrees(digits[:0], p.Pos.Lng)
				fields = append(fields[:0], string(p.ID), p.Name, lat, string(digits), p.Kind)
				fields = appendAttrs(fields, columns, p.Attrs)
				if err := row(fields...); err != nil {
					return err
				}
			}
			e.progress.Add(len(batch.Rows))
		}
		return nil
	})
}
