package bench

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"geodrop/poi"
)

// fill writes all POIs of a source in one transaction.
func (e *engine) fill(ctx context.Context, src *source) error {
	began := time.Now()
	err := e.store.Write(ctx, func(ctx context.Context, w poi.Writer) error {
		for batch, err := range src.POIs(ctx) {
			if err != nil {
				return err
			}
			if err := w.PutPOIs(ctx, batch.Rows); err != nil {
				return err
			}
		}
		return nil
	})
	e.wrote = time.Since(began)
	return err
}

// drain reads the POIs as a build does.
func (e *engine) drain(ctx context.Context) (t tally, err error) {
	src, err := e.store.Snapshot(ctx)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	for batch, err := range src.POIs(ctx) {
		if err != nil {
			return t, err
		}
		t.found += len(batch.Rows)
		for i := range batch.Rows {
			t.sum += int64(batch.Rows[i].Pos.Lat)
		}
	}
	return t, nil
}

// bare reads the same columns with nothing but the driver, and does nothing
// with them.
func (e *engine) bare(ctx context.Context) (t tally, err error) {
	db, err := sql.Open(e.driver, e.dsn)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	statement, err := db.PrepareContext(ctx, "SELECT id, name, kind, attrs, lat_e7, lng_e7 FROM pois ORDER BY id")
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	rows, err := statement.QueryContext(context.WithoutCancel(ctx)) // watching a context would slow it down
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns := make([]sql.RawBytes, 6)
	into := make([]any, len(columns))
	for i := range columns {
		into[i] = &columns[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return t, err
		}
		t.found++
		t.sum += int64(len(columns[0]))
	}
	return t, rows.Err()
}

// apart runs a contender outside the thread that contest holds on to, to which
// goroutines that work together would have to switch each time.
func apart(run func() (tally, error)) func() (tally, error) {
	return func() (t tally, err error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			t, err = run()
		}()
		<-done
		return t, err
	}
}
