package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"geodrop/data/schema"
	"geodrop/poi"
)

// keepTokens is how long the token of a committed transaction is kept; longer
// than anyone retries.
const keepTokens = 24 * time.Hour

// transaction implements poi.Writer.
type transaction struct {
	conn       *sql.Conn
	e          *Engine
	statements map[string]*sql.Stmt
	args       []any
	undo       bool  // there is nothing to keep
	locked     bool  // the change sequence is, and advanced
	affected   int64 // as the database counts rows of tables that have a Count
	log        changeLog
}

var _ poi.Writer = (*transaction)(nil)

// begin starts it, and takes the lock unless that is for later.
func (t *transaction) begin(ctx context.Context, later bool) error {
	if !later {
		if err := run(ctx, t.conn, t.e.BeginWrite...); err != nil {
			return err
		}
		return t.lock(ctx)
	}
	t.log.full = true
	return run(ctx, t.conn, t.e.BeginBulk...)
}

// giveTurnBack begins again, to lock later.
func (t *transaction) giveTurnBack(ctx context.Context) error {
	if err := run(ctx, t.conn, t.e.EndWrite...); err != nil {
		return err
	}
	if err := run(ctx, t.conn, "ROLLBACK"); err != nil {
		return err
	}
	t.locked = false
	if err := t.begin(ctx, true); err != nil {
		return err
	}
	return schema.Check(ctx, t.e.Dialect, t.conn)
}

// lock advances the change sequence, which others wait for until the end. What a
// bulk write changes is logged only now: the order of the log is that of the
// commits.
func (t *transaction) lock(ctx context.Context) error {
	if t.locked {
		return nil
	}
	if err := run(ctx, t.conn, "UPDATE changes SET sequence = sequence + 1, muted = 1 WHERE id = 1"); err != nil {
		return err
	}
	t.locked = true
	if err := run(ctx, t.conn, t.e.Turn...); err != nil {
		return err
	}
	if t.log.full {
		return t.log.put(ctx, "all", []string{""})
	}
	return nil
}

// committed reports whether an earlier attempt was.
func (t *transaction) committed(ctx context.Context, token string) (bool, error) {
	var n int
	err := t.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM writes WHERE token = ?", token).Scan(&n)
	return n > 0, err
}

func (t *transaction) commit(ctx context.Context, token string) error {
	if err := t.lock(ctx); err != nil {
		return err
	}
	if err := t.log.prune(ctx); err != nil {
		return err
	}
	now := time.Now()
	if err := t.exec(ctx, "INSERT INTO writes (token, written_at) VALUES (?, ?)", token, now.Unix()); err != nil {
		return err
	}
	if err := t.exec(ctx, "DELETE FROM writes WHERE written_at < ?", now.Add(-keepTokens).Unix()); err != nil {
		return err
	}
	if err := run(ctx, t.conn, t.e.EndWrite...); err != nil {
		return err
	}
	return run(ctx, t.conn, "UPDATE changes SET muted = 0 WHERE id = 1", "COMMIT")
}

// release gives the connection back.
func (t *transaction) release(err error) {
	for _, statement := range t.statements {
		_ = statement.Close() // the connection is rolled back or done with
	}
	if err != nil || t.undo {
		rollback(t.conn, t.e.EndWrite...)
		return
	}
	_ = t.conn.Close()
}

func (t *transaction) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.count(ctx, query, args...)
	return err
}

// count executes, and counts rows as the database does.
func (t *transaction) count(ctx context.Context, query string, args ...any) (rows int64, err error) {
	statement, err := t.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *transaction) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement, ok := t.statements[query]; ok {
		return statement, nil
	}
	statement, err := t.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if t.statements == nil {
		t.statements = make(map[string]*sql.Stmt)
	}
	t.statements[query] = statement
	return statement, nil
}

// Count is one of the statements that hold no parameters: tables are constants of
// package poi.
func (t *transaction) Count(ctx context.Context, table poi.Table) (n int64, err error) {
	switch table {
	case poi.TableMerchants, poi.TablePrizes, poi.TableTasks, poi.TableSets, poi.TableDistricts, poi.TableZones, poi.TablePOIs:
	default:
		return 0, fmt.Errorf("there is no table %q to count", string(table))
	}
	if err := t.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+string(table)).Scan(&n); err != nil {
		return 0, fmt.Errorf("table %s: %w", table, err)
	}
	return n, nil
}

// Altered is what the database counted, without the rows that are new.
func (t *transaction) Altered(added int64) int64 { return max(t.affected-added, 0) / t.e.Update }

// target is a table to insert into: key columns, then the others.
type target struct {
	table    string
	key, set []string
	bulk     bool // its triggers leave the lock alone
	part     bool // its rows are part of others: it has no Count
	maxRows  int  // of an INSERT, where rows are large; 0: as many as the engine allows
}

func (g *target) columns() int { return len(g.key) + len(g.set) }

func (g *target) query(e *Engine, rows int) string {
	values := "(" + marks("?", g.columns()) + ")"
	columns := strings.Join(append(g.key[:len(g.key):len(g.key)], g.set...), ", ")
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s %s", g.table, columns,
		marks(values, rows), e.Upsert(g.key, g.set))
}

// put inserts n rows, of which add appends the values of row i.
func (t *transaction) put(ctx context.Context, g *target, n int, add func(args []any, i int) ([]any, error)) error {
	if !g.bulk {
		if err := t.lock(ctx); err != nil {
			return err
		}
	}
	most := t.e.InsertRows
	if g.maxRows > 0 {
		most = min(most, g.maxRows)
	}
	for from := 0; from < n; {
		rows := statementRows(most, n-from)
		t.args = t.args[:0]
		for i := from; i < from+rows; i++ {
			var err error
			if t.args, err = add(t.args, i); err != nil {
				return fmt.Errorf("table %s: %w", g.table, err)
			}
		}
		affected, err := t.count(ctx, g.query(t.e, rows), t.args...)
		if err != nil {
			return fmt.Errorf("table %s: %w", g.table, err)
		}
		if !g.part {
			t.affected += affected
		}
		from += rows
	}
	return nil
}
