// Package storetest is the contract of config stores, as tests that run on each
// of them, and a MariaDB server to run them on. Only tests import it.
package storetest

import (
	"context"
	"testing"

	"geodrop/poi"
)

// Fixture is a store that a test may fill, and another way to its database.
type Fixture struct {
	Store   poi.Store
	Reopen  func(ctx context.Context) (poi.Store, error) // as it is, without migrating
	Foreign func(statements ...string) error             // as any other client would
	// Impatient opens it for a writer that waits for others a second at most.
	Impatient func(ctx context.Context) (poi.Store, error)
	// BulkAlone is set where others wait for a bulk write as for any other.
	BulkAlone bool
}

// Run runs the contract; open makes a new, empty store for each test.
func Run(t *testing.T, open func(*testing.T) *Fixture) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *Fixture)
	}{
		{"round trip", roundTrip},
		{"upsert and delete", upsertAndDelete},
		{"counts", counts},
		{"altered", altered},
		{"changes", changes},
		{"untracked", untracked},
		{"pruned", pruned},
		{"order of keys", orderOfKeys},
		{"isolation", isolation},
		{"foreign writes", foreignWrites},
		{"bad rows", badRows},
		{"refused writes", refusedWrites},
		{"writers take turns", writersTakeTurns},
		{"busy", busy},
		{"bulk", bulk},
		{"bulk of few", bulkOfFew},
		{"bulk and the same row", bulkSameRow},
		{"bulk fails", bulkFails},
		{"imports", imports},
		{"one stream at a time", oneStream},
		{"cancelled", cancelled},
		{"schema", otherSchema},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// Clear is the statements that empty a store for the next test; the last test
// leaves none to empty.
func Clear() (statements []string) {
	for _, table := range []string{"merchants", "prizes", "tasks", "task_prizes", "quotas", "poi_sets", "set_members",
		"pois", "districts", "zones", "imports", "writes"} {
		statements = append(statements, "DELETE FROM "+table)
	}
	return statements
}

func write(t *testing.T, s poi.Store, fn func(context.Context, poi.Writer) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func sequence(t *testing.T, s poi.Store) uint64 {
	t.Helper()
	n, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}
