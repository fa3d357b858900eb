package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"geodrop/data/storetest"
)

const secret = "kept-to-itself"

// database is a MariaDB with the sample, behind a proxy, for an account that may
// only read.
type database struct {
	*storetest.MariaDB
	proxy *proxy
}

const databaseName = "up"

func startDatabase(t *testing.T) *database {
	t.Helper()
	server, err := storetest.StartMariaDB()
	must(t, err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	must(t, server.Database(databaseName))
	bundle := filepath.Join(t.TempDir(), "london")
	geodrop(t, "sample", "--out", bundle)
	geodrop(t, "import", "--src", server.Address(databaseName), "--bundle", bundle)
	must(t, server.Run("", "CREATE USER gd IDENTIFIED BY '"+secret+"'", "GRANT SELECT ON "+databaseName+".* TO gd"))
	return &database{MariaDB: server, proxy: newProxy(t, server.Socket)}
}

// up starts geodrop up on the database.
func (d *database) up(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	src := url.URL{Scheme: "mysql+unix", User: url.UserPassword("gd", secret), Path: d.proxy.socket + "/" + databaseName}
	return startProcess(t, []string{"GEODROP_SRC=" + src.String()},
		append([]string{"up", "--dir", dir, "--listen", "127.0.0.1:0"}, args...)...)
}

// rename has the mariadb command line write.
func (d *database) rename(t *testing.T, name string) {
	t.Helper()
	must(t, d.Run(databaseName, "UPDATE pois SET name = '"+name+"' WHERE id = 'tfl-244'"))
}

// TestDatabase: what another client writes is served soon, and what happens to
// the database happens to no lookup.
func TestDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("what runs side by side here has tests of its own")
	}
	d := startDatabase(t)
	t.Run("write", func(t *testing.T) { testWrite(t, d) })
	t.Run("faults", func(t *testing.T) { testFaults(t, d) })
}

// testWrite: a write is visible within the bound after its commit, with the
// pauses that geodrop makes unless told, no restart, and no lookup that fails.
func testWrite(t *testing.T, d *database) {
	const bound = 5 * time.Second
	p := d.up(t, t.TempDir())
	p.until("/readyz", `"ready"`)
	load := p.steadyLoad()
	for i := range 3 {
		name := fmt.Sprintf("Written %d", i)
		d.rename(t, name)
		committed := time.Now()
		p.until(lookup, name)
		if took := time.Since(committed); took > bound {
			t.Errorf("a write was visible %v after its commit, want within %v", took, bound)
		} else {
			t.Logf("visible %v after the commit", took.Round(time.Millisecond))
		}
	}
	load.check(t)
	p.end(syscall.SIGTERM)
}

// fault is something that happens to a database.
type fault struct {
	name  string
	begin func(*database) error
	mend  func(*database) error
	check string // of /readyz that tells
	class string
}

func sql(statements ...string) func(*database) error {
	return func(d *database) error { return d.Run(databaseName, statements...) }
}

func behindProxy(how func(*proxy)) func(*database) error {
	return func(d *database) error { how(d.proxy); return nil }
}

// without empties a table, as a restore that went wrong does.
func without(table, class string) fault {
	return fault{
		"no rows in " + table,
		sql("CREATE TABLE away AS SELECT * FROM "+table, "DELETE FROM "+table),
		sql("INSERT INTO "+table+" SELECT * FROM away", "DROP TABLE away"), "builder", class,
	}
}

// cutDuring resets connections mid-stream, while a build reads everything or, for
// one upon the release before, what changed.
func cutDuring(what, write, undo string) fault {
	return fault{"reset mid-stream of " + what, func(d *database) error {
		d.proxy.cut(30_000)
		return d.Run(databaseName, write)
	}, func(d *database) error {
		err := d.Run(databaseName, undo)
		d.proxy.pass()
		return err
	}, "builder", "unreachable"}
}

