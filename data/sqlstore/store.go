// Package sqlstore is the config store over database/sql, for every database
// that speaks a dialect of package schema. Packages sqlite and mysql open it;
// nothing else should.
//
//	Snapshot ─► one connection, one read transaction ─► poi.Source
//	Write    ─► one connection, one transaction ─► poi.Writer
//	            lock changes, look the token up, write, note the token, commit
//
// A row that is against the limits of package poi is left out of a snapshot and
// reported with its table and key, like a row of a bundle. A connection that is
// lost is an error, never an end.
package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"geodrop/data/schema"
	"geodrop/poi"
)

// Engine is what differs between databases.
type Engine struct {
	Dialect schema.Dialect
	// BeginSnapshot and BeginWrite start a transaction.
	BeginSnapshot, BeginWrite []string
	// BeginBulk starts a transaction that lets others write beside it; nil where
	// a database cannot.
	BeginBulk []string
	// Turn is for a transaction that has its turn, for which all writers wait: it
	// waits only for a moment for rows that others hold.
	Turn []string
	// EndWrite undoes what BeginWrite, BeginBulk and Turn do to the connection,
	// before the transaction ends either way.
	EndWrite []string
	// Upsert is the clause behind the rows of an INSERT that sets columns where
	// the key is there; nothing if set is empty.
	Upsert func(key, set []string) string
	// Update is what the database counts for a row that Upsert finds and alters;
	// one that is new counts 1, one that stays as it is nothing.
	Update int64
	// InsertRows is how many rows an INSERT has at most.
	InsertRows int
	// Transient reports whether an error may pass: a lost connection, a
	// deadlock, a lock that was not to be had.
	Transient func(error) bool
	// Busy reports whether an error is of a lock that another writer has.
	Busy func(error) bool
	// Wait is how long an attempt waits for its turn, where it waits less for rows.
	Wait time.Duration
	// Local engines read rows without waiting for anyone, so that looking at the
	// context between rows is enough; having the driver watch it costs a third.
	Local bool
	// Source is the name of the database in errors, without a password.
	Source string
}

// queryContext is the context for the query of a stream.
func (e *Engine) queryContext(ctx context.Context) context.Context {
	if e.Local {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// Options of New. The zero value is what geodrop uses unless told.
type Options struct {
	Attempts int           // of a write, more where locks are not waited for as long in each; default 5
	Backoff  time.Duration // before the second attempt, doubled for each of the next five; default 100 ms
	Bulk     int64         // rows beyond which others write beside WriteBulk; default 131,072
}

// Store implements poi.Store.
type Store struct {
	db   *sql.DB
	e    Engine
	opts Options
}

var _ poi.Store = (*Store)(nil)

// New makes a store of an open database, which it closes.
func New(db *sql.DB, e Engine, opts Options) *Store {
	if opts.Attempts == 0 {
		opts.Attempts = 5
	}
	if opts.Backoff == 0 {
		opts.Backoff = 100 * time.Millisecond
	}
	if opts.Bulk == 0 {
		opts.Bulk = bulkRows
	}
	return &Store{db: db, e: e, opts: opts}
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Check reports whether the database is there and has the schema of this
// program.
func (s *Store) Check(ctx context.Context) error {
	return s.wrap("open", schema.Check(ctx, s.e.Dialect, s.db))
}

func (s *Store) wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, s.e.Source, err)
}

const selectSequence = "SELECT sequence FROM changes WHERE id = 1"

// Sequence is the change sequence.
func (s *Store) Sequence(ctx context.Context) (uint64, error) {
	sequence, err := sequenceOf(ctx, s.db)
	return sequence, s.wrap("read the change sequence of", err)
}

func sequenceOf(ctx context.Context, q schema.Querier) (sequence uint64, err error) {
	return sequence, q.QueryRowContext(ctx, selectSequence).Scan(&sequence)
}

// Write runs fn in a transaction, again if need be.
func (s *Store) Write(ctx context.Context, fn func(context.Context, poi.Writer) error) error {
	return s.write(ctx, work{do: fn})
}

// WriteBulk is Write, with others beside it where there are many rows and the
// engine can.
func (s *Store) WriteBulk(ctx context.Context, rows int64, fn func(context.Context, poi.Writer) error) error {
	return s.write(ctx, work{do: fn, bulk: rows > s.opts.Bulk && s.e.BeginBulk != nil})
}

// work is what a transaction is for.
type work struct {
	token string
	do    func(context.Context, poi.Writer) error
	bulk  bool
	again bool // an earlier attempt may have done it
}

func (s *Store) write(ctx context.Context, w work) error {
	var random [16]byte
	rand.Read(random[:]) // never fails
	w.token = hex.EncodeToString(random[:])
	began := time.Now()
	for attempt := 1; ; attempt++ {
		w.again = attempt > 1
		err := s.attempt(ctx, &w)
		if err == nil || !s.transient(err) || s.enough(err, attempt, time.Since(began)) || ctx.Err() != nil {
			return s.wrap("write to", s.busy(err, time.Since(began)))
		}
		if err := pause(ctx, s.opts.Backoff<<min(attempt-1, doublings)); err != nil {
			return s.wrap("write to", err)
		}
	}
}

// doublings is how often the pause between two attempts is doubled.
const doublings = 5

// enough reports whether there is to be no further attempt. Locks are waited for
// as long as that many attempts wait for their turn.
func (s *Store) enough(err error, attempt int, waited time.Duration) bool {
	if attempt < s.opts.Attempts {
		return false
	}
	return !s.e.Busy(err) || waited >= time.Duration(s.opts.Attempts)*s.e.Wait
}

func (s *Store) transient(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || s.e.Transient(err)
}

// busy says of a lock that was not to be had whose it is, and what to do.
func (s *Store) busy(err error, waited time.Duration) error {
	if err == nil || !s.e.Busy(err) {
		return err
	}
	return fmt.Errorf("%w: it was not free for %v; try again when that one is done: %w", poi.ErrBusy, waited.Round(time.Second), err)
}

// pause waits between half and the whole of d, so that writers that were in
// each other's way do not meet again.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + mathrand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt is one transaction. Locking the change sequence first makes writers
// take turns; an attempt whose commit went unanswered has ended when it is
// granted, so that looking for the token is conclusive. One in bulk locks it
// last; if it is not the first, it looks for the token under a turn of its own.
func (s *Store) attempt(ctx context.Context, w *work) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	t := &transaction{conn: conn, e: &s.e}
	t.log = newChangeLog(t)
	defer func() { t.release(err) }()
	if err := t.begin(ctx, w.bulk && !w.again); err != nil {
		return err
	}
	if err := schema.Check(ctx, s.e.Dialect, conn); err != nil {
		return err
	}
	if w.again {
		done, err := t.committed(ctx, w.token)
		if err != nil || done {
			t.undo = true
			return err
		}
		if w.bulk {
			if err := t.giveTurnBack(ctx); err != nil {
				return err
			}
		}
	}
	if err := w.do(ctx, t); err != nil {
		return err
	}
	return t.commit(ctx, w.token)
}

// run executes statements without parameters.
func run(ctx context.Context, conn *sql.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// rollbackTime bounds ending a transaction when the caller's time is over.
const rollbackTime = 5 * time.Second

// rollback ends a transaction that is not to be kept, after some statements, and
// returns the connection to the pool, or closes it where that fails.
func rollback(conn *sql.Conn, before ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
	defer cancel()
	if err := run(ctx, conn, append(before[:len(before):len(before)], "ROLLBACK")...); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it: the database rolls back
	}
	_ = conn.Close()
}
