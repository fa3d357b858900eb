package extsort

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// readsAtOnce bounds the reads that wait for the disk at a time.
const readsAtOnce = 4

// Sort ends the adding and starts the output. ctx governs the iterator too.
// The sorter must stay open as long as the iterator is read.
func (s *Sorter) Sort(ctx context.Context) (*Iterator, error) {
	switch {
	case s.closed:
		return nil, ErrClosed
	case s.sorted.Swap(true):
		return nil, ErrSorted
	}
	s.unwatch = context.AfterFunc(ctx, func() {
		s.fail(context.Cause(ctx))
	})
	if s.pool != nil {
		s.finishChunks()
	}
	feeds, bounce, err := s.finalFeeds()
	if err != nil {
		s.fail(err)
		return nil, err
	}
	s.output = merge(s.ctx, feeds, s.blocks, s.inline())
	return &Iterator{sorter: s, ctx: ctx, merging: s.output, loan: bounce}, nil
}

// finishChunks brings the last records into runs and ends the background.
func (s *Sorter) finishChunks() {
	s.filled <- s.chunk
	s.chunk = nil
	close(s.filled)
	s.background.Wait()
	for range cap(s.empty) {
		c := <-s.empty
		s.pool.discard(c.home)
	}
	s.pool.discard(s.scratchAt)
	s.scratch = nil
}

// finalFeeds opens everything that the last merge reads. If there are large
// records, it returns a buffer for one, paid for out of the memory.
func (s *Sorter) finalFeeds() ([]feed, []byte, error) {
	if s.ctx.Err() != nil {
		return nil, nil, fmt.Errorf("sort: %w", context.Cause(s.ctx))
	}
	if s.pool == nil {
		return nil, nil, nil
	}
	bounce := s.slabsFor(s.largest)
	if err := s.makeRoom(bounce); err != nil {
		return nil, nil, err
	}
	if err := s.reduce(bounce); err != nil {
		return nil, nil, err
	}
	feeds, err := s.openRuns(s.disk)
	if err != nil {
		return nil, nil, err
	}
	feeds = append(feeds, s.memoryFeeds(s.takeMemory(), s.pool.discard)...)
	return feeds, s.pool.borrow(bounce), nil
}

// makeRoom spills what is in memory if the last merge needs its slabs.
func (s *Sorter) makeRoom(bounce int) error {
	needed := bounce
	for _, r := range s.disk {
		needed += readAheadBlocks * r.bufferSlabs(s.geometry)
	}
	// Buffers for large records need neighbouring slabs.
	scattered := bounce > 0 && len(s.disk) > 0
	if needed <= s.pool.free() && len(s.disk) <= s.fanIn && !scattered {
		return nil
	}
	return s.spill()
}

// reduce merges run files, the small ones first, until the rest can be merged
// at once.
func (s *Sorter) reduce(bounce int) error {
	for {
		slices.SortStableFunc(s.disk, func(a, b diskRun) int { return cmp.Compare(a.bytes, b.bytes) })
		atOnce := s.mergeable(bounce)
		if atOnce == len(s.disk) {
			return nil
		}
		n := max(min(atOnce, len(s.disk)-atOnce+1), 2)
		merged, err := s.mergePass(s.disk[:n])
		if err != nil {
			return err
		}
		s.disk = append(slices.Clone(s.disk[n:]), merged)
	}
}

// mergeable returns how many run files, from the first, can be merged at once.
func (s *Sorter) mergeable(bounce int) int {
	room := s.pool.free() - bounce
	for i, r := range s.disk {
		room -= readAheadBlocks * r.bufferSlabs(s.geometry)
		if room < 0 || i == s.fanIn {
			return i
		}
	}
	return len(s.disk)
}

// mergePass makes one run file of several, which it removes.
func (s *Sorter) mergePass(runs []diskRun) (diskRun, error) {
	s.spilling.Lock()
	defer s.spilling.Unlock()
	feeds, err := s.openRuns(runs)
	if err != nil {
		return diskRun{}, err
	}
	merged, err := s.write(feeds)
	if err != nil {
		return diskRun{}, err
	}
	s.passes++
	var errs []error
	for _, r := range runs {
		errs = append(errs, s.files.remove(r.path))
	}
	return merged, errors.Join(errs...)
}

func (s *Sorter) openRuns(runs []diskRun) ([]feed, error) {
	disk := make(chan struct{}, readsAtOnce)
	var feeds []feed
	for _, r := range runs {
		f, err := openRun(s.ctx, s.files, s.sums, s.pool, r, disk)
		if err != nil {
			errs := []error{err}
			for _, f := range feeds {
				errs = append(errs, f.close())
			}
			return nil, errors.Join(errs...)
		}
		feeds = append(feeds, f)
	}
	return feeds, nil
}
