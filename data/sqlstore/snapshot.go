package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// cursor is the rows of one query, one at a time, as the values of columns that
// are valid until the next row.
type cursor struct {
	*reporter
	texts []sql.RawBytes
	nums  []any
}

// checkRows is how many rows pass between looks at the context: what the driver
// has read already would otherwise be handed on.
const checkRows = 256

// column kinds of a query, one letter each.
const (
	textColumn   = 't'
	numberColumn = 'n'
)

// each calls fn with every row of a query whose columns are of these kinds, in
// the order of the tables's key; fn returns false to stop.
func (s *Snapshot) each(ctx context.Context, table, query, kinds string, fn func(*cursor) bool) (err error) {
	if err := s.acquire(); err != nil {
		return fmt.Errorf("read table %s of %s: %w", table, s.e.Source, err)
	}
	defer s.release()
	defer func() {
		if err != nil {
			err = fmt.Errorf("read table %s of %s: %w", table, s.e.Source, err)
		}
	}()
	statement, err := s.conn.PrepareContext(ctx, query) // prepared: numbers come as such
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	rows, err := statement.QueryContext(s.e.queryContext(ctx))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	c := cursor{reporter: &reporter{s: s, table: table}}
	into := c.columns(kinds)
	for n := 1; rows.Next(); n++ {
		if n%checkRows == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if !fn(&c) {
			return nil
		}
	}
	return rows.Err()
}

func (c *cursor) columns(kinds string) []any {
	c.texts = make([]sql.RawBytes, strings.Count(kinds, string(textColumn)))
	c.nums = make([]any, strings.Count(kinds, string(numberColumn)))
	into := make([]any, 0, len(kinds))
	texts, nums := 0, 0
	for _, kind := range kinds {
		if kind == textColumn {
			into = append(into, &c.texts[texts])
			texts++
		} else {
			into = append(into, &c.nums[nums])
			nums++
		}
	}
	return into
}

// text copies a text column.
func (c *cursor) text(i int) string { return string(c.texts[i]) }

// number reads a number column that has to be a whole number within low…high.
func (c *cursor) number(i int, field string, low, high int64) (int64, error) {
	return whole(c.nums[i], field, low, high)
}

func whole(value any, field string, low, high int64) (int64, error) {
	var v int64
	switch n := value.(type) {
	case int64:
		v = n
	case uint64:
		v = int64(min(n, 1<<63-1))
	default:
		return 0, &poi.Invalid{Field: field, Code: poi.CodeNumber, Reason: "is not a whole number"}
	}
	if v < low || v > high {
		return 0, &poi.Invalid{Field: field, Code: poi.CodeRange, Reason: fmt.Sprintf("%d is not within %d…%d", v, low, high)}
	}
	return v, nil
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
	r.s.rejects.Add(poi.Reject{File: r.table, Field: inv.Field + " of", Value: clip(strings.Join(key, ", ")), Code: inv.Code, Reason: inv.Reason})
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
