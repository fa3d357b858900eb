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
// A file is one transaction, so that readers see all of it or nothing, the change
// sequence advances once, and a killed import leaves what was there. In databases
// that let them, others write beside one of very many POIs.
//
// Each transaction also notes in the store that it is done. An import that was
// interrupted and is run again, with the same files and nothing else written in
// between, goes on behind the last one; otherwise it begins anew, which does no
// harm, since rows replace those with the same id.
//
// Of rows with the same id within one import the first stays, in the order of
// the files, and the others are rejected: which one is meant is for people to
// say. Rows of the store that an import has, too, are replaced whole, and
// counted unless they are the same: importing again is how a store is brought up
// to date. It does not delete: what is in the store and not in the bundle stays.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

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
	Name     string // the files
	Rows     int64
	Replaced int64 // of Rows: those whose id was in the store, with other values; memberships are not counted
	Same     int64 // of Rows: those that were in the store as they are
	Known    bool  // written by an import that was interrupted, which knew what it replaced
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
		parts = append(parts, part{partName([]string{spool.name}), []poi.Table{poi.TablePOIs}, spool.rows, i.pois(spool)})
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
	var done Imported
	err := i.store.WriteBulk(ctx, p.bulk, func(ctx context.Context, w poi.Writer) (err error) {
		i.opts.Progress.Stage("write " + p.name)
		if done, err = p.run(ctx, w); err != nil {
			return err
		}
		if last {
			return w.ForgetImports(ctx)
		}
		return w.PutImported(ctx, i.run, poi.ImportedFile{Name: p.name, Rows: done.Rows})
	})
	if err == nil {
		i.done = append(i.done, done)
	}
	return err
}

// spools sorts the POIs of all files by id, and puts each that comes first into
// the spool of its file.
func (i *importing) spools(ctx context.Context) (spools []*spool, err error) {
	pending := false
	for _, name := range i.bundle.Files() {
		if i.bundle.Kind(name) == "pois" {
			spools = append(spools, &spool{name: name})
			pending = pending || !i.isKnown(partName([]string{name}))
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
		if s := spools[file]; !i.isKnown(partName([]string{s.name})) {
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
