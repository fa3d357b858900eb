package extsort

import "sync"

// extent is a number of neighbouring slabs.
type extent struct{ first, slabs int }

// pool hands out the slabs of one region. The lowest free slabs go first, so
// that little data touches little memory.
type pool struct {
	geometry
	region region
	wanted chan struct{} // told when somebody waits for slabs

	mu     sync.Mutex
	freed  *sync.Cond
	used   []bool // by slab
	lowest int    // no slab below is free
	inUse  int
	peak   int
	err    error // why waiting is pointless
}

func newPool(g geometry, huge bool) (*pool, error) {
	r, err := reserve(g.slab*g.slabs, huge)
	if err != nil {
		return nil, err
	}
	p := &pool{
		geometry: g,
		region:   r,
		wanted:   make(chan struct{}, 1),
		used:     make([]bool, g.slabs),
	}
	p.freed = sync.NewCond(&p.mu)
	return p, nil
}

func (p *pool) bytes(e extent) []byte {
	end := (e.first + e.slabs) * p.slab
	return p.region.bytes[e.first*p.slab : end : end]
}

// acquire returns n neighbouring slabs and waits for them when need be.
func (p *pool) acquire(n int) (extent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.err != nil {
			return extent{}, p.err
		}
		if e, ok := p.take(n); ok {
			return e, nil
		}
		p.want()
		p.freed.Wait()
	}
}

// tryAcquire returns n neighbouring slabs if there are any now.
func (p *pool) tryAcquire(n int) (extent, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.take(n)
}

// take is first fit.
func (p *pool) take(n int) (extent, bool) {
	for p.lowest < len(p.used) && p.used[p.lowest] {
		p.lowest++
	}
	run := 0
	for i := p.lowest; i < len(p.used); i++ {
		if p.used[i] {
			run = 0
			continue
		}
		if run++; run == n {
			e := extent{i - n + 1, n}
			p.mark(e, true)
			return e, true
		}
	}
	return extent{}, false
}

func (p *pool) mark(e extent, used bool) {
	for i := range e.slabs {
		p.used[e.first+i] = used
	}
	if used {
		p.inUse += e.slabs
		p.peak = max(p.peak, p.inUse)
		return
	}
	p.inUse -= e.slabs
	p.lowest = min(p.lowest, e.first)
}

func (p *pool) release(e extent) {
	p.mu.Lock()
	p.mark(e, false)
	p.mu.Unlock()
	p.freed.Broadcast()
}

// discard releases slabs and gives their memory back to the system. Memory in
// small slabs is not worth the calls.
func (p *pool) discard(e extent) {
	if p.slab == maxSlab {
		p.region.discard(p.bytes(e))
	}
	p.release(e)
}

func (p *pool) free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slabs - p.inUse
}

func (p *pool) peakSlabs() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peak
}

// want asks whoever reads wanted to free slabs. It never blocks.
func (p *pool) want() {
	select {
	case p.wanted <- struct{}{}:
	default:
	}
}

// fail ends all waiting, now and later, with err.
func (p *pool) fail(err error) {
	p.mu.Lock()
	if p.err == nil {
		p.err = err
	}
	p.mu.Unlock()
	p.freed.Broadcast()
}

// borrow returns a buffer of n slabs' size on the Go heap, which outlives the
// region, and sets as many slabs aside without memory under them.
func (p *pool) borrow(n int) []byte {
	for range n {
		if e, ok := p.tryAcquire(1); ok {
			p.region.discard(p.bytes(e))
		}
	}
	return make([]byte, n*p.slab)
}
