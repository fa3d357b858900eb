package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/go-sql-driver/mysql"

	"geodrop/builder"
	"geodrop/data/mariadbd"
	ours "geodrop/data/mysql"
	"geodrop/data/sqlite"
	"geodrop/poi"
)

// StoresOptions say what Stores measures. The zero value is what geodrop uses
// unless told.
type StoresOptions struct {
	Rows    int // of the table of POIs; default 1e6
	Rounds  int // default 5
	Seed    uint64
	TempDir string // where the SQLite file goes; default: the system's

	Progress builder.Progress // default: none

	withoutServer bool
}

const (
	defaultStoreRounds = 5
	targetDrain        = 0.8 // of the rows a second of a bare loop

	// heldMemory is held during the reading, as a build holds its buffers for
	// sorting: otherwise the heap is so small that the collector hardly rests.
	heldMemory = 64 << 20
)

func (o StoresOptions) withDefaults() StoresOptions {
	setDefault(&o.Rows, defaultBuildRows)
	setDefault(&o.Rounds, defaultStoreRounds)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	return o
}

// engine is a store with POIs, and the way to it without geodrop.
type engine struct {
	name, driver, dsn string
	peer              string
	store             poi.Store
	wrote             time.Duration
}

// Stores measures how fast the POIs of config stores are read. The rows are
// valid, as far as it came, also with an error.
func Stores(ctx context.Context, opts StoresOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	defer o.Progress.Done()
	for _, measure := range []func(context.Context, *StoresOptions) ([]Row, error){inSQLite, inMariaDB} {
		some, err := measure(ctx, &o)
		rows = append(rows, some...)
		if err != nil {
			return rows, fmt.Errorf("bench store: %w", err)
		}
	}
	return rows, nil
}

func inSQLite(ctx context.Context, o *StoresOptions) (rows []Row, err error) {
	work, err := os.MkdirTemp(o.TempDir, "geodrop-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	path := filepath.Join(work, "store.db")
	store, err := sqlite.Open(ctx, path, sqlite.Options{Create: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return o.measure(ctx, &engine{name: "sqlite", driver: "sqlite3", dsn: "file:" + path + "?mode=ro", peer: "bare go-sqlite3 loop", store: store})
}

// inMariaDB runs a server of its own where one is installed.
func inMariaDB(ctx context.Context, o *StoresOptions) (rows []Row, err error) {
	if o.withoutServer {
		return []Row{o.row("mariadb", 0).without("told to start no server")}, nil
	}
	o.Progress.Stage("start MariaDB")
	server, err := mariadbd.Start(mariadbd.Options{})
	if errors.Is(err, mariadbd.ErrMissing) {
		return []Row{o.row("mariadb", 0).without(err.Error())}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	const database = "bench"
	if err := server.Database(database); err != nil {
		return nil, err
	}
	store, err := ours.Open(ctx, server.Address(database), ours.Options{Create: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName, c.MaxAllowedPacket = "root", "unix", server.Socket, database, 0
	return o.measure(ctx, &engine{name: "mariadb", driver: "mysql", dsn: c.FormatDSN(), peer: "bare go-sql-driver/mysql loop", store: store})
}

func (o *StoresOptions) measure(ctx context.Context, e *engine) ([]Row, error) {
	o.Progress.Stage("write " + e.name)
	if err := e.fill(ctx, newSource(NewPoints(National(), o.Rows, o.Seed))); err != nil {
		return nil, err
	}
	o.Progress.Stage("read " + e.name)
	held := make([]byte, heldMemory)
	times, err := contest(ctx, wallClock(), o.Rounds, []contender{
		{"ours", apart(func() (tally, error) { return e.drain(ctx) })},
		{"bare", apart(func() (tally, error) { return e.bare(ctx) })},
	})
	runtime.KeepAlive(held)
	if err != nil {
		return nil, err
	}
	for _, t := range times {
		if t.found != o.Rows {
			return nil, fmt.Errorf("%s: %d rows were read, not %d", e.name, t.found, o.Rows)
		}
	}
	return o.report(e, times[0], times[1]), nil
}

func (o *StoresOptions) row(engine string, rate float64) Row {
	return newRow(caseName("store/"+engine, o.Rows), "rows_per_second", rate, unitPerS)
}

func (o *StoresOptions) report(e *engine, mine, theirs timing) []Row {
	rate := func(d time.Duration) float64 { return float64(o.Rows) / d.Seconds() }
	most := o.row(e.name, rate(mine.min)).timesRate(e.peer, rate(theirs.min))
	most.Metric = "max_rows_per_second"
	wrote := o.row(e.name, rate(e.wrote))
	wrote.Metric = "rows_written_per_second"
	return []Row{
		o.row(e.name, rate(mine.median)).timesRate(e.peer, rate(theirs.median)).atLeast(targetDrain).
			noted("same query, all rows; ours decoded and checked, the bare ones only scanned; medians of %d rounds", o.Rounds),
		most.noted("the best round of each"),
		wrote.noted("one transaction, one write"),
	}
}
