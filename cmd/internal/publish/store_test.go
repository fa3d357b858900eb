package publish

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"geodrop/api"
	"geodrop/builder"
	"geodrop/cmd/internal/shelf"
	"geodrop/data/sample"
	"geodrop/data/schema"
	"geodrop/data/sqlite"
	"geodrop/data/sqlstore"
	"geodrop/data/transfer"
	"geodrop/poi"
	"geodrop/poi/decode"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// writeSample unpacks the sample, and makes a store of it.
func writeSample(t *testing.T) (bundle, store string) {
	t.Helper()
	bundle, store = filepath.Join(t.TempDir(), "bundle"), filepath.Join(t.TempDir(), "config.db")
	must(t, sample.Write(bundle))
	src, err := decode.Open(bundle, decode.Options{})
	must(t, err)
	s, err := sqlite.Open(t.Context(), store, sqlite.Options{Create: true})
	must(t, err)
	_, err = transfer.Import(t.Context(), src, s, transfer.ImportOptions{})
	must(t, errors.Join(err, s.Close(), src.Close()))
	return bundle, store
}

func followStore(t *testing.T, path string) (s *Store, connects *int) {
	t.Helper()
	connects = new(int)
	s = &Store{Name: "sqlite:" + path, File: path, Connect: func(ctx context.Context) (*sqlstore.Store, error) {
		*connects++
		return sqlite.Open(ctx, path, sqlite.Options{})
	}}
	t.Cleanup(func() { must(t, s.Close()) })
	return s, connects
}

func touch(t *testing.T, path string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	must(t, s.Write(t.Context(), func(context.Context, poi.Writer) error { return nil }))
	must(t, s.Close())
}

// TestStoreStaysOpen: looks share a connection, see what others write, and agree
// with what a build reads.
func TestStoreStaysOpen(t *testing.T) {
	_, path := writeSample(t)
	s, connects := followStore(t, path)
	first, err := s.State(t.Context())
	must(t, err)
	touch(t, path)
	second, err := s.State(t.Context())
	must(t, err)
	if first == second || first.Origin != second.Origin || *connects != 1 {
		t.Errorf("%+v, then %+v, by %d connects", first, second, *connects)
	}
	src, err := s.Open(t.Context())
	must(t, err)
	revision, err := src.Revision(t.Context())
	if err != nil || revision != second.Revision {
		t.Errorf("a snapshot has %+v, %v, want %+v", revision, err, second.Revision)
	}
	must(t, src.Close())
}

// TestStoreIsReplaced: a file that takes the place of another one is followed,
// not the one that is gone.
func TestStoreIsReplaced(t *testing.T) {
	_, path := writeSample(t)
	_, other := writeSample(t)
	touch(t, other)
	s, connects := followStore(t, path)
	before, err := s.State(t.Context())
	must(t, err)
	must(t, os.Rename(path, path+".away"))
	if _, err := s.State(t.Context()); sourceClass(err).Name != "missing" {
		t.Errorf("without its file: %v", err)
	}
	must(t, os.Rename(other, path))
	after, err := s.State(t.Context())
	must(t, err)
	if after.Revision == before.Revision || *connects != 2 {
		t.Errorf("%+v is still followed, after %d connects", before, *connects)
	}
}

// TestDroppedTable: without one of its tables a config is not read, whether or not
// anything changed; nothing is built of the others.
func TestDroppedTable(t *testing.T) {
	for _, table := range []string{"pois", "zones", "quotas"} {
		_, path := writeSample(t)
		s, _ := followStore(t, path)
		dir := t.TempDir()
		upToDate := func(p *Publisher) bool { return !p.AsOf().IsZero() }
		run(t, dir, s, upToDate)
		db, err := sql.Open("sqlite3", path)
		must(t, err)
		_, err = db.ExecContext(t.Context(), "DROP TABLE "+table)
		must(t, errors.Join(err, db.Close()))
		p := run(t, dir, s, func(p *Publisher) bool { return p.state.source.Check().Class == "table_missing" })
		if at := p.AsOf(); !at.IsZero() {
			t.Errorf("without %s the config is known at %v", table, at)
		}
		if err := p.build(t.Context(), ""); !errors.Is(err, schema.ErrNoTable) {
			t.Errorf("without %s a build gives %v", table, err)
		}
		if folders, err := os.ReadDir(filepath.Join(dir, "releases")); err != nil || len(folders) != 1 {
			t.Errorf("without %s there are %v, %v", table, folders, err)
		}
	}
}

