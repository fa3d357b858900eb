package extsort

import (
	"math/bits"
	"os"
)

// Memory a sorter gets: when Options says nothing, and at the very least.
const (
	DefaultMemory = 1 << 30
	MinMemory     = 64 << 10
)

// Options sets up a Sorter. The zero value is useful.
type Options struct {
	// Memory is the most the sorter holds, in bytes: chunks, index, runs,
	// merge and read-ahead buffers. Goroutine stacks and bookkeeping come on
	// top and stay below 1 MiB (on systems other than Linux the memory is on
	// the Go heap). Zero means DefaultMemory; less than MinMemory means
	// MinMemory. A payload may be up to about an eighth of it.
	Memory int64
	// TempDir is where the folder of run files is made. Empty means
	// os.TempDir.
	TempDir string

	files fileSystem // faults are injected here; nil is the real one
	fanIn int        // run files merged at once; zero is maxFanIn
}

// Shares of the memory. They were measured at 1 GiB and 10⁷ records.
const (
	slabsWanted     = 512     // slabs the memory is cut into, within the limits
	minSlab         = 1 << 10 // bytes
	maxSlab         = 2 << 20 // bytes; one huge page
	outBlocks       = 3       // blocks between a merge and its reader
	chunkShare      = 32      // a chunk's records take up to 1/32 of the slabs
	indexShare      = 2048    // a chunk has up to one index entry per 2048 bytes
	minIndex        = 64      // entries
	maxIndex        = 1 << 21 // entries; keeps sorting near the cache
	recordShare     = 8       // a record takes up to 1/8 of the slabs
	lowWaterChunks  = 3       // fewer free slabs than this many chunks: spill
	maxFanIn        = 256     // files open at once
	readAheadBlocks = 2       // blocks held per run file that is merged
)

// geometry is how a sorter cuts up its memory.
type geometry struct {
	slab   int // bytes of a slab, a power of two
	slabs  int // slabs in the pool
	chunk  int // slabs of a chunk
	index  int // index entries of a chunk
	record int // slabs of the largest record
	fanIn  int // run files merged at once
}

func (o Options) geometry() geometry {
	memory := o.Memory
	if memory == 0 {
		memory = DefaultMemory
	}
	memory = max(memory, MinMemory)
	slab := min(max(1<<(bits.Len64(uint64(memory/slabsWanted))-1), minSlab), maxSlab)
	slabs := int(memory/int64(slab)) - outBlocks
	g := geometry{
		slab:   slab,
		slabs:  slabs,
		chunk:  max(slabs/chunkShare, 2),
		index:  int(min(max(memory/indexShare, minIndex), maxIndex)),
		record: slabs / recordShare,
		fanIn:  o.fanIn,
	}
	if g.fanIn == 0 {
		g.fanIn = maxFanIn
	}
	return g
}

// inline is the largest record that shares a slab, and a block, with others.
func (g geometry) inline() int { return g.slab - blockHeader }

// slabsFor returns how many slabs hold n bytes.
func (g geometry) slabsFor(n int) int { return (n + g.slab - 1) / g.slab }

// maxPayload is the largest payload that a sorter takes.
func (g geometry) maxPayload() int { return g.record*g.slab - blockHeader - maxRecordHead }

func (o Options) tempDir() string {
	if o.TempDir == "" {
		return os.TempDir()
	}
	return o.TempDir
}
