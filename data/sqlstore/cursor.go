package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"geodrop/poi"
)

// cursor is the rows of one query, one at a time: the values of its columns,
// which are valid until the next row.
type cursor struct {
	*reporter
	values []driver.Value
}

// checkRows is how many rows pass between looks at the context: what the driver
// has read already would otherwise be handed on.
const checkRows = 256

var errDriver = errors.New("the driver of the database cannot stream")

// each calls fn with every row of a query, in the order of the table's key; fn
// returns false to stop.
//
// Rows come from the driver itself: what package sql does between a driver and
// a caller, for each column of each row, costs as much as reading it.
func (s *Snapshot) each(ctx context.Context, table, query string, fn func(*cursor) bool, args ...driver.Value) error {
	err := s.acquire()
	if err == nil {
		defer s.release()
		var reading error
		err = s.conn.Raw(func(conn any) error {
			reading = s.read(ctx, conn, &cursor{reporter: &reporter{s: s, table: table}}, query, fn, args)
			return nil
		})
		err = errors.Join(err, reading)
	}
	if err != nil {
		return fmt.Errorf("read table %s of %s: %w", table, s.e.Source, err)
	}
	return nil
}

// read prepares the query, so that numbers come as such.
func (s *Snapshot) read(ctx context.Context, conn any, c *cursor, query string, fn func(*cursor) bool, args []driver.Value) (err error) {
	preparer, ok := conn.(driver.ConnPrepareContext)
	if !ok {
		return errDriver
	}
	statement, err := preparer.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	querier, ok := statement.(driver.StmtQueryContext)
	if !ok {
		return errDriver
	}
	rows, err := querier.QueryContext(s.e.queryContext(ctx), named(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return c.drain(ctx, rows, fn)
}

// named are the values of the question marks in a query.
func named(args []driver.Value) []driver.NamedValue {
	values := make([]driver.NamedValue, len(args))
	for i, v := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return values
}

func (c *cursor) drain(ctx context.Context, rows driver.Rows, fn func(*cursor) bool) error {
	c.values = make([]driver.Value, len(rows.Columns()))
	for n := 1; ; n++ {
		if n%checkRows == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := rows.Next(c.values); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if !fn(c) {
			return nil
		}
	}
}

// text is a column of text, empty for none.
func (c *cursor) text(i int) string {
	switch v := c.values[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// bytes is the length of all texts.
func (c *cursor) bytes() (n int) {
	for _, value := range c.values {
		switch v := value.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}

// number reads a column that has to be a whole number within low…high.
func (c *cursor) number(i int, field string, low, high int64) (int64, error) {
	v, ok := c.values[i].(int64)
	if !ok {
		return 0, &poi.Invalid{Field: field, Code: poi.CodeNumber, Reason: "is not a whole number"}
	}
	if v < low || v > high {
		return 0, &poi.Invalid{Field: field, Code: poi.CodeRange, Reason: fmt.Sprintf("%d is not within %d…%d", v, low, high)}
	}
	return v, nil
}
