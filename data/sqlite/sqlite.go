// Package sqlite is the config store in one SQLite file, the default of
// geodrop: nothing to install, nothing to start.
//
// The file is in WAL mode: readers and one writer do not wait for each other.
// Beside it stand FILE-wal and FILE-shm while it is in use; copy it with
// "sqlite3 FILE .backup", not with cp. A commit is on disk when Write returns.
// Any other client may write, too: triggers advance the change sequence. It
// must not be on a network file system.
//
// Writers take turns. An import has its turn for one file at a time, some seconds
// for a million places: geodrop, writing meanwhile, waits for it five times
// Options.Wait and then says poi.ErrBusy; other clients have their own time-out,
// and get "database is locked".
//
// That could not be had for less. A file has one lock for all that writes, and
// places that are to be seen all at once have to be written under it. Gathering
// them in a second file first, and copying from there, holds it for no shorter
// time: nearly all of that goes into the table itself, not into what feeds it.
// Hiding rows from readers until the last is there would hide them from geodrop
// alone: other clients read and write the same tables.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"geodrop/data/schema"
	"geodrop/data/sqlstore"
)

// ErrNoFile marks a store that is not there.
var ErrNoFile = errors.New("there is no such store")

// Options of Open. The zero value opens a store that is there as it is.
type Options struct {
	// Create makes the file if it is missing, and brings its schema up to date.
	Create bool
	// Wait is how long a write waits for another, before it is tried again;
	// default 10 s.
	Wait  time.Duration
	Store sqlstore.Options
}

// insertRows is where larger statements stop being faster.
const insertRows = 128

// Open opens the store in a file.
func Open(ctx context.Context, path string, opts Options) (*sqlstore.Store, error) {
	path, err := locate(path, opts.Create)
	if err != nil {
		return nil, err
	}
	opts.Wait = cmp.Or(opts.Wait, 10*time.Second)
	db, err := sql.Open("sqlite3", dsn(path, opts))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := sqlstore.New(db, engine(path), opts.Store)
	if opts.Create {
		err = migrate(ctx, path, db)
	}
	if err == nil {
		err = s.Check(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func locate(path string, create bool) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("open the store: %w", err)
	}
	want := path
	if create {
		want = filepath.Dir(path)
	}
	switch _, err := os.Stat(want); {
	case errors.Is(err, fs.ErrNotExist) && create:
		return "", fmt.Errorf("%w: its folder %s is missing", ErrNoFile, want)
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: %s: geodrop import makes it", ErrNoFile, path)
	case err != nil:
		return "", fmt.Errorf("open the store: %w", err)
	}
	return path, nil
}

func dsn(path string, opts Options) string {
	mode := "rw"
	if opts.Create {
		mode = "rwc"
	}
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?mode=" + mode + "&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_busy_timeout=" + strconv.FormatInt(opts.Wait.Milliseconds(), 10)
}

// migrate makes the tables. Another process may be at it as well.
func migrate(ctx context.Context, path string, db *sql.DB) error {
	var err error
	for range 3 {
		err = schema.Migrate(ctx, schema.SQLite, db)
		if err == nil || errors.Is(err, schema.ErrTooNew) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	return nil
}

func engine(path string) sqlstore.Engine {
	return sqlstore.Engine{
		Dialect:       schema.SQLite,
		Source:        path,
		Local:         true,
		BeginSnapshot: []string{"BEGIN"},
		BeginWrite:    []string{"BEGIN IMMEDIATE"},
		Upsert:        upsert,
		Update:        1,
		InsertRows:    insertRows,
		Transient:     transient,
		Busy:          transient,
	}
}

func upsert(key, set []string) string {
	if len(set) == 0 {
		return "ON CONFLICT DO NOTHING"
	}
	columns, values := strings.Join(set, ", "), "excluded."+strings.Join(set, ", excluded.")
	return fmt.Sprintf("ON CONFLICT (%s) DO UPDATE SET (%s) = (%s) WHERE (%s) IS NOT (%s)",
		strings.Join(key, ", "), columns, values, columns, values)
}

func transient(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked)
}
