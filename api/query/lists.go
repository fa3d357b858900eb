package query

import "encoding/binary"

// listNo numbers the lists of one lists.
type listNo uint32

// lists stores lists of numbers, equal ones once. List 0 is the empty one.
type lists[T ~uint32] struct {
	items []T
	ends  []uint32 // of each list, in items
	byKey map[string]listNo
	key   []byte
}

func newLists[T ~uint32]() *lists[T] {
	l := &lists[T]{byKey: map[string]listNo{}}
	l.add(nil)
	return l
}

// add returns the number of the list with these items, in this order.
func (l *lists[T]) add(items []T) listNo {
	l.key = l.key[:0]
	for _, item := range items {
		l.key = binary.LittleEndian.AppendUint32(l.key, uint32(item))
	}
	if n, ok := l.byKey[string(l.key)]; ok {
		return n
	}
	n := listNo(len(l.ends))
	l.items = append(l.items, items...)
	l.ends = append(l.ends, uint32(len(l.items)))
	l.byKey[string(l.key)] = n
	return n
}

// freeze frees what only add needs.
func (l *lists[T]) freeze() { l.byKey, l.key = nil, nil }

// len is the number of lists.
func (l *lists[T]) len() int { return len(l.ends) }

// of are the items of a list, to be read only.
func (l *lists[T]) of(n listNo) []T {
	first := uint32(0)
	if n > 0 {
		first = l.ends[n-1]
	}
	return l.items[first:l.ends[n]]
}