// run runs a publisher until its state says that it is done.
func run(t *testing.T, dir string, config Config, done func(*Publisher) bool) *Publisher {
	t.Helper()
	s, err := shelf.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	p := New(Options{Config: config, Shelf: s, Interval: time.Millisecond, Quiet: time.Millisecond, Build: builder.Options{MaxShrink: -1}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx)
	}()
	for !done(p) && ctx.Err() == nil {
		runtime.Gosched()
	}
	if ctx.Err() != nil {
		t.Errorf("not done: %+v, %+v", p.state.source.Check(), p.state.builder.Check())
	}
	cancel()
	<-ended
	must(t, s.Close())
	return p
}

// TestAnotherOrigin: a config is built although another one, with an equal
// revision, is published; and one that is, is not.
func TestAnotherOrigin(t *testing.T) {
	_, a := writeSample(t)
	_, b := writeSample(t)
	dir := t.TempDir()
	upToDate := func(p *Publisher) bool { return !p.AsOf().IsZero() }
	builds := func(path string) (n int, origin string) {
		s, _ := followStore(t, path)
		run(t, dir, s, upToDate)
		folders, err := os.ReadDir(filepath.Join(dir, "releases"))
		must(t, err)
		last := folders[len(folders)-1].Name()
		origin, err = OriginOf(filepath.Join(dir, "releases", last))
		must(t, err)
		return len(folders), origin
	}
	if n, origin := builds(a); n != 1 || origin == "" {
		t.Errorf("%d releases of %q", n, origin)
	}
	if n, _ := builds(a); n != 1 {
		t.Errorf("built again: %d releases", n)
	}
	n, origin := builds(b)
	if n != 2 || origin[:len("sqlite:"+b)] != "sqlite:"+b {
		t.Errorf("%d releases, the last of %q", n, origin)
	}
}

// TestCheckRefuses: what does not pass the check is not published.
func TestCheckRefuses(t *testing.T) {
	bundle, _ := writeSample(t)
	dir := t.TempDir()
	s, err := shelf.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	refused := errors.New("golden queries differ at 51.5,-0.1")
	p := New(Options{
		Config: &Bundle{Path: bundle, Reopen: func() (poi.Source, error) { return decode.Open(bundle, decode.Options{}) }},
		Shelf:  s, Check: func(string) error { return refused },
	})
	if err := p.build(t.Context(), ""); !errors.Is(err, refused) {
		t.Errorf("build: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "releases")); err != nil || len(left) != 0 || len(s.Candidates()) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	must(t, s.Close())
}

// TestNoErrorTextIsTold: whatever an error says, the state says a sentence of
// this program.
func TestNoErrorTextIsTold(t *testing.T) {
	s := newState(time.Now())
	said := errors.New("mysql://gd:secret@db: near 51.5145,-0.1270")
	for _, err := range []error{said, errors.Join(builder.ErrShrink, said), errors.Join(os.ErrNotExist, said), errors.Join(syscall.ENOSPC, said)} {
		s.missed(sourceClass(err), time.Now())
		s.buildFailed(err, time.Now())
		for _, c := range []api.Check{s.source.Check(), s.builder.Check()} {
			if c.Class == "" || c.Detail == "" || strings.Contains(c.Detail+c.Class, "secret") || strings.Contains(c.Detail, "51.5") {
				t.Errorf("%v: %+v", err, c)
			}
		}
	}
}