func faults() []fault {
	// A write, too, so that there is something to build.
	const write = "UPDATE pois SET name = 'Never served' WHERE id = 'tfl-244'"
	faults := []fault{
		{"stopped", (*database).End, (*database).Start, "source", "unreachable"},
		{"killed", (*database).Kill, (*database).Start, "source", "unreachable"},
		{"slow", behindProxy((*proxy).hold), behindProxy((*proxy).pass), "source", "timeout"},
		// Of what is read again here each takes more than that.
		cutDuring("everything", "UPDATE districts SET name = CONCAT('Never served ', name)", "UPDATE districts SET name = SUBSTRING(name, 14)"),
		cutDuring("changes", "UPDATE pois SET name = CONCAT('Never served ', name)", "UPDATE pois SET name = SUBSTRING(name, 14)"),
		{
			"20 % of the rows",
			sql("CREATE TABLE away AS SELECT * FROM pois WHERE id <> 'tfl-244' AND CRC32(id) % 5 <> 0", "DELETE FROM pois WHERE id IN (SELECT id FROM away)", write),
			sql("INSERT INTO pois SELECT * FROM away", "DROP TABLE away"), "builder", "shrink",
		},
		{
			"no rows",
			sql("CREATE TABLE away AS SELECT * FROM pois", "DELETE FROM pois"),
			sql("INSERT INTO pois SELECT * FROM away", "DROP TABLE away"), "builder", "empty",
		},
		{
			"schema too new",
			sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)", write),
			sql("DELETE FROM goose_db_version WHERE version_id = 999"), "source", "schema_too_new",
		},
		{
			"schema too old",
			sql("CREATE TABLE newer AS SELECT * FROM goose_db_version WHERE version_id > 0", "DELETE FROM goose_db_version WHERE version_id > 0", write),
			sql("INSERT INTO goose_db_version SELECT * FROM newer", "DROP TABLE newer"), "source", "schema_too_old",
		},
		{
			"account refused",
			sql("ALTER USER gd IDENTIFIED BY 'another'", "KILL USER gd"),
			sql("ALTER USER gd IDENTIFIED BY '" + secret + "'"), "source", "denied",
		},
		{
			"no change sequence",
			sql("RENAME TABLE changes TO elsewhere"), sql("RENAME TABLE elsewhere TO changes"), "source", "table_missing",
		},
		{
			"no table of places",
			sql("RENAME TABLE pois TO elsewhere"), sql("RENAME TABLE elsewhere TO pois"), "source", "table_missing",
		},
	}
	return append(faults,
		without("tasks", "rejected"), without("task_prizes", "rejected"), without("poi_sets", "rejected"), // others refer to them
		without("quotas", "shrink"), without("set_members", "shrink"), without("districts", "shrink"), without("zones", "shrink"))
}

// testFaults: under every fault the last good release is served and the state
// says what is wrong; after it the next write is visible. A start without the
// database serves what was served last.
func testFaults(t *testing.T, d *database) {
	d.rename(t, "Before")
	dir := t.TempDir()
	p := d.up(t, dir, "--poll", "20ms", "--quiet", "20ms", "--poll-timeout", "500ms", "--max-rejected", "100%")
	p.until(lookup, "Before")
	load := p.steadyLoad()
	told := ""
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			p.t = t
			_, before := p.get("/v1/releases/current")
			must(t, f.begin(d))
			told += p.until("/readyz", fmt.Sprintf(`{"name":%q,"state":"failing","class":%q`, f.check, f.class))
			told += p.until("/metrics", fmt.Sprintf(`geodrop_check_reason{check=%q,class=%q} 1`, f.check, f.class))
			if _, served := p.get("/v1/releases/current"); served != before {
				t.Errorf("%s is served, was %s", served, before)
			}
			must(t, f.mend(d))
			d.rename(t, "After "+f.name)
			p.until(lookup, "After "+f.name)
			p.until("/readyz", `{"name":"builder","state":"ok"`)
		})
	}
	load.check(t)
	if said := told + p.stderr.String(); strings.Contains(said, secret) {
		t.Error("the password was told")
	}
	p.end(syscall.SIGTERM)
	if code := p.cmd.ProcessState.ExitCode(); code != exitDone {
		t.Errorf("told to stop, it ended with %d", code)
	}

	must(t, d.End())
	began := time.Now()
	again := d.up(t, dir)
	again.until("/readyz", `"ready"`)
	t.Logf("without its database it is ready after %v", time.Since(began).Round(time.Millisecond))
	again.until("/readyz", `"class":"unreachable"`)
	again.until(lookup, "After "+faults()[len(faults())-1].name)
}
