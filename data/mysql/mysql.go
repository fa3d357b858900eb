// Package mysql is the config store in MariaDB (10.11 and later) or MySQL (8
// and later), or whatever else speaks their protocol.
//
// # Address
//
//	mysql://USER:PASSWORD@HOST:PORT/DATABASE
//	mysql+unix://USER:PASSWORD@/PATH.sock/DATABASE
//
// User and password are percent-encoded where they have signs that mean
// something in a URL. Behind a question mark may stand:
//
//	tls=true           encrypt, and hold the certificate against the system's CAs; or false
//	tls_ca=FILE        … against the CAs in a PEM file
//	tls_name=NAME      … which has to be for this name; default HOST
//	dial_timeout=5s    time to connect
//	read_timeout=60s   time to wait for an answer
//	write_timeout=30s  time to wait for a request to be taken
//	lock_timeout=30s   time that a write waits for another, before it is tried again
//
// Without tls a password crosses the network hashed and all else as it is. On
// one machine (a socket, localhost, 127.0.0.0/8, ::1) nobody sees it. To another
// machine it is the default all the same, and Address.Plain tells of it for a
// warning: say tls=true, or tls=false for a network that nobody else is on. The
// password is never part of an error or a log.
//
// # Privileges
//
// Three accounts keep it least (the tests run as them, from this text):
//
//	CREATE USER 'gd_read'@'10.%' IDENTIFIED BY '…' REQUIRE SSL;   -- builders, origins
//	GRANT SELECT ON geodrop.* TO 'gd_read'@'10.%';
//	CREATE USER 'gd_write'@'10.%' IDENTIFIED BY '…' REQUIRE SSL;  -- import, console, scripts
//	GRANT SELECT, INSERT, UPDATE, DELETE ON geodrop.* TO 'gd_write'@'10.%';
//	CREATE USER 'gd_schema'@'10.%' IDENTIFIED BY '…' REQUIRE SSL; -- the first import, upgrades
//	GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, TRIGGER ON geodrop.* TO 'gd_schema'@'10.%';
//
// Triggers run with the rights of the account that made them, so gd_schema has
// to stay. With DROP goes TRUNCATE, which no trigger sees: nobody else has it.
//
// # Other clients
//
// Any client may write the tables of the config; triggers advance the change
// sequence, under a lock that is held until the commit, so that it is in the
// order of the commits. Tables are InnoDB.
//
// So writers take turns, and readers wait for nobody. Whoever waits for more than
// five times lock_timeout in geodrop is told poi.ErrBusy; other clients wait for
// their own innodb_lock_wait_timeout and get error 1205.
//
// An import of a file of more than 131,072 places takes its turn when all of them
// are written, for a moment, so that nobody waits for it but those who write the
// same places. These give up their turn after a second, so that nobody waits for
// them, and try again: geodrop by itself, for five times lock_timeout. They may
// also get error 1213 (deadlock) when the import ends; other clients should try
// again, and not keep a turn of theirs while they wait. It uses READ COMMITTED, beside
// which binlog_format has to be MIXED or ROW, as it is unless told: with STATEMENT
// the server refuses the import with error 1665.
package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"

	"geodrop/data/schema"
	"geodrop/data/sqlstore"
)

// Options of Open. The zero value opens a store that is there as it is.
type Options struct {
	// Create makes the tables, or brings them up to date.
	Create bool
	Store  sqlstore.Options
}

const (
	insertRows = 512 // in one statement: a few ten kilobytes

	maxIdle     = 4
	maxIdleTime = time.Minute // below what servers and firewalls in between allow
)

// Open connects to the store at an address.
func Open(ctx context.Context, address string, opts Options) (*sqlstore.Store, error) {
	config, err := Parse(address)
	if err != nil {
		return nil, err
	}
	connector, err := config.connector()
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(maxIdle)
	db.SetConnMaxIdleTime(maxIdleTime)
	s := sqlstore.New(db, engine(config), opts.Store)
	if opts.Create {
		if err := migrate(ctx, db); err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", config, err), s.Close())
		}
	}
	if err := s.Check(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// lockSeconds is how long a migration waits for another.
const lockSeconds = 60

// migrate makes the tables under a lock of the server, which a connection of
// its own holds. Where nothing is to be done it needs no rights.
func migrate(ctx context.Context, db *sql.DB) (err error) {
	if err := schema.Check(ctx, schema.MySQL, db); !errors.Is(err, schema.ErrTooOld) {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	const name = "CONCAT('geodrop schema ', LEFT(DATABASE(), 40))"
	var locked sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", ?)", lockSeconds).Scan(&locked); err != nil {
		return err
	}
	if locked.Int64 != 1 {
		return errors.New("another process is making the tables, and takes long: try again later")
	}
	defer func() {
		_, unlocking := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+name+")")
		err = errors.Join(err, unlocking)
	}()
	return schema.Migrate(ctx, schema.MySQL, db)
}

func engine(a *Address) sqlstore.Engine {
	return sqlstore.Engine{
		Dialect: schema.MySQL,
		Source:  a.String(),
		BeginSnapshot: []string{
			"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
			"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
		},
		BeginWrite: []string{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION", "SET @geodrop_muted = 1"},
		// Without the locks between rows that would keep others from adding any.
		BeginBulk:  []string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION", "SET @geodrop_muted = 1"},
		Turn:       []string{"SET innodb_lock_wait_timeout = 1"},
		EndWrite:   []string{"SET @geodrop_muted = NULL, innodb_lock_wait_timeout = " + a.lockSeconds()},
		Upsert:     upsert,
		Update:     2,
		InsertRows: insertRows,
		Transient:  transient,
		Busy:       func(err error) bool { return numbered(err, errLockWait) },
		Wait:       a.lock,
	}
}

func upsert(key, set []string) string {
	if len(set) == 0 {
		set = key[:1] // nothing changes
	}
	columns := make([]string, len(set))
	for i, c := range set {
		columns[i] = c + " = VALUES(" + c + ")"
	}
	return "ON DUPLICATE KEY UPDATE " + strings.Join(columns, ", ")
}

// Errors of the server after which trying again may help.
const (
	errSnapshot    = 1020 // MariaDB 11: a row was changed since the transaction began
	errLockWait    = 1205
	errDeadlock    = 1213
	errShutdown    = 1053
	errTooManyConn = 1040
	errKilled      = 1927 // MariaDB: the connection was killed
	errTimeout     = 4031 // MySQL: disconnected for inactivity
)

// numbered reports whether an error is that of the server.
func numbered(err error, number uint16) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && e.Number == number
}

// transient reports whether the connection was lost or another transaction was
// in the way.
func transient(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch e.Number {
		case errSnapshot, errLockWait, errDeadlock, errShutdown, errTooManyConn, errKilled, errTimeout:
			return true
		}
		return false
	}
	for _, lost := range []error{
		mysql.ErrInvalidConn, driver.ErrBadConn, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE, syscall.ENOENT,
	} {
		if errors.Is(err, lost) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
