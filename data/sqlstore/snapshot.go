package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"
	"sync"

	"geodrop/data/schema"
	"geodrop/poi"
)

// ErrStream marks a stream that was begun while another one of the same
// snapshot was being read: they share a connection.
var ErrStream = errors.New("another stream of this snapshot is being read")

// Snapshot implements poi.Source over one read transaction.
type Snapshot struct {
	conn     *sql.Conn
	e        Engine
	sequence uint64
	rejects  poi.Rejects

	mu       sync.Mutex
	busy     bool
	reported map[string]int // rejects of a table that have been reported
	config   *poi.Config    // once read
	attrs    attrReader
}

var _ poi.Source = (*Snapshot)(nil)

// Snapshot opens the state of this moment.
func (s *Store) Snapshot(ctx context.Context) (poi.Source, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, s.wrap("read", err)
	}
	snapshot := &Snapshot{conn: conn, e: s.e, reported: make(map[string]int)}
	if err := snapshot.begin(ctx); err != nil {
		rollback(conn)
		return nil, s.wrap("read", err)
	}
	return snapshot, nil
}

// begin starts the transaction; reading the sequence fixes its state.
func (s *Snapshot) begin(ctx context.Context) (err error) {
	if err := run(ctx, s.conn, s.e.BeginSnapshot...); err != nil {
		return err
	}
	if err := schema.Check(ctx, s.e.Dialect, s.conn); err != nil {
		return err
	}
	s.sequence, err = sequenceOf(ctx, s.conn)
	return err
}

// Close ends the transaction.
func (s *Snapshot) Close() error {
	rollback(s.conn)
	return nil
}

// KeyOrder is true: every table streams in the order of its primary key.
func (s *Snapshot) KeyOrder() bool { return true }

// Revision is the change sequence.
func (s *Snapshot) Revision(context.Context) (poi.Revision, error) {
	return poi.Revision{Kind: string(s.e.Dialect), Sequence: s.sequence}, nil
}

// Rejects collects what has been left out so far.
func (s *Snapshot) Rejects() *poi.Rejects { return &s.rejects }

func (s *Snapshot) acquire() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return ErrStream
	}
	s.busy = true
	return nil
}

func (s *Snapshot) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
}

// reporter reports what one reading of a table leaves out. A snapshot reads the
// same each time, so the first n rejects of another reading are the n reported
// before.
type reporter struct {
	s     *Snapshot
	table string
	n     int
}

// reject reports a row by its key.
func (r *reporter) reject(err error, key ...string) {
	inv, ok := errors.AsType[*poi.Invalid](err)
	if !ok {
		inv = &poi.Invalid{Field: "row", Code: poi.CodeFormat, Reason: err.Error()}
	}
	r.n++
	r.s.mu.Lock()
	known := r.n <= r.s.reported[r.table]
	if !known {
		r.s.reported[r.table] = r.n
	}
	r.s.mu.Unlock()
	if known {
		return
	}
	r.s.rejects.Add(poi.Reject{File: r.table, Field: inv.Field + " of", Value: clip(strings.Join(key, ", ")), Code: inv.Code, Reason: inv.Clause()})
}

// clip cuts a key to what a reject may show.
func clip(key string) string {
	if len(key) > poi.MaxRejectValue {
		return key[:poi.MaxRejectValue-len("…")] + "…"
	}
	return key
}

// stream makes an iterator of a reading that calls yield until it returns
// false.
func stream[T any](read func(yield func(*T) bool) error) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		more := true
		err := read(func(v *T) bool {
			more = yield(v, nil)
			return more
		})
		if err != nil && more {
			yield(nil, err)
		}
	}
}
