package extsort

import (
	"context"
	"errors"
	"sync"
)

// block is merged records on their way out.
type block struct {
	buf  []byte // header room, then records
	used int    // bytes of buf, header room included
	// lent is one record too large for a block, still in the run's memory;
	// giving the block back ends the loan.
	lent []byte
}

// records returns the records of the block.
func (b *block) records() []byte {
	if b.lent != nil {
		return b.lent
	}
	return b.buf[blockHeader:b.used]
}

// merging merges runs in a goroutine of its own, a few blocks ahead of its
// reader.
type merging struct {
	sources []*source
	inline  int
	full    chan *block // merged; closed at the end
	empty   chan *block // given back by the reader
	stop    context.CancelFunc
	done    sync.WaitGroup
	err     error // valid once full is closed
}

// merge starts merging feeds into blocks, which it owns until wait returns.
func merge(ctx context.Context, feeds []feed, blocks []*block, inline int) *merging {
	ctx, stop := context.WithCancel(ctx)
	m := &merging{
		inline: inline,
		full:   make(chan *block, len(blocks)),
		empty:  make(chan *block, len(blocks)+1),
		stop:   stop,
	}
	for _, f := range feeds {
		m.sources = append(m.sources, &source{feed: f})
	}
	for _, b := range blocks {
		m.empty <- b
	}
	m.done.Go(func() {
		defer close(m.full)
		m.err = m.run(ctx)
	})
	return m
}

// wait stops the merge if it still runs and closes the feeds.
func (m *merging) wait() error {
	m.stop()
	m.done.Wait()
	var errs []error
	for _, s := range m.sources {
		errs = append(errs, s.feed.close())
	}
	return errors.Join(errs...)
}

func (m *merging) run(ctx context.Context) error {
	if len(m.sources) == 0 {
		return nil
	}
	for _, s := range m.sources {
		if err := s.refill(); err != nil {
			return err
		}
	}
	out, err := m.nextEmpty(ctx)
	if err != nil {
		return err
	}
	tree := newLoserTree(m.sources)
	for {
		s := tree.winner()
		if s.ended {
			break
		}
		if s.rec.end > len(out.buf)-out.used {
			if out, err = m.flush(ctx, out, s); err != nil {
				return err
			}
		}
		if s.rec.end <= m.inline {
			out.used += copy(out.buf[out.used:], s.buf[:s.rec.end])
		}
		if err := s.advance(); err != nil {
			return err
		}
		tree.replay()
	}
	return m.send(ctx, out)
}

// flush sends out, and after it the record of s if that is too large to be
// copied. It returns an empty block.
func (m *merging) flush(ctx context.Context, out *block, s *source) (*block, error) {
	if err := m.send(ctx, out); err != nil {
		return nil, err
	}
	if s.rec.end > m.inline {
		if err := m.lend(ctx, s.buf[:s.rec.end]); err != nil {
			return nil, err
		}
	}
	return m.nextEmpty(ctx)
}

func (m *merging) send(ctx context.Context, b *block) error {
	if b.lent == nil && b.used == blockHeader {
		m.empty <- b
		return nil
	}
	select {
	case m.full <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lend sends a record where it lies and waits until the reader is done with it.
func (m *merging) lend(ctx context.Context, rec []byte) error {
	loan := &block{lent: rec}
	if err := m.send(ctx, loan); err != nil {
		return err
	}
	var back []*block
	defer func() {
		for _, b := range back {
			m.empty <- b
		}
	}()
	for {
		select {
		case b := <-m.empty:
			if b == loan {
				return nil
			}
			back = append(back, b)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (m *merging) nextEmpty(ctx context.Context) (*block, error) {
	select {
	case b := <-m.empty:
		b.used = blockHeader
		return b, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
