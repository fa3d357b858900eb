package sqlstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
)

// keepLog is how many entries the change log keeps at least; the triggers that
// prune it have the same number.
const keepLog = 1 << 18

// bulkRows is how many rows a transaction notes in the change log one by one;
// beyond, it notes once that everything was changed: a builder that had to make
// so much anew would do as well to read everything.
const bulkRows = keepLog / 2

// changeLog is what a transaction notes of its writes, before it writes.
type changeLog struct {
	t    *transaction
	mark int64
	rows int
	full bool // everything was changed
}

func newChangeLog(t *transaction) changeLog { return changeLog{t: t, mark: rand.Int64N(1 << 53)} }

// room reports whether so many more rows are to be noted.
func (l *changeLog) room(ctx context.Context, rows int) (bool, error) {
	l.rows += rows
	if !l.full && l.rows > bulkRows {
		l.full = true
		return false, l.put(ctx, "all", []string{""})
	}
	return !l.full, nil
}

// note notes rows by their id.
func (l *changeLog) note(ctx context.Context, kind string, ids []string) error {
	if room, err := l.room(ctx, len(ids)); err != nil || !room {
		return err
	}
	return l.put(ctx, kind, ids)
}

// pois notes POIs, with their positions where they are there. Then all of them
// follow without: of one POI the first entry counts.
func (l *changeLog) pois(ctx context.Context, ids []string) error {
	if room, err := l.room(ctx, len(ids)); err != nil || !room {
		return err
	}
	err := l.each(ids, func(some []string) error {
		return l.t.exec(ctx, "INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7) "+
			"SELECT ?, 'poi', id, lat_e7, lng_e7 FROM pois WHERE id IN ("+marks("?", len(some))+")", l.args(some)...)
	})
	if err != nil {
		return fmt.Errorf("table change_log: %w", err)
	}
	return l.put(ctx, "poi", ids)
}

// members notes what is in a set.
func (l *changeLog) members(ctx context.Context, set string) error {
	if err := l.t.lock(ctx); err != nil {
		return err
	}
	err := l.t.exec(ctx, "INSERT INTO change_log (mark, kind, id) SELECT ?, 'member', poi_id FROM set_members WHERE set_id = ?", l.mark, set)
	if err != nil {
		return fmt.Errorf("table change_log: %w", err)
	}
	return nil
}

func (l *changeLog) put(ctx context.Context, kind string, ids []string) error {
	err := l.each(ids, func(some []string) error {
		args := make([]any, 0, 3*len(some))
		for _, id := range some {
			args = append(args, l.mark, kind, id)
		}
		return l.t.exec(ctx, "INSERT INTO change_log (mark, kind, id) VALUES "+marks("(?,?,?)", len(some)), args...)
	})
	if err != nil {
		return fmt.Errorf("table change_log: %w", err)
	}
	return nil
}

// each calls fn with as many ids as fit in a statement.
func (l *changeLog) each(ids []string, fn func([]string) error) error {
	for n, from := 0, 0; from < len(ids); from += n {
		n = statementRows(l.t.e.InsertRows, len(ids)-from)
		if err := fn(ids[from : from+n]); err != nil {
			return err
		}
	}
	return nil
}

// args are the mark and the ids.
func (l *changeLog) args(ids []string) []any {
	args := append(make([]any, 0, 1+len(ids)), l.mark)
	for _, id := range ids {
		args = append(args, id)
	}
	return args
}

// prune drops the oldest entries.
func (l *changeLog) prune(ctx context.Context) error {
	if l.rows == 0 {
		return nil
	}
	var last int64
	if err := l.t.conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(n), 0) FROM change_log").Scan(&last); err != nil {
		return fmt.Errorf("table change_log: %w", err)
	}
	return l.t.exec(ctx, "DELETE FROM change_log WHERE n <= ?", last-2*keepLog)
}

// marks is n times what, with commas.
func marks(what string, n int) string { return strings.TrimSuffix(strings.Repeat(what+",", n), ",") }

// statementRows is how many rows the next statement has, of most that it may
// have and n that are left: where fewer are left than it may have a quarter, and
// so on, so that few statements are prepared.
func statementRows(most, n int) int {
	for most > n {
		most = (most + 3) / 4
	}
	return most
}

// texts are ids as the database has them.
func texts[K ~string](ids []K) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
