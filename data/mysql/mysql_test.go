package mysql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"geodrop/data/sqlstore"
	"geodrop/data/storetest"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// server is the one of all tests of the package.
var server *storetest.MariaDB

func TestMain(m *testing.M) { os.Exit(withServer(m)) }

func withServer(m *testing.M) int {
	var err error
	if server, err = storetest.StartMariaDB(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

var databases atomic.Int32

// database makes an empty database.
func database(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	if err := server.Database(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// quick waits less between attempts.
func quick() sqlstore.Options { return sqlstore.Options{Backoff: 2 * time.Millisecond} }

func open(t *testing.T, address string) *sqlstore.Store {
	t.Helper()
	s, err := Open(t.Context(), address, Options{Create: true, Store: quick()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestContract writes with the mariadb command line as the other client. Its
// tests share a database, since making thirty triggers takes long.
func TestContract(t *testing.T) {
	name := database(t)
	open(t, server.Address(name))
	storetest.Run(t, func(t *testing.T) *storetest.Fixture {
		if err := server.Run(name, storetest.Clear()...); err != nil {
			t.Fatal(err)
		}
		return &storetest.Fixture{
			Store: open(t, server.Address(name)),
			Reopen: func(ctx context.Context) (poi.Store, error) {
				s, err := Open(ctx, server.Address(name), Options{})
				if err != nil {
					return nil, err
				}
				return s, nil
			},
			Foreign: func(statements ...string) error { return server.Run(name, statements...) },
		}
	})
}

// fill writes n POIs of about a hundred bytes.
func fill(t *testing.T, s poi.Store, n int) {
	t.Helper()
	err := s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
		rows := make([]poi.POIRow, n)
		for i := range rows {
			rows[i].POI = poi.POI{ID: poi.POIID(fmt.Sprintf("%08d", i)), Name: strings.Repeat("n", 80), Pos: coord.E7{Lat: int32(i)}}
		}
		return w.PutPOIs(ctx, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, s poi.Store) (n int, err error) {
	t.Helper()
	src, err := s.Snapshot(t.Context())
	if err != nil {
		return 0, err
	}
	defer src.Close()
	for batch, err := range src.POIs(t.Context()) {
		if err != nil {
			return n, err
		}
		n += len(batch.Rows)
	}
	return n, nil
}

// TestCutStream cuts the connection after each share of the bytes of a stream:
// that must be an error, however many rows came.
func TestCutStream(t *testing.T) {
	const rows = 20_000
	name := database(t)
	fill(t, open(t, server.Address(name)), rows)
	p := newProxy(t, server.Socket)
	through := strings.Replace(server.Address(name), server.Socket, p.socket, 1)
	for _, percent := range []int64{1, 20, 50, 99} {
		s := open(t, through)
		p.cutAfter(percent * rows * 105 / 100) // a row has 105 bytes
		n, err := count(t, s)
		if err == nil || n >= rows {
			t.Errorf("cut after %d %%: %d rows and the error %v", percent, n, err)
		}
		p.cutAfter(0)
		if n, err := count(t, s); err != nil || n != rows {
			t.Errorf("after the cut: %d rows, %v", n, err)
		}
	}
}

// TestCutWrite cuts the connection at many moments of a write, that of the
// commit among them: the write is done once.
func TestCutWrite(t *testing.T) {
	name := database(t)
	p := newProxy(t, server.Socket)
	s := open(t, strings.Replace(server.Address(name), server.Socket, p.socket, 1))
	fill(t, s, 1)
	runs := 0
	for after := int64(1); after < 900; after += 30 {
		before, err := s.Sequence(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
			if runs++; runs%2 == 1 {
				p.cutAfter(after)
			}
			return w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: "one", Name: fmt.Sprint(after)}}})
		})
		p.cutAfter(0)
		if runs%2 == 1 {
			runs++
		}
		now, readErr := s.Sequence(t.Context())
		if err != nil || readErr != nil || now != before+1 {
			t.Fatalf("cut after %d bytes: %v, %v; the sequence went from %d to %d", after, err, readErr, before, now)
		}
	}
}

// TestUnansweredCommit loses the answer to the commit and nothing else.
func TestUnansweredCommit(t *testing.T) {
	name := database(t)
	p := newProxy(t, server.Socket)
	s := open(t, strings.Replace(server.Address(name), server.Socket, p.socket, 1))
	before, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
		runs++
		p.cutAtCommit()
		return w.PutSets(ctx, []poi.SetID{"s"})
	})
	if err != nil || runs != 1 {
		t.Errorf("a commit without answer: the write ran %d times, %v", runs, err)
	}
	if now, err := s.Sequence(t.Context()); err != nil || now != before+1 {
		t.Errorf("the sequence went from %d to %d, %v", before, now, err)
	}
}

// TestServerKilled kills the server during a write, and starts it again.
func TestServerKilled(t *testing.T) {
	name := database(t)
	s, err := Open(t.Context(), server.Address(name), Options{Create: true, Store: sqlstore.Options{Attempts: 12}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, s, 10)
	runs := 0
	started := make(chan error, 1)
	err = s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
		if err := w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: "new"}}}); err != nil {
			return err
		}
		if runs++; runs == 1 {
			err := server.Kill()
			go func() { started <- server.Start() }()
			return err
		}
		return nil
	})
	if startErr := <-started; err != nil || startErr != nil {
		t.Fatal(err, startErr)
	}
	if n, err := count(t, s); err != nil || n != 11 || runs != 2 {
		t.Errorf("%d POIs after %d runs, %v", n, runs, err)
	}
}

