// Package transfer moves whole configs: from bundles into stores, and from
// stores out into bundles.
//
//	bundle ─► merchants, prizes, tasks, quotas ─────────────┐
//	       ─► sets and memberships ─────────────────────────┤ a transaction
//	       ─► districts ────────────────────────────────────┤ each
//	       ─► zones ────────────────────────────────────────┤
//	       ─► POIs ─► sort by id ─► duplicates out ─► file 1 ┤
//	                                               ─► file 2 ┘─► store
//
// Each transaction also notes in the store that it is done. An import that was
// interrupted and is run again, with the same files and nothing else written in
// between, goes on behind the last one; otherwise it begins anew, which does no
// harm, since rows replace those with the same id.
//
// It does not delete: what is in the store and not in the bundle stays.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"

	"geodrop/builder/extsort"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// Progress is told how far an import or export is.
type Progress interface {
	Stage(name string)
	Add(rows int)
	Done()
}

type silent struct{}

func (silent) Stage(string) {}
func (silent) Add(int)      {}
func (silent) Done()        {}

// ImportOptions of Import. The zero value is what geodrop uses unless told.
type ImportOptions struct {
	TempDir  string   // where sorting spills; default: the system's
	Memory   int64    // of sorting; default 256 MiB
	Datum    string   // of POIs that name none: part of what an import is
	Progress Progress // default: none
}

const defaultMemory = 256 << 20

// ErrNothing marks a bundle without files.
var ErrNothing = errors.New("there is nothing to import")

// Imported is what became of one part of an import.
type Imported struct {
	Name  string // the files
	Rows  int64
	Known bool // written by an import that was interrupted
}

// Import writes a bundle into a store. What it returns is valid, as far as it
// came, also with an error.
func Import(ctx context.Context, b *decode.Bundle, s poi.Store, o ImportOptions) (done []Imported, err error) {
	if o.TempDir == "" {
		o.TempDir = os.TempDir()
	}
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	if o.Progress == nil {
		o.Progress = silent{}
	}
	defer o.Progress.Done()
	revision, err := b.Revision(ctx)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	run := sha256.Sum256([]byte(revision.Digest + " " + o.Datum))
	i := importing{bundle: b, store: s, opts: o, run: hex.EncodeToString(run[:])}
	if err := i.all(ctx); err != nil {
		return i.done, fmt.Errorf("import: %w", err)
	}
	return i.done, nil
}

type importing struct {
	bundle *decode.Bundle
	store  poi.Store
	opts   ImportOptions
	run    string
	known  map[string]int64
	done   []Imported
}

// part is what one transaction writes.
type part struct {
	name  string
	write func(context.Context, poi.Writer) (rows int64, err error)
}

