package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"geodrop/data/sqlstore"
	"geodrop/data/storetest"
	"geodrop/poi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestContract has signs in the path that mean something in a URI.
func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *storetest.Fixture {
		path := filepath.Join(t.TempDir(), "odd ?#%41 name.db")
		s, err := Open(t.Context(), path, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		other, err := sql.Open("sqlite3", dsn(path, Options{Wait: time.Minute}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(s.Close(), other.Close()); err != nil {
				t.Error(err)
			}
		})
		return &storetest.Fixture{
			BulkAlone: true,
			Store:     s,
			Reopen: func(ctx context.Context) (poi.Store, error) {
				s, err := Open(ctx, path, Options{})
				if err != nil {
					return nil, err
				}
				return s, nil
			},
			Impatient: func(ctx context.Context) (poi.Store, error) {
				s, err := Open(ctx, path, Options{Wait: 10 * time.Millisecond, Store: sqlstore.Options{Attempts: 2, Backoff: time.Millisecond}})
				if err != nil {
					return nil, err
				}
				return s, nil
			},
			Foreign: func(statements ...string) error {
				for _, statement := range statements {
					if _, err := other.ExecContext(t.Context(), statement); err != nil {
						return err
					}
				}
				return nil
			},
		}
	})
}

func TestOpenWhatIsNoStore(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path string
		opts Options
		want string
	}{
		{filepath.Join(dir, "none"), Options{}, "geodrop import makes it"},
		{filepath.Join(dir, "none", "none"), Options{Create: true}, "folder"},
		{junk, Options{}, "file is not a database"},
		{junk, Options{Create: true}, "file is not a database"},
	} {
		s, err := Open(t.Context(), test.path, test.opts)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open(%s, %+v) gives %v, %v; want an error with %q", test.path, test.opts, s, err, test.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Error("opening a store that is not there made it")
	}
}
