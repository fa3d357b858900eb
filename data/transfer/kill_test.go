package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"geodrop/data/mysql"
	"geodrop/data/sqlite"
	"geodrop/data/sqlstore"
	"geodrop/data/storetest"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// The environment of a child that imports a bundle into a store. It kills itself
// at a certain sign of progress, or with 0 writes a byte for each.
const (
	childStore  = "GEODROP_TEST_STORE"
	childBundle = "GEODROP_TEST_BUNDLE"
	childKill   = "GEODROP_TEST_KILL"
)

// openAt opens a store. MariaDB takes what is of the large files in bulk.
func openAt(ctx context.Context, src string) (poi.Store, error) {
	if path, ok := strings.CutPrefix(src, "sqlite:"); ok {
		return sqlite.Open(ctx, path, sqlite.Options{Create: true})
	}
	return mysql.Open(ctx, src, mysql.Options{Create: true, Store: sqlstore.Options{Bulk: killRows / 2}})
}

// killer ends the process, as nothing can catch, when told for the nth time.
type killer struct{ left int }

func (k *killer) step() {
	if k.left--; k.left == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // it comes in a moment
	}
}

// announcer tells whoever is going to kill the process.
type announcer struct{ to io.Writer }

func (a announcer) Stage(string) { a.Add(0) }
func (a announcer) Add(int)      { _, _ = a.to.Write([]byte{'.'}) }
func (a announcer) Done()        {}

func (k *killer) Stage(string) { k.step() }
func (k *killer) Add(int)      { k.step() }
func (k *killer) Done()        {}

func child() (err error) {
	ctx := context.Background()
	n, err := strconv.Atoi(os.Getenv(childKill))
	if err != nil {
		return err
	}
	s, err := openAt(ctx, os.Getenv(childStore))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	b, err := decode.Open(os.Getenv(childBundle), decode.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var progress Progress = &killer{n}
	if n == 0 {
		progress = announcer{os.Stdout}
	}
	_, err = Import(ctx, b, s, ImportOptions{TempDir: os.TempDir(), Progress: progress})
	return err
}

// A killing runs a child that is killed at a sign of progress; false if it came
// to its end.
type killing func(t *testing.T, store, bundle string, sign int) bool

func childImport(t *testing.T, store, bundle string, kill int) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childStore+"="+store, childBundle+"="+bundle, childKill+"="+strconv.Itoa(kill), "TMPDIR="+t.TempDir())
	return c
}

// atSign has the child kill itself.
func atSign(t *testing.T, store, bundle string, sign int) bool {
	t.Helper()
	c := childImport(t, store, bundle, sign)
	out, err := c.CombinedOutput()
	return killed(t, err, out)
}

// behindSign kills the child from outside while it goes on, wherever it is then:
// in the middle of a statement, of a commit, of writing a file.
func behindSign(t *testing.T, store, bundle string, sign int) bool {
	t.Helper()
	c := childImport(t, store, bundle, 0)
	var complaints bytes.Buffer
	c.Stderr = &complaints
	signs, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(signs, make([]byte, sign)); err == nil {
		if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	}
	_, _ = io.Copy(io.Discard, signs) // so that a child that is not killed can end
	return killed(t, c.Wait(), complaints.Bytes())
}

func killed(t *testing.T, err error, out []byte) bool {
	t.Helper()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("a child ended with %v: %s", err, out)
	}
	return false
}

const killRows = 4000 // of each file

// killBundle is the sample, and files whose POIs have the number of the file as
// their kind.
func killBundle(t *testing.T) string {
	t.Helper()
	dir := rich(t)
	for n := range 2 {
		var b strings.Builder
		b.WriteString("id,name,lat,lng,kind\n")
		for i := range killRows {
			fmt.Fprintf(&b, "%d-%d,N,%d.5,%d.25,k%d\n", i, n, i%80, i%170, n)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("pois_k%d.csv", n)), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// whole checks that of each part everything is there or nothing.
func whole(t *testing.T, got, want *storetest.State) {
	t.Helper()
	kinds := func(s *storetest.State) map[string]int {
		n := map[string]int{"sets": len(s.Memberships), "districts": len(s.Districts), "zones": len(s.Zones), "merchants": len(s.Config.Merchants)}
		for i := range s.POIs {
			n[s.POIs[i].Kind]++
		}
		return n
	}
	all := kinds(want)
	for kind, n := range kinds(got) {
		if n != 0 && n != all[kind] && kind != "" && kind != "cycle_hire" && kind != "cafe" {
			t.Errorf("of %s there are %d of %d", kind, n, all[kind])
		}
	}
	if n, k := len(got.POIs), killRows; n != 0 && n != 742 && n != 744 && n != 745 && n != 745+k && n != 745+2*k {
		t.Errorf("there are %d POIs, which is no number of whole files", n)
	}
}

// TestKill kills imports, kills the ones that go on, too, and lets the one come
// to its end that has no more signs.
func TestKill(t *testing.T) {
	dir := killBundle(t)
	reference := openSQLite(t)
	if _, err := Import(t.Context(), openBundle(t, dir), reference, ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	want := storetest.Read(t, reference)
	for _, engine := range []struct {
		name string
		open func() string
	}{
		{"sqlite", func() string { return "sqlite:" + filepath.Join(t.TempDir(), "s.db") }},
		{"mariadb", func() string {
			if err := server.Database("killed"); err != nil {
				t.Fatal(err)
			}
			return server.Address("killed")
		}},
	} {
		for _, kill := range []struct {
			name string
			run  killing
		}{{"at a sign", atSign}, {"behind a sign", behindSign}} {
			t.Run(engine.name+" "+kill.name, func(t *testing.T) {
				kills := 0
				for kills < leastKills {
					store := engine.open()
					kills += killUntilDone(t, kill.run, store, dir, want)
					s, err := openAt(t.Context(), store)
					if err != nil {
						t.Fatal(err)
					}
					if got := storetest.Read(t, s); !reflect.DeepEqual(got, want) {
						t.Errorf("after %d kills the store has %d POIs, want %d", kills, len(got.POIs), len(want.POIs))
					}
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
				}
				t.Logf("%d imports were killed", kills)
			})
		}
	}
}

// leastKills is how many imports of each kind are killed. One store may not be
// enough: how far an import comes behind a sign is not for the test to say.
const leastKills = 50

// killUntilDone kills each import one sign later than the one before, and looks
// at the store after each.
func killUntilDone(t *testing.T, kill killing, store, dir string, want *storetest.State) (kills int) {
	t.Helper()
	for kill(t, store, dir, kills+1) {
		kills++
		s, err := openAt(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		whole(t, storetest.Read(t, s), want)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return kills
}
