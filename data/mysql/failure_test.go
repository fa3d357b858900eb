package mysql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// TestFailures: the kinds of failures are told apart, also when wrapped.
func TestFailures(t *testing.T) {
	tests := []struct {
		name         string
		err          error
		denied, lost bool
	}{
		{"no such account", &mysql.MySQLError{Number: 1045}, true, false},
		{"no right to read", &mysql.MySQLError{Number: 1142}, true, false},
		{"no such table", &mysql.MySQLError{Number: 1146}, false, false},
		{"nobody listens", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, false, true},
		{"no socket", &net.OpError{Op: "dial", Err: syscall.ENOENT}, false, true},
		{"no file", &fs.PathError{Op: "open", Err: syscall.ENOENT}, false, false},
		{"cut off", mysql.ErrInvalidConn, false, true},
		{"shut down", &mysql.MySQLError{Number: 1053}, false, true},
		{"out of time", context.DeadlineExceeded, false, false},
		{"something else", errors.New("x"), false, false},
	}
	for _, tt := range tests {
		err := fmt.Errorf("read: %w", tt.err)
		if Denied(err) != tt.denied || Lost(err) != tt.lost {
			t.Errorf("%s: denied %v, lost %v", tt.name, Denied(err), Lost(err))
		}
	}
}
