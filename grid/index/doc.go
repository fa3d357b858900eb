// Package index is the segment file: the points of one compact region, sorted
// by cell, mapped into memory and looked up without an allocation. It holds
// postings under opaque labels and texts; what a label or a text means is for
// the packages above.
//
// # A segment file
//
// All integers are little-endian. Sections follow the header in the order
// below, each on a 64-byte boundary (a cache line), the gaps filled with zeros.
//
//	┌────────────┬────────────┬─────────────┬─────────────┬─────────────────┐
//	│ magic      │ version    │ kind        │ sections    │ file length     │
//	│ 8 bytes    │ uint16     │ uint16      │ uint32      │ uint64          │
//	├────────────┴────────────┴─────────────┴─────────────┴─────────────────┤
//	│ meta: 4 × uint64 (cell size in m, first tile, last tile, 0)           │
//	├────────────┬────────────┬─────────────┬─────────────┬─────────────────┤
//	│ section id │ CRC-32C    │ offset      │ length      │ one row for     │
//	│ uint32     │ uint32     │ uint64      │ uint64      │ each section    │
//	├────────────┴────────────┴─────────────┴─────────────┴─────────────────┤
//	│ CRC-32C of everything above, uint32                                   │
//	└───────────────────────────────────────────────────────────────────────┘
//
// The sections of a segment:
//
//	blocks    {block uint32, first tile uint32, tiles uint64}, by block
//	stages    {slots uint32, seed uint32}: the stages of the prefix hash
//	slots     the rows of blocks again, placed by the prefix hash
//	tiles     64 bytes each, by tile, drawn below
//	starts    65 × uint32 for each crowded tile, by tile
//	postings  {lat int32, lng int32, combination uint32, text uint32}, by cell
//	combos    uint32: first member of each combination, and the end
//	members   uint32: labels of the combinations, ascending in each
//	labels    uint32: first byte of each label, and the end
//	names     the bytes of the labels, in ascending order
//	texts     {length uvarint, bytes}, one for each posting, in their order
//
// What a look-up costs is the number of times it waits for memory. So a tile is
// one cache line, from which the postings of any of its cells follow by
// arithmetic:
//
//	┌────────────┬────────────┬────────────┬────────────┐
//	│ first      │ postings   │ combination│ row in     │
//	│ posting    │ of the tile│ summary    │ starts     │   4 × uint32
//	├────────────┴────────────┴────────────┴────────────┤
//	│ postings of the tile before each row of cells     │   8 × uint16
//	├───────────────────────────────────────────────────┤
//	│ postings in each cell, 4 bits a cell, 8 cells a   │   8 × uint32
//	│ row, the westernmost in the lowest bits           │
//	└───────────────────────────────────────────────────┘
//
// A crowded tile, one with more than 15 postings in a cell, has zeros for the
// two lower parts and, in starts, the number of its postings before each of its
// 64 cells, and the end. Other tiles have 2^32-1 as row in starts.
//
// # From a position to its postings
//
//	window ─► tiles ─► segment whose range holds the tile     (package grid)
//	              └─► prefix hash(block) ─► which tiles it has
//	                     popcount below the tile ─► its row in tiles
//	                        sums of 4-bit counts ─► ranges of postings
//
// The prefix hash maps a block, the leading 32 bits of a cell's sort key, to
// its tiles. It has up to 8 stages, each a table of its own size: a block is in
// the first stage in which its slot was free, so a look-up looks at one slot a
// stage at most. A segment without a hash, or with one that does not verify
// when the file is opened, is searched by bisection over blocks.
//
// # Combinations
//
// A posting names a combination: the deduplicated set of labels that it shares
// with others. A caller decides which combinations can be seen and passes them
// as a Visible; postings of others are passed over, whole tiles of them by the
// 32-bit summary in the tile's body (bit: combination modulo 32) without a look
// at the postings.
//
// # Integrity
//
// Open checks the header, the section table and every checksum; Verify checks
// each invariant above as well. A file that was cut or replaced under a live
// mapping makes the kernel raise a fault: callers run their look-ups inside
// Protect, which turns it into an error.
package index