func (i *importing) all(ctx context.Context) (err error) {
	i.known = make(map[string]int64)
	files, err := i.store.Imported(ctx, i.run)
	if err != nil {
		return err
	}
	for _, f := range files {
		i.known[f.Name] = f.Rows
	}
	parts := i.small()
	spools, err := i.spools(ctx)
	defer func() { err = errors.Join(err, closeAll(spools)) }()
	if err != nil {
		return err
	}
	for _, spool := range spools {
		parts = append(parts, part{spool.name, i.pois(spool)})
	}
	if len(parts) == 0 {
		return ErrNothing
	}
	last := len(parts) - 1
	for last >= 0 && i.isKnown(parts[last].name) {
		last--
	}
	for n, p := range parts {
		if err := i.part(ctx, p, n == last); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (i *importing) isKnown(name string) bool {
	_, ok := i.known[name]
	return ok
}

// part runs one transaction, unless an earlier import has. The last one leaves
// nothing to go on with.
func (i *importing) part(ctx context.Context, p part, last bool) error {
	if rows, ok := i.known[p.name]; ok {
		i.done = append(i.done, Imported{Name: p.name, Rows: rows, Known: true})
		return nil
	}
	var rows int64
	err := i.store.Write(ctx, func(ctx context.Context, w poi.Writer) (err error) {
		i.opts.Progress.Stage("write " + p.name)
		if rows, err = p.write(ctx, w); err != nil {
			return err
		}
		if last {
			return w.ForgetImports(ctx)
		}
		return w.PutImported(ctx, i.run, poi.ImportedFile{Name: p.name, Rows: rows})
	})
	if err == nil {
		i.done = append(i.done, Imported{Name: p.name, Rows: rows})
	}
	return err
}

// small lists the parts that are not POIs.
func (i *importing) small() (parts []part) {
	var config, sets, districts, zones []string
	for _, name := range i.bundle.Files() {
		switch kind := i.bundle.Kind(name); {
		case kind == "districts":
			districts = append(districts, name)
		case kind == "zones":
			zones = append(zones, name)
		case kind == "pois": // each a part of its own
		case strings.HasPrefix(name, "sets/"), strings.HasPrefix(name, "poi_sets."):
			sets = append(sets, name)
		default:
			config = append(config, name)
		}
	}
	for _, p := range []struct {
		files []string
		write func(context.Context, poi.Writer) (int64, error)
	}{{config, i.config}, {sets, i.memberships}, {districts, i.districts}, {zones, i.zones}} {
		if len(p.files) > 0 {
			parts = append(parts, part{partName(p.files), p.write})
		}
	}
	return parts
}

// maxPartName keeps names within what the store has room for.
const maxPartName = 120

// partName names a part by its files.
func partName(files []string) string {
	if name := strings.Join(files, ", "); len(name) <= maxPartName {
		return name
	}
	return fmt.Sprintf("%.*s and %d more", maxPartName, files[0], len(files)-1)
}

func (i *importing) config(ctx context.Context, w poi.Writer) (int64, error) {
	c, err := i.bundle.Config(ctx)
	if err != nil {
		return 0, err
	}
	rows := len(c.Merchants) + len(c.Prizes) + len(c.Tasks)
	i.opts.Progress.Add(rows)
	if err := w.PutMerchants(ctx, c.Merchants); err != nil {
		return 0, err
	}
	if err := w.PutPrizes(ctx, c.Prizes); err != nil {
		return 0, err
	}
	return int64(rows), w.PutTasks(ctx, c.Tasks)
}

func (i *importing) memberships(ctx context.Context, w poi.Writer) (rows int64, err error) {
	c, err := i.bundle.Config(ctx)
	if err != nil {
		return 0, err
	}
	if err := w.PutSets(ctx, c.Sets); err != nil {
		return 0, err
	}
	for batch, err := range i.bundle.Memberships(ctx) {
		if err != nil {
			return rows, err
		}
		if err := w.PutMemberships(ctx, batch.Rows); err != nil {
			return rows, err
		}
		rows += int64(len(batch.Rows))
		i.opts.Progress.Add(len(batch.Rows))
	}
	return rows, nil
}

func (i *importing) districts(ctx context.Context, w poi.Writer) (int64, error) {
	return putEach(ctx, i, i.bundle.Districts(ctx), w.PutDistricts)
}

func (i *importing) zones(ctx context.Context, w poi.Writer) (int64, error) {
	return putEach(ctx, i, i.bundle.Zones(ctx), w.PutZones)
}

func putEach[T any](ctx context.Context, i *importing, from iter.Seq2[*T, error], put func(context.Context, []*T) error) (rows int64, err error) {
	for area, err := range from {
		if err != nil {
			return rows, err
		}
		if err := put(ctx, []*T{area}); err != nil {
			return rows, err
		}
		rows++
		i.opts.Progress.Add(1)
	}
	return rows, nil
}

func (i *importing) pois(s *spool) func(context.Context, poi.Writer) (int64, error) {
	return func(ctx context.Context, w poi.Writer) (rows int64, err error) {
		for batch, err := range s.batches() {
			if err != nil {
				return rows, err
			}
			if err := w.PutPOIs(ctx, batch); err != nil {
				return rows, err
			}
			rows += int64(len(batch))
			i.opts.Progress.Add(len(batch))
		}
		return rows, nil
	}
}

// spools sorts the POIs of all files by id, and puts each that comes first into
// the spool of its file.
func (i *importing) spools(ctx context.Context) (spools []*spool, err error) {
	pending := false
	for _, name := range i.bundle.Files() {
		if i.bundle.Kind(name) == "pois" {
			spools = append(spools, &spool{name: name})
			pending = pending || !i.isKnown(name)
		}
	}
	if !pending {
		return spools, nil
	}
	if _, err := extsort.RemoveStale(i.opts.TempDir); err != nil {
		return spools, err
	}
	sorter := extsort.New(extsort.Options{Memory: i.opts.Memory, TempDir: i.opts.TempDir})
	err = i.sort(ctx, sorter, spools)
	return spools, errors.Join(err, sorter.Close())
}

func (i *importing) sort(ctx context.Context, sorter *extsort.Sorter, spools []*spool) error {
	i.opts.Progress.Stage("read POIs")
	numbers := make(map[string]int, len(spools))
	for n, s := range spools {
		numbers[s.name] = n
	}
	var record []byte
	for batch, err := range i.bundle.POIs(ctx) {
		if err != nil {
			return err
		}
		n, ok := numbers[batch.File]
		if !ok {
			return fmt.Errorf("%s: %w", batch.File, poi.ErrChanged)
		}
		for r := range batch.Rows {
			record = appendRecord(record[:0], n, &batch.Rows[r])
			if err := sorter.Add(recordKey(record), record); err != nil {
				return err
			}
		}
		i.opts.Progress.Add(len(batch.Rows))
	}
	it, err := sorter.Sort(ctx)
	if err != nil {
		return err
	}
	return errors.Join(i.spread(it, spools), it.Close())
}

// spread hands sorted records to their spools, and rejects all but the first of
// an id.
func (i *importing) spread(it *extsort.Iterator, spools []*spool) error {
	var first []byte // the record that stays
	for it.Next() {
		record := it.Payload()
		id := recordID(record)
		if first != nil && string(id) == string(recordID(first)) {
			file, line := recordOrigin(record)
			firstFile, firstLine := recordOrigin(first)
			i.bundle.Rejects().Add(poi.Reject{File: spools[file].name, Line: line, Field: "id", Value: clip(string(id)), Code: poi.CodeDuplicate,
				Reason: fmt.Sprintf("is also at %s:%d, which stays", spools[firstFile].name, firstLine)})
			continue
		}
		first = append(first[:0], record...)
		file, _ := recordOrigin(record)
		if s := spools[file]; !i.isKnown(s.name) {
			if err := s.add(i.opts.TempDir, record); err != nil {
				return err
			}
		}
	}
	return it.Err()
}

func clip(s string) string {
	if len(s) > poi.MaxRejectValue {
		return s[:poi.MaxRejectValue-len("…")] + "…"
	}
	return s
}
