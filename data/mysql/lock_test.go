package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"geodrop/poi"
)

// other is a transaction of another client.
type other struct {
	t    *testing.T
	conn *sql.Conn
}

func newOther(t *testing.T, name string) *other {
	t.Helper()
	a, err := Parse(server.Address(name))
	if err != nil {
		t.Fatal(err)
	}
	connector, err := a.connector()
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return &other{t, conn}
}

func (o *other) run(statement string) error {
	_, err := o.conn.ExecContext(context.WithoutCancel(o.t.Context()), statement)
	return err
}

func (o *other) must(statements ...string) {
	o.t.Helper()
	for _, statement := range statements {
		if err := o.run(statement); err != nil {
			o.t.Fatal(err)
		}
	}
}

// refusal is the number of the server's error in an error, 0 for none.
func refusal(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

// TestLockWait has another client hold a row until the first attempt has given
// up on it.
func TestLockWait(t *testing.T) {
	name := database(t)
	s := open(t, server.Address(name)+"?lock_timeout=1s")
	fill(t, s, 2)
	o := newOther(t, name)
	o.must("BEGIN", "SELECT id FROM pois WHERE id = '00000001' FOR UPDATE")
	checkOnce(t, s, errLockWait, func(run int) {
		if run == 2 {
			o.must("ROLLBACK")
		}
	})
}

// TestDeadlock has another client hold one row and ask for another, which the
// write has. Of the two the server ends the one that has written less.
func TestDeadlock(t *testing.T) {
	name := database(t)
	s := open(t, server.Address(name))
	fill(t, s, 2)
	o := newOther(t, name)
	o.must("CREATE TABLE ballast (n INT)", "BEGIN", "INSERT INTO ballast SELECT seq FROM seq_1_to_5000",
		"SELECT id FROM pois WHERE id = '00000001' FOR UPDATE")
	ended := make(chan error, 1)
	checkOnce(t, s, errDeadlock, func(run int) {
		if run == 1 {
			go func() {
				ended <- errors.Join(o.run("SELECT id FROM pois WHERE id = '00000000' FOR UPDATE"), o.run("ROLLBACK"))
			}()
		}
	})
	if err := <-ended; err != nil {
		t.Errorf("the other client: %v", err)
	}
}

// checkOnce writes both rows of a store, of which the second is not to be had at
// the first attempt, and looks that all of it was written once.
func checkOnce(t *testing.T, s poi.Store, want uint16, between func(run int)) {
	t.Helper()
	before, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
		runs++
		if err := w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: "00000000", Name: fmt.Sprint("run ", runs)}}}); err != nil {
			return err
		}
		between(runs)
		err := w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: "00000001", Name: fmt.Sprint("run ", runs)}}})
		if runs == 1 && refusal(err) != want {
			t.Errorf("the first attempt ends with %v, want error %d", err, want)
		}
		return err
	})
	now, readErr := s.Sequence(t.Context())
	if err != nil || readErr != nil || runs != 2 || now != before+1 {
		t.Errorf("%d runs, %v, %v; the sequence went from %d to %d", runs, err, readErr, before, now)
	}
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for batch, err := range src.POIs(t.Context()) {
		if err != nil || len(batch.Rows) != 2 || batch.Rows[0].Name != "run 2" || batch.Rows[1].Name != "run 2" {
			t.Errorf("the store has %+v, %v", batch, err)
		}
	}
}
