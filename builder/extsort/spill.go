package extsort

import "errors"

// spillWhenWanted is the spill goroutine.
func (s *Sorter) spillWhenWanted() {
	for {
		select {
		case <-s.pool.wanted:
			if err := s.spill(); err != nil {
				s.fail(err)
				return
			}
		case <-s.sorterIdle:
			return
		}
	}
}

// spill writes all memory runs to one run file.
func (s *Sorter) spill() error {
	s.spilling.Lock()
	defer s.spilling.Unlock()
	runs := s.takeMemory()
	if len(runs) == 0 {
		return nil
	}
	run, err := s.write(s.memoryFeeds(runs, s.pool.release))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.disk = append(s.disk, run)
	s.mu.Unlock()
	return nil
}

func (s *Sorter) takeMemory() []*memRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	runs := s.memory
	s.memory = nil
	return runs
}

func (s *Sorter) memoryFeeds(runs []*memRun, drop func(extent)) []feed {
	var feeds []feed
	for _, r := range runs {
		feeds = append(feeds, &memFeed{pool: s.pool, segments: r.segments, drop: drop})
	}
	return feeds
}

// write merges feeds into a new run file. The caller holds spilling.
func (s *Sorter) write(feeds []feed) (diskRun, error) {
	m := merge(s.ctx, feeds, s.blocks, s.inline())
	if s.folder == nil {
		f, err := newFolder(s.options.tempDir())
		if err != nil {
			return diskRun{}, errors.Join(err, m.wait())
		}
		s.folder = f
	}
	s.mu.Lock()
	s.lastRun++
	id := s.lastRun
	s.mu.Unlock()
	run, err := writeRun(s.files, s.sums, s.folder.path, id, m)
	if err != nil {
		return diskRun{}, err
	}
	s.mu.Lock()
	s.spilled += run.bytes
	s.mu.Unlock()
	return run, nil
}
