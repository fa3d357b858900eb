package extsort

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// fileFeed reads a run file ahead in a goroutine of its own.
type fileFeed struct {
	reader  runReader
	file    file
	pool    *pool
	buffers []extent
	disk    chan struct{} // takes as many tokens as reads may run at once
	empty   chan []byte
	full    chan []byte // closed at the end
	stop    context.CancelFunc
	done    sync.WaitGroup
	err     error  // valid once full is closed
	buffer  []byte // lent to the merge
}

// bufferSlabs returns the slabs of one read-ahead buffer: a block and the
// header of the block after it.
func (r diskRun) bufferSlabs(g geometry) int { return g.slabsFor(r.largest + blockHeader) }

// openRun starts reading a run. The pool has the slabs for it.
func openRun(ctx context.Context, files fileSystem, sums checksums, p *pool, run diskRun, disk chan struct{}) (*fileFeed, error) {
	file, err := files.open(run.path)
	if err != nil {
		return nil, fmt.Errorf("open sort run: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	f := &fileFeed{
		reader: runReader{run: run, file: file, sums: sums},
		file:   file,
		pool:   p,
		disk:   disk,
		empty:  make(chan []byte, readAheadBlocks),
		full:   make(chan []byte, readAheadBlocks),
		stop:   stop,
	}
	for range readAheadBlocks {
		e, err := p.acquire(run.bufferSlabs(p.geometry))
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		f.buffers = append(f.buffers, e)
		f.empty <- p.bytes(e)
	}
	f.done.Go(func() {
		defer close(f.full)
		f.err = f.read(ctx)
	})
	return f, nil
}

func (f *fileFeed) next() ([]byte, error) {
	if f.buffer != nil {
		f.empty <- f.buffer[:cap(f.buffer)]
	}
	f.buffer = <-f.full
	if f.buffer == nil {
		return nil, f.err
	}
	return f.buffer, nil
}

func (f *fileFeed) close() error {
	f.stop()
	f.done.Wait()
	for _, e := range f.buffers {
		f.pool.release(e)
	}
	f.buffers = nil
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("close sort run: %w", err)
	}
	return nil
}

// read is the read-ahead goroutine.
func (f *fileFeed) read(ctx context.Context) error {
	for {
		var buffer []byte
		select {
		case buffer = <-f.empty:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case f.disk <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		records, err := f.reader.next(buffer)
		<-f.disk
		if err != nil || records == nil {
			return err
		}
		f.full <- records
	}
}
