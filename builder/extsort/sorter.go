package extsort

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Sorter takes records in any order and hands them out sorted. Its methods are
// called from one goroutine; it uses others of its own. Close it in any case.
type Sorter struct {
	geometry
	options Options
	files   fileSystem
	sums    checksums

	ctx    context.Context // ends with the sorter, or with its first failure
	cancel context.CancelCauseFunc

	// Set up by the first record.
	pool       *pool
	blocks     []*block
	scratch    []entry
	scratchAt  extent
	filled     chan *chunk // to the sort goroutine
	empty      chan *chunk // from it
	sorterIdle chan struct{}
	background sync.WaitGroup

	chunk   *chunk // being filled
	sorted  atomic.Bool
	closed  bool
	unwatch func() bool // stops watching Sort's context
	output  *merging    // read by the iterator

	spilling sync.Mutex // one spill at a time; guards blocks and folder
	folder   *folder

	mu      sync.Mutex
	memory  []*memRun
	disk    []diskRun
	lastRun uint32
	records int64
	bytes   int64
	spilled int64
	passes  int
	largest int // bytes of the largest record beyond inline, else 0
}

// Stats tells what a sorter has done so far.
type Stats struct {
	Records      int64 // added
	Bytes        int64 // of their payloads
	Runs         int   // run files written, those of merge passes included
	SpilledBytes int64 // written to run files
	MergePasses  int   // merges of run files into a larger one
	PeakMemory   int64 // bytes held at most, of Options.Memory
}

// New returns an empty sorter. It takes no memory before the first record and
// touches no file unless the records don't fit in memory.
func New(o Options) *Sorter {
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &Sorter{
		geometry: o.geometry(), options: o, files: o.files, sums: newChecksums(),
		ctx: ctx, cancel: cancel,
	}
	if s.files == nil {
		s.files = osFiles{}
	}
	return s
}

// Add adds a record and copies its payload. An error means that the sorter can
// only be closed, except for ErrTooLarge, which leaves it as it was.
func (s *Sorter) Add(key uint64, payload []byte) error {
	if s.chunk == nil || !s.chunk.put(key, payload) {
		if err := s.addSlowly(key, payload); err != nil {
			return err
		}
	}
	s.records++
	s.bytes += int64(len(payload))
	return nil
}

func (s *Sorter) addSlowly(key uint64, payload []byte) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.sorted.Load():
		return ErrSorted
	case len(payload) > s.maxPayload():
		return fmt.Errorf("%w: %d bytes where %d are possible; set Memory to %d times the payload or more",
			ErrTooLarge, len(payload), s.maxPayload(), 2*recordShare)
	case s.ctx.Err() != nil:
		return context.Cause(s.ctx)
	}
	if err := s.start(); err != nil {
		return err
	}
	if size := recordSize(len(payload)); size > s.inline() {
		return s.addLarge(key, payload, size)
	}
	if s.chunk.held >= s.geometry.chunk || s.chunk.n == len(s.chunk.index) {
		s.handOver()
	}
	e, err := s.pool.acquire(1)
	if err != nil {
		return err
	}
	s.chunk.grow(s.pool, e)
	s.chunk.put(key, payload)
	return nil
}

// addLarge adds a record that has slabs of its own.
func (s *Sorter) addLarge(key uint64, payload []byte, size int) error {
	if s.chunk.held >= s.geometry.chunk || s.chunk.n == len(s.chunk.index) {
		s.handOver()
	}
	n := s.slabsFor(size)
	e, ok := s.pool.tryAcquire(n)
	if !ok {
		// There may be free slabs, but not side by side: with nothing left
		// in memory there are.
		s.drain()
		if err := s.spill(); err != nil {
			s.fail(err)
			return err
		}
		var err error
		if e, err = s.pool.acquire(n); err != nil {
			return err
		}
	}
	s.largest = max(s.largest, size)
	s.chunk.putLarge(s.pool, e, key, payload)
	return nil
}

// start takes the memory and starts the goroutines, once.
func (s *Sorter) start() (err error) {
	if s.pool != nil {
		return nil
	}
	const hugeFrom = 32 << 20 // bytes; less is soon touched by small pages
	if s.pool, err = newPool(s.geometry, s.slab*s.slabs >= hugeFrom); err != nil {
		s.fail(err)
		return err
	}
	for range outBlocks {
		s.blocks = append(s.blocks, &block{buf: make([]byte, s.slab)})
	}
	s.filled, s.empty = make(chan *chunk, 1), make(chan *chunk, 2)
	for range cap(s.empty) {
		c := &chunk{}
		if c.index, c.home, err = newIndex(s.pool, s.index); err != nil {
			return err
		}
		s.empty <- c
	}
	if s.scratch, s.scratchAt, err = newIndex(s.pool, s.index); err != nil {
		return err
	}
	s.chunk = <-s.empty
	s.sorterIdle = make(chan struct{})
	s.background.Go(s.sortChunks)
	s.background.Go(s.spillWhenWanted)
	return nil
}

// handOver sends the chunk to be sorted and takes an empty one.
func (s *Sorter) handOver() {
	s.filled <- s.chunk
	s.chunk = <-s.empty
}

// drain waits until every record is in a run.
func (s *Sorter) drain() {
	s.handOver()
	other := <-s.empty
	s.empty <- other
}

// sortChunks is the sort goroutine.
func (s *Sorter) sortChunks() {
	defer close(s.sorterIdle)
	for c := range s.filled {
		if s.ctx.Err() == nil {
			if err := s.sortChunk(c); err != nil {
				s.fail(err)
			}
		}
		c.reset()
		s.empty <- c
	}
}

// sortChunk turns a chunk into a memory run.
func (s *Sorter) sortChunk(c *chunk) error {
	if c.n == 0 {
		return nil
	}
	sorting{s.pool.region.bytes}.sort(c.index[:c.n], s.scratch[:c.n])
	run, err := gather(s.pool, c.index[:c.n])
	if err != nil {
		return err
	}
	for _, e := range c.slabs {
		s.pool.release(e)
	}
	s.mu.Lock()
	s.memory = append(s.memory, run)
	s.mu.Unlock()
	if !s.sorted.Load() && s.pool.free() < lowWaterChunks*s.geometry.chunk {
		s.pool.want()
	}
	return nil
}

// fail makes everything stop with err. The first failure counts.
func (s *Sorter) fail(err error) {
	s.cancel(err)
	if s.pool != nil {
		s.pool.fail(context.Cause(s.ctx))
	}
}

// Stats may be called before and after Sort and Close.
func (s *Sorter) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Records:      s.records,
		Bytes:        s.bytes,
		Runs:         int(s.lastRun),
		SpilledBytes: s.spilled,
		MergePasses:  s.passes,
	}
	if s.pool != nil {
		st.PeakMemory = int64(s.pool.peakSlabs()+outBlocks) * int64(s.slab)
	}
	return st
}

// Close stops everything, waits for it, removes the run files and gives the
// memory back. Closing twice is fine.
func (s *Sorter) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.unwatch != nil {
		s.unwatch()
	}
	s.fail(ErrClosed)
	if s.filled != nil && !s.sorted.Load() {
		close(s.filled)
	}
	s.background.Wait()
	s.chunk = nil
	var errs []error
	if s.output != nil {
		errs = append(errs, s.output.wait())
	}
	if s.pool != nil {
		errs = append(errs, s.pool.region.unmap())
		s.pool.region = region{}
	}
	if s.folder != nil {
		errs = append(errs, s.folder.remove())
	}
	return errors.Join(errs...)
}
