package extsort

import "encoding/binary"

// segment is whole records, in order, at the beginning of an extent.
type segment struct {
	extent
	size int // bytes
}

// memRun is sorted records in memory.
type memRun struct {
	segments []segment
	records  int64
	largest  int // bytes of the largest record
}

// gatherAhead is how many records are touched before they are copied. They lie
// at random; touched together, their cache misses overlap.
const gatherAhead = 16

// gather copies the records of a sorted index into slabs of their own. A
// record too large to share a slab keeps the slabs it has.
func gather(p *pool, index []entry) (*memRun, error) {
	g := gathering{pool: p, run: &memRun{records: int64(len(index))}}
	mem := p.region.bytes
	var sizes [gatherAhead]int
	for len(index) > 0 {
		batch := index[:min(gatherAhead, len(index))]
		index = index[len(batch):]
		for i := range batch {
			sizes[i] = sizeAt(mem, batch[i].pos)
		}
		for i := range batch {
			pos, size := batch[i].pos, sizes[i]
			if size > len(g.room) {
				moved, err := g.next(pos, size)
				if err != nil {
					g.abandon()
					return nil, err
				}
				if moved {
					continue
				}
			}
			copy(g.room, mem[pos:pos+uint64(size)])
			g.room = g.room[size:]
		}
	}
	g.seal()
	return g.run, nil
}

// sizeAt returns the size of the record at pos.
func sizeAt(mem []byte, pos uint64) int {
	if n := mem[pos+keySize]; n < 0x80 {
		return keySize + 1 + int(n)
	}
	n, size := binary.Uvarint(mem[pos+keySize:])
	return keySize + size + int(n)
}

// gathering is a memory run that is being written.
type gathering struct {
	pool *pool
	run  *memRun
	open bool
	last extent
	room []byte // what is left of last
}

// next makes room for a record, or moves it with its slabs.
func (g *gathering) next(pos uint64, size int) (moved bool, err error) {
	g.seal()
	if size > g.pool.inline() {
		e := extent{int(pos) / g.pool.slab, g.pool.slabsFor(size)}
		g.run.segments = append(g.run.segments, segment{e, size})
		g.run.largest = max(g.run.largest, size)
		return true, nil
	}
	g.last, err = g.pool.acquire(1)
	if err != nil {
		return false, err
	}
	g.open, g.room = true, g.pool.bytes(g.last)[:g.pool.inline()]
	return false, nil
}

// seal ends the segment that is being written.
func (g *gathering) seal() {
	if !g.open {
		return
	}
	size := g.pool.inline() - len(g.room)
	g.run.segments = append(g.run.segments, segment{g.last, size})
	g.open, g.room = false, nil
}

// abandon lets go of the open slab; the sorter has failed and unmaps the rest.
func (g *gathering) abandon() {
	if g.open {
		g.pool.release(g.last)
	}
}
