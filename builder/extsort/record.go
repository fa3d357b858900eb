package extsort

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	keySize       = 8
	maxRecordHead = keySize + binary.MaxVarintLen64
)

// recordSize returns the bytes that a record with a payload of n bytes takes.
func recordSize(n int) int {
	if n < 0x80 {
		return keySize + 1 + n
	}
	return keySize + (bits.Len(uint(n))+6)/7 + n
}

// putRecord writes a record to b, which is long enough.
func putRecord(b []byte, key uint64, payload []byte) {
	binary.LittleEndian.PutUint64(b, key)
	head := keySize + 1
	if len(payload) < 0x80 {
		b[keySize] = byte(len(payload))
	} else {
		head = keySize + binary.PutUvarint(b[keySize:], uint64(len(payload)))
	}
	copy(b[head:], payload)
}

// record is how the first record of a buffer is cut: payload is [head:end].
type record struct {
	key       uint64
	head, end int
}

// parseRecord cuts the first record of b. It reports false when b does not
// begin with a whole record.
func parseRecord(b []byte) (record, bool) {
	if len(b) <= keySize {
		return record{}, false
	}
	key := binary.LittleEndian.Uint64(b)
	if n := int(b[keySize]); n < 0x80 {
		end := keySize + 1 + n
		return record{key, keySize + 1, end}, end <= len(b)
	}
	return parseLongRecord(b, key)
}

func parseLongRecord(b []byte, key uint64) (record, bool) {
	n, size := binary.Uvarint(b[keySize:])
	head := keySize + size
	if size <= 0 || n > uint64(len(b)-head) {
		return record{}, false
	}
	return record{key, head, head + int(n)}, true
}

// payloadOf returns the payload of the whole record that b begins with.
func payloadOf(b []byte) []byte {
	r, _ := parseRecord(b)
	return b[r.head:r.end]
}

// comparePayloads orders two records of equal keys.
func comparePayloads(a, b []byte) int { return bytes.Compare(payloadOf(a), payloadOf(b)) }
