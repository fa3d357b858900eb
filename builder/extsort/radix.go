package extsort

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Radix sort from the most significant digit, out of place, back and forth
// between two arrays. A digit begins at the highest bit in which the keys of a
// bucket differ, so that shared prefixes (neighbouring cells) cost nothing.
const (
	wideBits     = 11 // digit of large buckets
	wideMin      = 1 << 14
	narrowBits   = 8
	insertionMax = 24 // sorted by insertion
)

// keyDepth says that buckets are still told apart by key; a depth ≥ 0 is the
// number of payload bytes that a bucket is known to share.
const keyDepth = -1

// sorting orders the records that lie in mem.
type sorting struct{ mem []byte }

// sort orders index by key and payload; scratch is as long. The keys of
// entries with equal keys are overwritten.
func (s sorting) sort(index, scratch []entry) { s.bucket(index, scratch, keyDepth, false) }

// bucket sorts a. The result is in b if other is set, else in a.
func (s sorting) bucket(a, b []entry, depth int, other bool) {
	for len(a) > insertionMax {
		if diff := spread(a); diff != 0 {
			top := bits.Len64(diff)
			if len(a) >= wideMin {
				s.wide(a, b, uint(max(top-wideBits, 0)), depth, other)
			} else {
				s.narrow(a, b, uint(max(top-narrowBits, 0)), depth, other)
			}
			return
		}
		if depth != keyDepth && windowEnds(a[0].key) {
			break
		}
		depth = s.deepen(a, depth)
	}
	if len(a) <= insertionMax {
		s.insertion(a, depth)
	}
	if other {
		copy(b, a)
	}
}

// spread returns the bits in which the keys of a differ.
func spread(a []entry) uint64 {
	first, diff := a[0].key, uint64(0)
	for i := range a {
		diff |= a[i].key ^ first
	}
	return diff
}

func (s sorting) wide(a, b []entry, shift uint, depth int, other bool) {
	var next [1 << wideBits]uint32
	for i := range a {
		next[a[i].key>>shift&(1<<wideBits-1)]++
	}
	startsOf(next[:])
	for i := range a {
		n := &next[a[i].key>>shift&(1<<wideBits-1)]
		b[*n] = a[i]
		*n++
	}
	s.buckets(next[:], b[:len(a)], a, depth, !other)
}

func (s sorting) narrow(a, b []entry, shift uint, depth int, other bool) {
	var next [1 << narrowBits]uint32
	for i := range a {
		next[uint8(a[i].key>>shift)]++
	}
	startsOf(next[:])
	for i := range a {
		n := &next[uint8(a[i].key>>shift)]
		b[*n] = a[i]
		*n++
	}
	s.buckets(next[:], b[:len(a)], a, depth, !other)
}

// startsOf turns counts into the places where their buckets start.
func startsOf(counts []uint32) {
	start := uint32(0)
	for i, n := range counts {
		counts[i] = start
		start += n
	}
}

// buckets sorts each bucket of a, given their ends. Neighbouring small buckets
// are one insertion sort: entries move inside their own bucket only.
func (s sorting) buckets(ends []uint32, a, b []entry, depth int, other bool) {
	done, start := 0, 0
	small := func(to int) {
		if done == to {
			return
		}
		s.insertion(a[done:to], depth)
		if other {
			copy(b[done:to], a[done:to])
		}
	}
	for _, end := range ends {
		end := int(end)
		if end-start > insertionMax {
			small(start)
			s.bucket(a[start:end], b[start:end], depth, other)
			done = end
		}
		start = end
	}
	small(start)
}

func (s sorting) insertion(a []entry, depth int) {
	for i := 1; i < len(a); i++ {
		e := a[i]
		j := i
		for ; j > 0; j-- {
			p := &a[j-1]
			if p.key < e.key || p.key == e.key && !s.after(p.pos, e.pos, depth) {
				break
			}
			a[j] = *p
		}
		a[j] = e
	}
}

// after reports whether the payload at a orders after the one at b; both share
// depth bytes.
func (s sorting) after(a, b uint64, depth int) bool {
	skip := max(depth, 0)
	return bytes.Compare(s.payload(a)[skip:], s.payload(b)[skip:]) > 0
}

func (s sorting) payload(pos uint64) []byte { return payloadOf(s.mem[pos:]) }

// windowBytes of the payload are sorted like a key at a time.
const windowBytes = 7

// deepen is for entries that are equal so far: the next window of the payload
// becomes the key. It returns the new depth.
func (s sorting) deepen(a []entry, depth int) int {
	if depth == keyDepth {
		depth = 0
	} else {
		depth += windowBytes
	}
	for i := range a {
		a[i].key = window(s.payload(a[i].pos)[depth:])
	}
	return depth
}

// window packs the first 7 bytes of p, zeros beyond its end, and in the lowest
// byte how many there were, or 8 when p goes on: the order of windows is that
// of the bytes, and equal windows below 8 are equal ends.
func window(p []byte) uint64 {
	if len(p) > windowBytes {
		return binary.BigEndian.Uint64(p)&^0xff | windowBytes + 1
	}
	var b [windowBytes + 1]byte
	copy(b[:], p)
	b[windowBytes] = byte(len(p))
	return binary.BigEndian.Uint64(b[:])
}

func windowEnds(w uint64) bool { return w&0xff <= windowBytes }
