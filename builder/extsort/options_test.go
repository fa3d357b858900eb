package extsort

import (
	"testing"

	"pgregory.net/rapid"
)

// TestGeometry holds the shares against what freedom from deadlock rests on:
// what cannot be spilled leaves room, and two run files can always be merged.
func TestGeometry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		memory := rapid.Int64Range(0, 1<<36).Draw(t, "memory")
		g := Options{Memory: memory}.geometry()
		if memory == 0 {
			memory = DefaultMemory
		}
		if held := int64(g.slabs+outBlocks) * int64(g.slab); held > max(memory, MinMemory) {
			t.Errorf("%d bytes of %d", held, memory)
		}
		indexes := 3 * g.slabsFor(g.index*entrySize)
		chunks := 2*(g.chunk+g.record) + g.chunk
		if indexes+chunks >= g.slabs {
			t.Errorf("%d slabs of index and %d of chunks in %d", indexes, chunks, g.slabs)
		}
		if merge := 2*readAheadBlocks*g.record + g.record; merge > g.slabs {
			t.Errorf("%d slabs to merge two files in %d", merge, g.slabs)
		}
		if size := recordSize(g.maxPayload()) + blockHeader; g.slabsFor(size) > g.record {
			t.Errorf("the largest record takes %d slabs of %d", g.slabsFor(size), g.record)
		}
	})
}
