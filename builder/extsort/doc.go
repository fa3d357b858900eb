// Package extsort sorts more records than fit in memory. A record is a 64-bit
// key and an opaque payload; the order is by key, then by payload bytes, so the
// output depends on the set of records alone, never on the order they arrived
// in. It is not a database: a sorter is filled once, read once and closed, and
// its temporary files mean nothing to any other process.
//
// # How it works
//
// All bulk memory is one region of Options.Memory bytes, cut into slabs. The
// region is address space first; it turns into memory slab by slab as records
// arrive, and the garbage collector never looks at it.
//
//	caller          sort goroutine         spill goroutine
//	Add ─► chunk ─► radix sort, gather ─► memory runs ─► merge ─► run file
//	       chunk ◄─ (empty again)             │    (only when slabs run out)
//	                                          ▼               ▼
//	caller          merge goroutine      ┌─────────────────────────┐
//	Next ◄─ block ◄─ loser tree       ◄─ │ memory runs │ run files │◄─ read-ahead
//	                                     └─────────────────────────┘
//
// A chunk is a few slabs of records in arrival order with an index of (key,
// position). It is sorted by radix and copied, in order, into fresh slabs: a
// memory run. When slabs run low, every memory run there is becomes one run
// file, and each slab is free again as soon as the merge has passed it, so Add
// goes on meanwhile. What fits in memory is never written.
//
// # Layout
//
// A record is the same bytes in a chunk, in a run, on disk and in a block that
// is handed to the caller, so moving one is one copy:
//
//	┌────────────┬──────────────┬───────────┐
//	│ key, 8, LE │ len, uvarint │ payload   │
//	└────────────┴──────────────┴───────────┘
//
// A run file is a sequence of blocks of whole records. The checksum covers
// run, block number, length and body: a block that is damaged, missing or in
// another's place is ErrCorrupt, not a wrong answer.
//
//	┌──────────────┬────────┬──────────┬────────┬───────────┐
//	│ CRC32C, 4 LE │ len, 4 │ block, 4 │ run, 4 │ records … │
//	└──────────────┴────────┴──────────┴────────┴───────────┘
//
// # Temporary files
//
// Run files lie in TempDir/geodrop-extsort-*/, a folder made when the first
// run is spilled and removed by Close. It holds a file named lock, locked as
// long as its process lives; RemoveStale removes the folders of dead ones.
package extsort
