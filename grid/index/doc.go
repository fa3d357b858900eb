// Package index is the segment file: the drops of one compact region, sorted by
// cell, mapped into memory and looked up without an allocation. It holds
// postings under opaque labels and texts; what a label or a text means is for
// the packages above.
//
// # A segment file
//
// All integers are little-endian. Sections follow the header in the order of
// their ids, each on a 16-byte boundary, the gaps filled with zeros.
//
//	┌────────────┬────────────┬─────────────┬─────────────┬─────────────────┐
//	│ magic      │ version    │ kind        │ sections    │ file length     │
//	│ 8 bytes    │ uint16     │ uint16      │ uint32      │ uint64          │
//	├────────────┴────────────┴─────────────┴─────────────┴─────────────────┤
//	│ meta: 4 × uint64 (segment: cell size in m, first tile, last tile, 0)  │
//	├────────────┬────────────┬─────────────┬───────────────────────────────┤
//	│ section id │ CRC-32C    │ offset      │ length            one row for │
//	│ uint32     │ uint32     │ uint64      │ uint64           each section │
//	├────────────┴────────────┴─────────────┴───────────────────────────────┤
//	│ CRC-32C of everything above, uint32                                   │
//	└───────────────────────────────────────────────────────────────────────┘
//
// The sections of a segment:
//
//	blocks    {block uint32, first tile uint32, tiles uint64}, by block
//	stages    {slots uint32, seed uint32}: the stages of the prefix hash
//	slots     the rows of blocks again, placed by the prefix hash
//	tiles     {cells uint64, first cell uint32, combinations uint32}
//	cells     uint32: first posting of each non-empty cell, and the end
//	postings  {lat int32, lng int32, combination uint32, text uint32}
//	combos    uint32: first member of each combination, and the end
//	members   uint32: labels of the combinations, ascending in each
//	labels    uint32: first byte of each label, and the end
//	names     the bytes of the labels, in ascending order
//	texts     {length uvarint, bytes}, one for each posting
//
// # From a position to its postings
//
//	window ─► tile ─► segment whose range holds it          (package grid)
//	              └─► prefix hash(block) ─► tiles bitmap
//	                     popcount below the tile ─► tile row
//	                        cells bitmap & window ─► cells
//	                           popcount below the cell ─► postings
//
// The prefix hash maps a block, the leading 32 bits of a cell's sort key, to
// its tiles. It has up to 8 stages, each a table of its own size: a block sits
// in the first stage in which its slot was free, so a look-up probes at most
// one slot a stage. A segment without a hash, or with one that does not verify
// when the file is opened, is searched by bisection over blocks.
//
// # Combinations
//
// A posting names a combination: the deduplicated set of labels that it shares
// with others. A caller decides which combinations can be seen and passes them
// as a Visible; postings of others are passed over, whole tiles of them by the
// 32-bit summary in the tile row (bit: combination modulo 32) without a look
// at the postings.
//
// # Integrity
//
// Open checks the header, the section table and every checksum; Verify checks
// each invariant above as well. A file that was cut or replaced under a live
// mapping makes the kernel raise a fault: callers run their look-ups inside
// Protect, which turns it into an error.
package index
