// Package schema is the tables of a config store and their versions: one schema
// in two dialects, brought up to date by numbered migrations (goose). It knows
// nothing of what the rows mean: package sqlstore does.
//
//	merchants   id
//	prizes      id ──────────► merchants
//	tasks       id ──────────► merchants, poi_sets
//	task_prizes task, prize    position, weight
//	quotas      task, prize, district
//	poi_sets    id
//	set_members poi_id, set_id
//	pois        id             lat_e7, lng_e7, name, kind, attrs
//	districts   adcode         shape (GeoJSON geometry)
//	zones       id             shape, times
//
//	changes     the change sequence, advanced by triggers on all of the above
//	change_log  which POIs, memberships, sets and areas were changed, by triggers as well
//	writes      tokens of transactions, so that a retry writes nothing twice
//	imports     how far an import came that was interrupted
//
// Any client may write the first group; the triggers see to the sequence. What
// they do not see is TRUNCATE: use DELETE.
package schema

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed sqlite/*.sql mysql/*.sql
var migrations embed.FS

// Dialect is what a database speaks.
type Dialect string

// The dialects.
const (
	SQLite Dialect = "sqlite"
	MySQL  Dialect = "mysql" // and MariaDB
)

// Version is the version of the schema that this program reads and writes: its
// last migration.
func (d Dialect) Version() int64 {
	if d == MySQL {
		return 3
	}
	return 2
}

// Errors of a database whose tables are not those of Version.
var (
	ErrTooOld = errors.New("the schema is too old")
	ErrTooNew = errors.New("the schema is too new")
	// ErrNoTable marks a schema of Version of which tables were dropped.
	ErrNoTable = errors.New("tables of the config are missing")
)

// VersionError says which version was found. It wraps ErrTooOld or ErrTooNew.
type VersionError struct {
	Found  int64 // 0: no tables at all
	Needed int64
}

// Error says what to do.
func (e *VersionError) Error() string {
	switch {
	case e.Found == 0:
		return "the database holds no config yet: geodrop import makes its tables"
	case e.Found < e.Needed:
		return fmt.Sprintf("%v: version %d, this program needs %d: geodrop import brings it up to date", ErrTooOld, e.Found, e.Needed)
	}
	return fmt.Sprintf("%v: version %d, this program knows %d: use a newer geodrop", ErrTooNew, e.Found, e.Needed)
}

// Unwrap is the sentinel.
func (e *VersionError) Unwrap() error {
	if e.Found < e.Needed {
		return ErrTooOld
	}
	return ErrTooNew
}

// Querier is a database, a connection or a transaction.
type Querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const versionTable = "goose_db_version"

// tables are those of Version.
func tables() []string {
	return []string{
		"change_log", "changes", "districts", "imports", "merchants", "pois", "poi_sets", "prizes",
		"quotas", "set_members", "task_prizes", "tasks", "writes", "zones",
	}
}

// Check reports whether the tables are those of Version, and all there: nil, a
// *VersionError or ErrNoTable.
func Check(ctx context.Context, d Dialect, db Querier) error {
	found, err := find(ctx, d, db)
	if err != nil {
		return fmt.Errorf("read the version of the schema: %w", err)
	}
	if found != d.Version() {
		return &VersionError{Found: found, Needed: d.Version()}
	}
	return checkTables(ctx, d, db)
}

// checkTables misses what was dropped, which no trigger sees: a config without it
// would look as if somebody had emptied it.
func checkTables(ctx context.Context, d Dialect, db Querier) error {
	query := "SELECT GROUP_CONCAT(name) FROM sqlite_schema WHERE type = 'table' AND name IN "
	if d == MySQL {
		query = "SELECT GROUP_CONCAT(table_name) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN "
	}
	var found sql.NullString
	if err := db.QueryRowContext(ctx, query+"('"+strings.Join(tables(), "', '")+"')").Scan(&found); err != nil {
		return fmt.Errorf("list the tables: %w", err)
	}
	there := strings.Split(found.String, ",")
	missing := slices.DeleteFunc(tables(), func(name string) bool { return slices.Contains(there, name) })
	if len(missing) > 0 {
		return fmt.Errorf("%w: %s: bring them back from a backup", ErrNoTable, strings.Join(missing, ", "))
	}
	return nil
}

func find(ctx context.Context, d Dialect, db Querier) (int64, error) {
	exists := "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = '" + versionTable + "'"
	if d == MySQL {
		exists = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '" + versionTable + "'"
	}
	var n int
	if err := db.QueryRowContext(ctx, exists).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	var version sql.NullInt64
	err := db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM "+versionTable+" WHERE is_applied").Scan(&version)
	return version.Int64, err
}

// Migrate brings the tables to Version. It leaves a schema that is too new
// alone, and may be repeated after it was interrupted. The caller sees to it
// that only one runs at a time.
func Migrate(ctx context.Context, d Dialect, db *sql.DB) error {
	err := Check(ctx, d, db)
	if !errors.Is(err, ErrTooOld) {
		return err
	}
	files, err := fs.Sub(migrations, string(d))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	dialect := goose.DialectSQLite3
	if d == MySQL {
		dialect = goose.DialectMySQL
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithLogger(goose.NopLogger()), goose.WithTableName(versionTable))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w%s", err, hint(err))
	}
	return Check(ctx, d, db)
}

// hint says what to do about errors that the database words poorly.
func hint(err error) string {
	if strings.Contains(err.Error(), "log_bin_trust_function_creators") {
		return ": with the binary log on, triggers need an account with SUPER, or SET GLOBAL log_bin_trust_function_creators = 1 for this once"
	}
	return ""
}

// Made is when the tables were made, as the database words it.
func Made(ctx context.Context, db Querier) (string, error) {
	var made sql.NullString
	err := db.QueryRowContext(ctx, "SELECT CAST(MIN(tstamp) AS CHAR) FROM "+versionTable).Scan(&made)
	if err != nil {
		return "", fmt.Errorf("read when the tables were made: %w", err)
	}
	return made.String, nil
}
