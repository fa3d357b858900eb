package transfer

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"geodrop/data/mysql"
	"geodrop/data/sqlite"
	"geodrop/poi"
	"geodrop/poi/decode"

	driver "github.com/go-sql-driver/mysql"
)

const benchRows = 1_000_000

// benchBundle has rows as long as real ones, in no order of their ids.
func benchBundle(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	f, err := os.Create(filepath.Join(dir, "pois.csv"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,name,lat,lng,kind,country,source")
	for i := range benchRows {
		n := uint32(i) * 2654435761
		fmt.Fprintf(w, "us-%d,Place number %d,%d.%06d,%d.%06d,restaurant,US,synthetic\n", n, i, n%80, n%999983, n%170, n%999979)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkStores imports a million POIs, drains them as the builder does, and
// drains the same columns with nothing but the driver.
func BenchmarkStores(b *testing.B) {
	dir := benchBundle(b)
	if err := server.Database("bench"); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "s.db")
	config := driver.NewConfig()
	config.User, config.Net, config.Addr, config.DBName, config.MaxAllowedPacket = "root", "unix", server.Socket, "bench", 0
	for _, engine := range []struct {
		name, driver, dsn string
		open              func() (poi.Store, error)
	}{
		{"sqlite", "sqlite3", "file:" + path, func() (poi.Store, error) {
			return sqlite.Open(b.Context(), path, sqlite.Options{Create: true})
		}},
		{"mariadb", "mysql", config.FormatDSN(), func() (poi.Store, error) {
			return mysql.Open(b.Context(), server.Address("bench"), mysql.Options{Create: true})
		}},
	} {
		s, err := engine.open()
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		measure := func(name string, run func() (int, error)) {
			b.Run(engine.name+"/"+name, func(b *testing.B) {
				fastest := 0.0 // of the rounds: others may be busy on the machine
				for b.Loop() {
					runtime.GC()
					begin := time.Now()
					n, err := run()
					if err != nil || n != benchRows {
						b.Fatal(n, err)
					}
					fastest = max(fastest, float64(n)/time.Since(begin).Seconds())
				}
				b.ReportMetric(fastest, "rows/s")
			})
		}
		measure("import", func() (int, error) {
			bundle, err := decode.Open(dir, decode.Options{})
			if err != nil {
				return 0, err
			}
			defer bundle.Close()
			done, err := Import(b.Context(), bundle, s, ImportOptions{TempDir: b.TempDir()})
			return int(done[0].Rows), err
		})
		measure("bare", func() (int, error) { return bareDrain(engine.driver, engine.dsn) })
		measure("drain", func() (n int, err error) {
			src, err := s.Snapshot(b.Context())
			if err != nil {
				return 0, err
			}
			defer src.Close()
			for batch, err := range src.POIs(b.Context()) {
				if err != nil {
					return n, err
				}
				n += len(batch.Rows)
			}
			return n, nil
		})
	}
}

func bareDrain(name, dsn string) (n int, err error) {
	db, err := sql.Open(name, dsn)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	statement, err := db.Prepare("SELECT id, name, kind, attrs, lat_e7, lng_e7 FROM pois ORDER BY id")
	if err != nil {
		return 0, err
	}
	defer statement.Close()
	rows, err := statement.Query()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var texts [4]sql.RawBytes
	var lat, lng any
	for rows.Next() {
		if err := rows.Scan(&texts[0], &texts[1], &texts[2], &texts[3], &lat, &lng); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
