package extsort

import (
	"context"
	"fmt"
)

// Iterator hands out the records in order, once.
type Iterator struct {
	sorter  *Sorter
	ctx     context.Context // Sort's; the sorter's own follows it with a delay
	merging *merging
	block   *block // that rest is part of
	rest    []byte // records yet to come
	key     uint64
	payload []byte
	loan    []byte // copies of large records
	err     error
}

// Next goes to the next record. It returns false at the end and after a
// failure; Err tells which.
func (it *Iterator) Next() bool {
	if len(it.rest) == 0 && !it.refill() {
		return false
	}
	rec, ok := parseRecord(it.rest)
	if !ok {
		it.fail(fmt.Errorf("%w: a record runs past its block", ErrCorrupt))
		return false
	}
	it.key, it.payload = rec.key, it.rest[rec.head:rec.end:rec.end]
	it.rest = it.rest[rec.end:]
	return true
}

// Key returns the key of the current record.
func (it *Iterator) Key() uint64 { return it.key }

// Payload returns the payload of the current record. It is valid until Next or
// Close.
func (it *Iterator) Payload() []byte { return it.payload }

// Err returns why Next returned false early, or nil.
func (it *Iterator) Err() error { return it.err }

// Close closes the sorter.
func (it *Iterator) Close() error {
	it.end()
	return it.sorter.Close()
}

// refill goes to the next block.
func (it *Iterator) refill() bool {
	if it.err != nil || it.merging == nil {
		return false
	}
	if it.block != nil {
		it.merging.empty <- it.block
		it.block = nil
	}
	b, ok := <-it.merging.full
	if !ok {
		it.fail(it.merging.err)
		return false
	}
	for _, ctx := range []context.Context{it.ctx, it.sorter.ctx} {
		if ctx.Err() != nil {
			it.fail(fmt.Errorf("sort: %w", context.Cause(ctx)))
			return false
		}
	}
	if b.lent != nil {
		it.rest = it.loan[:copy(it.loan, b.lent)]
		it.merging.empty <- b
		return true
	}
	it.block, it.rest = b, b.records()
	return true
}

func (it *Iterator) fail(err error) {
	it.err = err
	it.end()
}

func (it *Iterator) end() {
	it.merging, it.rest, it.key, it.payload = nil, nil, 0, nil
}
