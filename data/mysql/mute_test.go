package mysql

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"geodrop/data/sqlstore"
	"geodrop/poi"
)

// TestMuteEnds: whoever gets the connection of a write after it is seen by the
// triggers, and waits as long as any other.
func TestMuteEnds(t *testing.T) {
	name := database(t)
	open(t, server.Address(name))
	config, err := Parse(server.Address(name))
	if err != nil {
		t.Fatal(err)
	}
	connector, err := config.connector()
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	s := sqlstore.New(db, engine(config), sqlstore.Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	failed := errors.New("failed")
	for _, end := range []error{nil, failed} {
		err := s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
			return errors.Join(w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: "p"}}}), end)
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
		var wait int
		if err := db.QueryRowContext(t.Context(), "SELECT @@innodb_lock_wait_timeout").Scan(&wait); err != nil || wait != int(defaultLock.Seconds()) {
			t.Errorf("after a write that ended with %v another one waits %d seconds for its turn, %v", end, wait, err)
		}
		before := sequenceOf(t, s)
		if _, err := db.ExecContext(t.Context(), "UPDATE pois SET lat_e7 = lat_e7 + 1"); err != nil {
			t.Fatal(err)
		}
		if after := sequenceOf(t, s); after != before+1 {
			t.Errorf("after a write that ended with %v another one led the change sequence from %d to %d", end, before, after)
		}
	}
}

func sequenceOf(t *testing.T, s poi.Store) uint64 {
	t.Helper()
	n, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMigrateAgain: a migration that was interrupted while a trigger was away is
// made whole, and tells readers that something may have changed.
func TestMigrateAgain(t *testing.T) {
	name := database(t)
	s := open(t, server.Address(name))
	before := sequenceOf(t, s)
	const write = "INSERT INTO pois (id, lat_e7, lng_e7) VALUES ('unseen', 1, 1)"
	if err := server.Run(name, "DELETE FROM goose_db_version WHERE version_id = 3", "DROP TRIGGER pois_insert", write); err != nil {
		t.Fatal(err)
	}
	if got := sequenceOf(t, s); got != before {
		t.Fatalf("without its trigger a write led the change sequence from %d to %d", before, got)
	}
	if err := server.Run(name, "CREATE TABLE seen (sequence BIGINT UNSIGNED NOT NULL)",
		"CREATE TRIGGER see BEFORE INSERT ON change_log FOR EACH ROW INSERT INTO seen SELECT sequence FROM changes"); err != nil {
		t.Fatal(err)
	}
	open(t, server.Address(name))
	migrated := sequenceOf(t, s)
	if migrated <= before {
		t.Errorf("the change sequence is still %d", migrated)
	}
	var logged uint64
	err := newOther(t, name).conn.QueryRowContext(t.Context(), "SELECT MIN(sequence) FROM seen").Scan(&logged)
	if err != nil || logged != before {
		t.Errorf("the log was written at sequence %d, %v; want %d, before readers are called", logged, err, before)
	}
	if err := server.Run(name, "DELETE FROM pois", write); err != nil {
		t.Fatal(err)
	}
	if got := sequenceOf(t, s); got != migrated+2 {
		t.Errorf("two writes led the change sequence from %d to %d", migrated, got)
	}
}
