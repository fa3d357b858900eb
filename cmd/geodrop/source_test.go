package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// TestHinted: who is denied is told where the accounts are, and nobody else.
func TestHinted(t *testing.T) {
	for _, tt := range []struct {
		err  error
		hint bool
	}{
		{&mysql.MySQLError{Number: 1045, Message: "Access denied"}, true},
		{&mysql.MySQLError{Number: 1142, Message: "CREATE command denied"}, true},
		{&mysql.MySQLError{Number: 1146, Message: "no such table"}, false},
		{errors.New("disk full"), false},
	} {
		err := notRight{fmt.Errorf("open: %w", tt.err)}
		got := hinted(err)
		if strings.HasSuffix(got.Error(), "geodrop guide database has the accounts") != tt.hint || !strings.HasPrefix(got.Error(), err.Error()) {
			t.Errorf("hinted(%v) = %v", err, got)
		}
		if !errors.As(got, new(notRight)) {
			t.Errorf("hinted(%v) forgets what kind it is", err)
		}
	}
}
