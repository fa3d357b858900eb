package extsort

import "unsafe"

// entry is one record of a chunk: its key, and where in the region it begins.
type entry struct{ key, pos uint64 }

const entrySize = int(unsafe.Sizeof(entry{}))

// newIndex takes slabs for n entries. The pool's memory is aligned for them
// and entries have no pointers.
func newIndex(p *pool, n int) ([]entry, extent, error) {
	e, err := p.acquire(p.slabsFor(n * entrySize))
	if err != nil {
		return nil, extent{}, err
	}
	first := (*entry)(unsafe.Pointer(unsafe.SliceData(p.bytes(e))))
	return unsafe.Slice(first, n), e, nil
}

// chunk is records in arrival order with an index to sort. Its index stays
// from use to use, its slabs go with its records.
type chunk struct {
	index []entry
	home  extent // of the index
	n     int    // entries in use
	slabs []extent
	room  []byte // what is left of the last slab
	pos   uint64 // where in the region room begins
	held  int    // slabs held
}

func (c *chunk) reset() {
	c.n, c.held = 0, 0
	c.slabs = c.slabs[:0]
	c.room = nil
}

// put copies a record if there is room for it.
func (c *chunk) put(key uint64, payload []byte) bool {
	size := recordSize(len(payload))
	if size > len(c.room) || c.n == len(c.index) {
		return false
	}
	c.index[c.n] = entry{key, c.pos}
	c.n++
	putRecord(c.room, key, payload)
	c.room = c.room[size:]
	c.pos += uint64(size)
	return true
}

// grow gives the chunk a slab to put records in.
func (c *chunk) grow(p *pool, e extent) {
	c.slabs = append(c.slabs, e)
	c.open(p, e)
	c.room = c.room[:p.inline()]
}

// putLarge puts a record that has slabs of its own. They stay the record's
// when the chunk's are released.
func (c *chunk) putLarge(p *pool, e extent, key uint64, payload []byte) {
	c.open(p, e)
	c.put(key, payload)
	c.room = nil
}

func (c *chunk) open(p *pool, e extent) {
	c.held += e.slabs
	c.room = p.bytes(e)
	c.pos = uint64(e.first) * uint64(p.slab)
}
