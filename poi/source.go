package poi

import (
	"context"
	"errors"
	"iter"
)

// ErrChanged marks a source whose content changed while it was being read, so
// that what was read belongs to no single state. The reader starts over.
var ErrChanged = errors.New("the source changed while it was read")

// Source is one unchanging state of a config: a bundle, or a snapshot of a
// database. The builder reads it; nothing writes through it.
//
// The streams may be read more than once and in any order, one at a time. A
// stream ends at its first error. Content that is wrong (a latitude of 91, a
// task of a merchant that does not exist) is no error: it is left out, counted
// in Rejects, and the stream goes on. An error means that the state cannot be
// known: I/O, a file that is not what its name says, a cancelled context.
type Source interface {
	// Config reads everything small enough to hold.
	Config(ctx context.Context) (*Config, error)

	// Districts and Zones stream areas one by one; each is the receiver's to
	// keep.
	Districts(ctx context.Context) iter.Seq2[*District, error]
	Zones(ctx context.Context) iter.Seq2[*Zone, error]

	// POIs and Memberships stream batches of some hundreds of rows; each batch
	// is the receiver's to keep. Duplicates, and memberships of POIs that do
	// not exist, are in the streams: who sorts or joins them reports them.
	POIs(ctx context.Context) iter.Seq2[*POIBatch, error]
	Memberships(ctx context.Context) iter.Seq2[*MembershipBatch, error]

	// KeyOrder reports whether POIs come in ascending order of id, and
	// memberships in ascending order of (POI, set), both by bytes.
	KeyOrder() bool

	// Revision identifies the state, so that two reads can be told apart.
	Revision(ctx context.Context) (Revision, error)

	// Rejects collects what the streams have left out so far. Reading a stream
	// again adds nothing that it has reported before.
	Rejects() *Rejects

	Close() error
}

// Revision identifies a state of a config. Two states with equal revisions have
// the same content.
type Revision struct {
	Kind     string `json:"kind"`               // "bundle", "sqlite", "mysql"
	Sequence uint64 `json:"sequence,omitempty"` // the change sequence of a store
	Digest   string `json:"digest,omitempty"`   // SHA-256 of a bundle's files, in hex
}

// Config is the part of a config that is held in memory. Each list is sorted by
// id and free of duplicates; every reference between them resolves.
type Config struct {
	Merchants []Merchant
	Prizes    []Prize
	Tasks     []Task
	Sets      []SetID // without AllPOIs
}

// POIBatch is some POIs from one file or table. Its strings may share one
// allocation, so a row that is kept keeps its batch alive.
type POIBatch struct {
	File string
	Rows []POIRow
}

// POIRow is a POI and where it was read.
type POIRow struct {
	POI
	Line int // 1-based; 0 when the source has no lines
}

// MembershipBatch is some memberships from one file or table. Its strings share
// one allocation.
type MembershipBatch struct {
	File string
	Rows []MembershipRow
}

// MembershipRow is a membership and where it was read.
type MembershipRow struct {
	Membership
	Line int // 1-based; 0 when the source has no lines
}
