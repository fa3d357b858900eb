package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// TestHinted: who is refused is told where the accounts are, or which setting it
// is, and nobody else.
func TestHinted(t *testing.T) {
	const accounts = "the account may lack a right, or has to encrypt with ?tls=true: geodrop guide database has the accounts"
	for _, tt := range []struct {
		err  error
		hint string
	}{
		{&mysql.MySQLError{Number: 1045, Message: "Access denied"}, accounts},
		{&mysql.MySQLError{Number: 1142, Message: "CREATE command denied"}, accounts},
		{&mysql.MySQLError{Number: 1146, Message: "no such table"}, ""},
		{&mysql.MySQLError{Number: 1665, Message: "impossible to write to binary log"}, "SET GLOBAL binlog_format = MIXED on the server, or ROW: geodrop guide database says why"},
		{errors.New("disk full"), ""},
	} {
		err := notRight{fmt.Errorf("open: %w", tt.err)}
		got := hinted(err)
		if added, ok := strings.CutPrefix(got.Error(), err.Error()); !ok || strings.TrimPrefix(added, "; ") != tt.hint {
			t.Errorf("hinted(%v) = %v", err, got)
		}
		if !errors.As(got, new(notRight)) {
			t.Errorf("hinted(%v) forgets what kind it is", err)
		}
	}
}
