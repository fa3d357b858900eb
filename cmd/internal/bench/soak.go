package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/data/sqlite"
	"geodrop/data/transfer"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// SoakOptions say how long a service is watched. The zero value is what geodrop
// uses unless told.
type SoakOptions struct {
	Duration time.Duration // default 1 h
	Rate     int           // requests a second; default 200
	Edit     time.Duration // between two edits of the config; default 5 s
	Sample   time.Duration // between two looks at the process; default 5 s
	TempDir  string        // default: the system's folder for temporary files

	Progress builder.Progress // default: none
}

// targetFlat is how much more of something a process may hold at the end of a
// soak than at its beginning: noise, but no leak.
const targetFlat = 1.1

func (o SoakOptions) withDefaults() SoakOptions {
	setDefault(&o.Duration, time.Hour)
	setDefault(&o.Rate, 200)
	setDefault(&o.Edit, 5*time.Second)
	setDefault(&o.Sample, 5*time.Second)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	return o
}

// Soak runs `geodrop up` in a process of its own on a store that is edited all
// the time, asks it every kind of request, and reports what fails and what grows.
//
//	edits ─► SQLite ─► geodrop up ◄─ requests at a steady rate
//	                       │
//	                 vitals: goroutines, descriptors, mappings, heap
func Soak(ctx context.Context, opts SoakOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	defer o.Progress.Done()
	dir, err := os.MkdirTemp(o.TempDir, "geodrop-soak-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the soak: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.Progress.Stage("fill the store")
	store, err := sampleStore(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	o.Progress.Stage("start the service")
	shared, err := sharedProcessors()
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	up, err := startService(ctx, shared, "up", "--dir", filepath.Join(dir, "up"), "--src", "sqlite:"+storePath(dir), "--poll", "500ms")
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	defer func() { err = errors.Join(err, up.stop()) }()
	o.Progress.Stage("soak")
	s := &soak{opts: &o, up: up, store: store}
	if err := s.run(ctx); err != nil {
		return s.report(), fmt.Errorf("soak: %w", err)
	}
	return s.report(), nil
}

func storePath(dir string) string { return filepath.Join(dir, "config.db") }

// sampleStore is a store with the shipped sample in it.
func sampleStore(ctx context.Context, dir string) (poi.Store, error) {
	bundleDir := filepath.Join(dir, "bundle")
	if err := sample.Write(bundleDir); err != nil {
		return nil, err
	}
	bundle, err := decode.Open(bundleDir, decode.Options{})
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, storePath(dir), sqlite.Options{Create: true})
	if err != nil {
		return nil, errors.Join(err, bundle.Close())
	}
	_, err = transfer.Import(ctx, bundle, store, transfer.ImportOptions{TempDir: dir})
	if err := errors.Join(err, bundle.Close()); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// soak is one run.
type soak struct {
	opts   *SoakOptions
	up     *upProcess
	store  poi.Store
	load   *mixedLoad
	edits  int
	vitals []vitals
}

// run ends after the duration, or with the first error of one of its parts. A
// request that fails is no such error.
func (s *soak) run(ctx context.Context) error {
	config, err := readConfig(ctx, s.store)
	if err != nil {
		return err
	}
	s.load = newMixedLoad(s.up.url, config)
	ctx, cancel := context.WithTimeout(ctx, s.opts.Duration)
	defer cancel()
	parts := []func(context.Context) error{
		func(ctx context.Context) error { return s.load.run(ctx, s.opts.Rate) },
		func(ctx context.Context) error { return s.edit(ctx, config) },
		s.watch,
	}
	failed := make(chan error, len(parts))
	for _, part := range parts {
		go func() { failed <- part(ctx) }()
	}
	var errs []error
	for range parts {
		err := <-failed
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			errs = append(errs, err)
			cancel()
		}
	}
	return errors.Join(errs...)
}

// every calls f after each pause until the context ends.
func every(ctx context.Context, pause time.Duration, f func() error) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := f(); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return err
			}
		}
	}
}

func (s *soak) watch(ctx context.Context) error {
	return every(ctx, s.opts.Sample, func() error {
		v, err := s.up.vitals(ctx)
		if err != nil {
			return err
		}
		s.vitals = append(s.vitals, v)
		s.opts.Progress.Add(1)
		return nil
	})
}

// report compares the third of the samples after the first tenth with the last
// third.
func (s *soak) report() []Row {
	const name = "soak"
	rows := []Row{
		newRow(name, "edits", float64(s.edits), ""),
	}
	if s.load != nil {
		rows = append(rows, s.load.report(name)...)
	}
	n := len(s.vitals)
	if n < 3 {
		return rows
	}
	warm := n / 10
	early, late := s.vitals[warm:warm+(n-warm)/3], s.vitals[n-(n-warm)/3:]
	for _, kind := range vitalKinds() {
		row := newRow(name, kind.name, kind.level(late), kind.unit).timesCost("at the beginning", kind.level(early))
		if kind.flat {
			row = row.atMost(targetFlat)
		}
		rows = append(rows, row.noted("%s of %d samples, the last third against the first", kind.how, n-warm))
	}
	return rows
}
