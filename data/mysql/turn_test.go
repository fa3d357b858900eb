package mysql

import (
	"context"
	"testing"

	"github.com/go-sql-driver/mysql"

	"geodrop/data/sqlstore"
	"geodrop/poi"
)

func put(id poi.POIID) func(context.Context, poi.Writer) error {
	return func(ctx context.Context, w poi.Writer) error {
		return w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: id}}})
	}
}

// TestTurnIsGivenUp has one writer want a place that a bulk write has, for longer
// than its attempts take, and a third one write meanwhile, who does not wait for
// the two.
func TestTurnIsGivenUp(t *testing.T) {
	const attempts = 1
	s, err := Open(t.Context(), server.Address(database(t)), Options{Create: true, Store: sqlstore.Options{Bulk: 1, Attempts: attempts}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	has, end := make(chan struct{}, 1), make(chan struct{})
	imported, same := make(chan error, 1), make(chan error, 1)
	go func() {
		imported <- s.WriteBulk(t.Context(), 2, func(ctx context.Context, w poi.Writer) error {
			err := put("a")(ctx, w)
			has <- struct{}{}
			<-end
			return err
		})
	}()
	<-has
	tries := make(chan struct{}, 1000)
	go func() {
		same <- s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
			tries <- struct{}{}
			return put("a")(ctx, w)
		})
	}()
	ctx, cancel := context.WithTimeout(t.Context(), defaultLock*5/6) // sooner than the turn would be lost
	defer cancel()
	for range attempts + 1 {
		select {
		case <-tries:
		case err := <-same:
			t.Fatal("who writes the same place:", err)
		}
		if err := s.Write(ctx, put("b")); err != nil {
			t.Error("who writes another place:", err)
		}
	}
	close(end)
	if a, b := <-imported, <-same; a != nil || b != nil {
		t.Errorf("the bulk write: %v; who writes the same place: %v", a, b)
	}
	if n, err := count(t, s); err != nil || n != 2 {
		t.Errorf("%d places, %v", n, err)
	}
}

// TestBulkAgain: others write beside the second attempt of a bulk write as beside
// the first.
func TestBulkAgain(t *testing.T) {
	s, err := Open(t.Context(), server.Address(database(t)), Options{Create: true, Store: sqlstore.Options{Bulk: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before, runs := sequenceOf(t, s), 0
	err = s.WriteBulk(t.Context(), 2, func(ctx context.Context, w poi.Writer) error {
		if err := put("a")(ctx, w); err != nil {
			return err
		}
		if runs++; runs == 1 {
			return &mysql.MySQLError{Number: errDeadlock}
		}
		ctx, cancel := context.WithTimeout(ctx, defaultLock*5/6)
		defer cancel()
		return s.Write(ctx, put("b"))
	})
	if n, counting := count(t, s); err != nil || counting != nil || n != 2 || runs != 2 {
		t.Errorf("%d places after %d runs, %v, %v", n, runs, err, counting)
	}
	if after := sequenceOf(t, s); after != before+2 {
		t.Errorf("two writes led the change sequence from %d to %d", before, after)
	}
}