// TestPrivileges is the grants of the package comment.
func TestPrivileges(t *testing.T) {
	name := database(t)
	open(t, server.Address(name))
	err := server.Run("", "CREATE OR REPLACE USER gd_read@localhost IDENTIFIED BY 'r/@:%'", "GRANT SELECT ON "+name+".* TO gd_read@localhost",
		"CREATE OR REPLACE USER gd_write@localhost IDENTIFIED BY 'w'", "GRANT SELECT, INSERT, UPDATE, DELETE ON "+name+".* TO gd_write@localhost",
		"CREATE OR REPLACE USER gd_schema@localhost IDENTIFIED BY 's'",
		"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, TRIGGER ON "+name+"_new.* TO gd_schema@localhost",
		"DROP DATABASE IF EXISTS "+name+"_new", "CREATE DATABASE "+name+"_new")
	if err != nil {
		t.Fatal(err)
	}
	as := func(user, database string) string {
		return strings.Replace(server.Address(database), "root:@", user+"@", 1)
	}
	fill(t, open(t, as("gd_write:w", name)), 3)
	open(t, as("gd_schema:s", name+"_new"))
	reader, err := Open(t.Context(), as("gd_read:r%2F%40%3A%25", name), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if n, err := count(t, reader); n != 3 || err != nil {
		t.Errorf("the reader sees %d POIs, %v", n, err)
	}
	err = reader.Write(t.Context(), func(ctx context.Context, w poi.Writer) error { return w.DeletePOIs(ctx, []poi.POIID{"1"}) })
	if err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("the reader writes: %v", err)
	}
	_, err = Open(t.Context(), as("gd_read:hunter2", name), Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestParse(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"mysql://u:secret@db:3307/geo", "mysql://u@db:3307/geo"},
		{"mysql://u:se%2Fcret@db/geo?tls=true&tls_name=x&read_timeout=1s", "mysql://u@db:3306/geo"},
		{"mysql://[::1]/geo", "mysql://[::1]:3306/geo"},
		{"mysql+unix://u:secret@/run/my.sock/geo", "mysql+unix://u@/run/my.sock/geo"},
		{"mysql://u:secret@db:3307", ""},
		{"mysql://u:secret@/geo", ""},
		{"mysql://u:secret/@db/geo", ""},
		{"mysql://u:secret@db/geo/x", ""},
		{"mysql://u:secret@db/geo?tls=secret", ""},
		{"mysql://u:secret@db/geo?tls_ca=x", ""},
		{"mysql://u:secret@db/geo?secret=1", ""},
		{"mysql://u:secret@db/geo?read_timeout=secret", ""},
		{"mysql+unix://u:secret@host/run/my.sock/geo", ""},
		{"mysql+unix://u:secret@/geo", ""},
		{"postgres://u:secret@db/geo", ""},
		{"mysql://u:secret%zz@db/geo", ""},
		{"mysql://u:secret@db:secret/geo", ""},
	} {
		a, err := Parse(test.address)
		switch {
		case test.want == "" && (!errors.Is(err, ErrAddress) || strings.Contains(err.Error(), "secret")):
			t.Errorf("Parse(%q) gives %v, %v", test.address, a, err)
		case test.want != "" && (err != nil || a.String() != test.want):
			t.Errorf("Parse(%q) gives %v, %v; want %s", test.address, a, err, test.want)
		}
	}
}

func TestServerAway(t *testing.T) {
	_, err := Open(t.Context(), "mysql+unix://u:secret@/nowhere/s/db", Options{Create: true})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "mysql+unix://u@/nowhere/s/db") {
		t.Errorf("a server that is away: %v", err)
	}
}
