package mysql

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"geodrop/data/mariadbd"
	"geodrop/poi"
)

const (
	serverName    = "db.example"
	grantPassword = "p/@:% word"
)

// secured is a server that wants TLS on a port of its own.
type secured struct {
	*mariadbd.Server
	host string
	ca   string // a file
}

func startSecured(t *testing.T) *secured {
	t.Helper()
	dir, err := os.MkdirTemp("", "geodrop-tls-") // readable for the server's account, as a test's folder is not
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ca, cert, key := certificates(t, dir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := mariadbd.Start(mariadbd.Options{Args: []string{
		"--skip-networking=0", "--bind-address=127.0.0.1", "--port=" + strconv.Itoa(port),
		"--ssl-cert=" + cert, "--ssl-key=" + key, "--require-secure-transport=ON",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &secured{s, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), ca}
}

// documented is the statements of the package comment, for accounts on this
// machine.
func documented(t *testing.T) (statements []string) {
	t.Helper()
	source, err := os.ReadFile("mysql.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(source)) {
		line, _, _ = strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "//")), ";")
		if strings.HasPrefix(line, "CREATE USER") || strings.HasPrefix(line, "GRANT") {
			statements = append(statements, strings.NewReplacer("'10.%'", "'127.0.0.1'", "'…'", "'"+grantPassword+"'").Replace(line))
		}
	}
	if len(statements) != 6 {
		t.Fatalf("the package comment has the statements %q, want 3 accounts and their grants", statements)
	}
	return statements
}

func (s *secured) address(user, password string, options ...string) string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(user, password), Host: s.host, Path: "/geodrop", RawQuery: strings.Join(options, "&")}
	return u.String()
}

// as is an account over TLS.
func (s *secured) as(user string) string {
	return s.address(user, grantPassword, "tls=true", "tls_ca="+s.ca)
}

// refuses checks that an account may not do something.
func (s *secured) refuses(t *testing.T, user, statement string) {
	t.Helper()
	a, err := Parse(s.as(user))
	if err != nil {
		t.Fatal(err)
	}
	connector, err := a.connector()
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("%s: %s: %v", user, statement, err)
	}
}

// TestGrants runs with the accounts of the package comment on a server that
// wants TLS: each can do its part, and no more.
func TestGrants(t *testing.T) {
	s := startSecured(t)
	if err := s.Database("geodrop"); err != nil {
		t.Fatal(err)
	}
	if err := s.Run("", documented(t)...); err != nil {
		t.Fatal(err)
	}
	t.Run("schema", func(t *testing.T) {
		if _, err := Open(t.Context(), s.as("gd_write"), Options{Create: true}); err == nil || !strings.Contains(err.Error(), "denied") {
			t.Errorf("the writer makes tables: %v", err)
		}
		fill(t, open(t, s.as("gd_schema")), 2)
		s.refuses(t, "gd_schema", "CREATE DATABASE more")
		s.refuses(t, "gd_schema", "SELECT * FROM mysql.user")
	})
	t.Run("write", func(t *testing.T) {
		w := open(t, s.as("gd_write")) // the tables are there: nothing to make
		fill(t, w, 3)
		if n, err := count(t, w); n != 3 || err != nil {
			t.Errorf("the writer sees %d POIs, %v", n, err)
		}
		for _, statement := range []string{"TRUNCATE pois", "DROP TABLE pois", "DROP TRIGGER pois_insert", "CREATE TABLE x (n INT)", "ALTER TABLE pois ADD x INT"} {
			s.refuses(t, "gd_write", statement)
		}
	})
	t.Run("read", func(t *testing.T) { s.reads(t) })
	t.Run("tls", func(t *testing.T) { s.wantsTLS(t) })
}

func (s *secured) reads(t *testing.T) {
	reader, err := Open(t.Context(), s.as("gd_read"), Options{Store: quick()})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if n, err := count(t, reader); n != 3 || err != nil {
		t.Errorf("the reader sees %d POIs, %v", n, err)
	}
	if _, err := reader.Sequence(t.Context()); err != nil {
		t.Error(err)
	}
	err = reader.Write(t.Context(), func(ctx context.Context, w poi.Writer) error { return w.DeletePOIs(ctx, []poi.POIID{"1"}) })
	if err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("the reader writes: %v", err)
	}
	s.refuses(t, "gd_read", "UPDATE changes SET sequence = 9")
}

func (s *secured) wantsTLS(t *testing.T) {
	otherCA, _, _ := certificates(t, t.TempDir())
	for _, test := range []struct {
		what, address, want string
	}{
		{"without TLS", s.address("gd_read", grantPassword), "denied"},
		{"a CA that nobody knows", s.address("gd_read", grantPassword, "tls=true"), "unknown authority"},
		{"another CA", s.address("gd_read", grantPassword, "tls=true", "tls_ca="+otherCA), "unknown authority"},
		{"no CA", s.address("gd_read", grantPassword, "tls=true", "tls_ca="+os.DevNull), "no certificate"},
		{"another name", s.address("gd_read", grantPassword, "tls=true", "tls_ca="+s.ca, "tls_name=db.other"), "db.other"},
		{"a wrong password", s.address("gd_read", "hunter2", "tls=true", "tls_ca="+s.ca), "denied"},
		{"right", s.address("gd_read", grantPassword, "tls=true", "tls_ca="+s.ca, "tls_name="+serverName), ""},
	} {
		store, err := Open(t.Context(), test.address, Options{})
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", test.what, err)
		case err != nil && (strings.Contains(err.Error(), grantPassword) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%s: the error has the password: %v", test.what, err)
		}
		if store != nil {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
