package poi

import (
	"context"
	"errors"
)

// ErrBusy marks a write that was given up because another writer held the store
// for longer than it waits.
var ErrBusy = errors.New("another writer, such as an import, holds the store")

// Store is a config kept in a database, to be read as snapshots and written in
// transactions. It may be used by several goroutines.
type Store interface {
	// Snapshot is the state of this moment, which later writes do not change.
	// Close it soon: a database keeps what it needs for it.
	Snapshot(ctx context.Context) (Source, error)

	// Sequence is the change sequence: it differs whenever the content does,
	// whoever wrote, and equals the one in Revision of a snapshot taken then.
	Sequence(ctx context.Context) (uint64, error)

	// Write runs fn in one transaction: all that it writes becomes visible at
	// once, or nothing does. When the connection is lost, or another writer was
	// in the way, fn is run again, from its start; what was committed is not
	// written again, also when the answer to the commit was what got lost. Each
	// Write advances the change sequence. Writers take turns: one that waits for
	// another as often and as long as its options say ends with ErrBusy.
	Write(ctx context.Context, fn func(context.Context, Writer) error) error

	// WriteBulk is Write for so many rows, at least, of POIs and memberships.
	// Where they are very many others may write meanwhile, in a database that
	// lets them: only those wait that write the same rows, and Count has the rows
	// that they add. Readers who track changes read everything anew.
	WriteBulk(ctx context.Context, rows int64, fn func(context.Context, Writer) error) error

	// Imported lists what has been written of an import that was interrupted;
	// nothing if the store was changed in any other way since the last of it.
	Imported(ctx context.Context, run string) ([]ImportedFile, error)

	Close() error
}

// Writer writes within one transaction. Put adds, or replaces what has the same
// id; rows against the limits of this package are refused with an error that
// wraps *Invalid, and end the transaction. Whether references resolve is not
// looked at: rows may arrive in any order, and who reads leaves out what
// dangles.
//
// Delete of an id that is not there does nothing. A task goes with its prizes
// and quotas, a set with its memberships, a POI with its memberships.
type Writer interface {
	PutMerchants(ctx context.Context, merchants []Merchant) error
	PutPrizes(ctx context.Context, prizes []Prize) error
	PutTasks(ctx context.Context, tasks []Task) error
	PutSets(ctx context.Context, sets []SetID) error
	PutPOIs(ctx context.Context, pois []POIRow) error
	PutMemberships(ctx context.Context, memberships []MembershipRow) error
	PutDistricts(ctx context.Context, districts []*District) error
	PutZones(ctx context.Context, zones []*Zone) error

	DeleteMerchants(ctx context.Context, ids []MerchantID) error
	DeletePrizes(ctx context.Context, ids []PrizeID) error
	DeleteTasks(ctx context.Context, ids []TaskID) error
	DeleteSets(ctx context.Context, ids []SetID) error
	DeletePOIs(ctx context.Context, ids []POIID) error
	DeleteMemberships(ctx context.Context, memberships []Membership) error
	DeleteDistricts(ctx context.Context, ids []Adcode) error
	DeleteZones(ctx context.Context, ids []ZoneID) error

	// Count is how many rows a table has, those of this transaction among them.
	Count(ctx context.Context, table Table) (int64, error)

	// Altered is how many rows that were there have other values now: of the tables
	// that have a Count, by what this transaction put, which added so many rows to
	// them. A row that is put as it is alters nothing.
	Altered(added int64) int64

	// PutImported notes that a file of an import is part of this transaction;
	// ForgetImports notes that there is nothing to go on with.
	PutImported(ctx context.Context, run string, file ImportedFile) error
	ForgetImports(ctx context.Context) error
}

// Table is a table of a store whose rows have ids.
type Table string

// The tables.
const (
	TableMerchants Table = "merchants"
	TablePrizes    Table = "prizes"
	TableTasks     Table = "tasks"
	TableSets      Table = "poi_sets"
	TableDistricts Table = "districts"
	TableZones     Table = "zones"
	TablePOIs      Table = "pois"
)

// ImportedFile is a file of an import that has been written.
type ImportedFile struct {
	Name string
	Rows int64
}
