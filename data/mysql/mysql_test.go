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
			Impatient: func(ctx context.Context) (poi.Store, error) {
				s, err := Open(ctx, server.Address(name)+"?lock_timeout=1s", Options{Store: sqlstore.Options{Attempts: 1}})
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

func TestParse(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"mysql://u:secret@db:3307/geo?tls=true", "mysql://u@db:3307/geo"},
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
		{"mysql://u:secret@db/geo?lock_timeout=2s&tls=false", "mysql://u@db:3306/geo"},
		{"mysql://u:secret@db/geo?lock_timeout=1500ms", ""},
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

// TestParsePlain: what leaves the machine unencrypted is told of, unless the
// address says that it may.
func TestParsePlain(t *testing.T) {
	for _, test := range []struct {
		address string
		plain   bool
	}{
		{"mysql://u:secret@db/geo", true},
		{"mysql://u:secret@10.0.0.5/geo?dial_timeout=1s", true},
		{"mysql://u:secret@[fe80::1]/geo", true},
		{"mysql://u:secret@localhost.example/geo", true},
		{"mysql://u:secret@0.0.0.0/geo", true},
		{"mysql://u:secret@db/geo?tls=true", false},
		{"mysql://u:secret@db/geo?tls=false", false},
		{"mysql://u:secret@localhost/geo", false},
		{"mysql://u:secret@127.0.0.2:3307/geo", false},
		{"mysql://u:secret@[::1]/geo", false},
		{"mysql+unix://u:secret@/run/my.sock/geo", false},
	} {
		a, err := Parse(test.address)
		if err != nil || a.Plain() != test.plain {
			t.Errorf("Parse(%q) gives %+v, %v; want plain: %v", test.address, a, err, test.plain)
		}
	}
}

func TestServerAway(t *testing.T) {
	_, err := Open(t.Context(), "mysql+unix://u:secret@/nowhere/s/db", Options{Create: true})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "mysql+unix://u@/nowhere/s/db") {
		t.Errorf("a server that is away: %v", err)
	}
}
