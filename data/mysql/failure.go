package mysql

import (
	"errors"
	"io/fs"
	"net"
	"slices"

	"github.com/go-sql-driver/mysql"
)

// Denied reports whether the server refused the account, or what it asked for.
func Denied(err error) bool {
	const (
		database, account, table, column, socket = 1044, 1045, 1142, 1143, 1698
	)
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && slices.Contains([]uint16{database, account, table, column, socket}, e.Number)
}

// StatementsLogged reports whether the server refused to write beside others, since
// its binary log has statements instead of rows.
func StatementsLogged(err error) bool {
	const unsafe = 1665
	return numbered(err, unsafe)
}

// Lost reports whether the server could not be reached, or went away. A socket
// that is not there counts, a file that is not does not.
func Lost(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return transient(err) && !errors.Is(err, fs.ErrNotExist)
}
