package extsort

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// indexOf lays records out in memory and returns their index.
func indexOf(items []item) (mem []byte, index []entry) {
	for _, it := range items {
		b := make([]byte, recordSize(len(it.payload)))
		putRecord(b, it.key, it.payload)
		index = append(index, entry{it.key, uint64(len(mem))})
		mem = append(mem, b...)
	}
	return mem, index
}

func TestRadixSort(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	low := func(r *rand.Rand) uint64 { return r.Uint64N(1000) }
	ends := func(r *rand.Rand) uint64 { return r.Uint64N(16)<<60 | r.Uint64N(16) }
	tests := []struct {
		name  string
		items []item
	}{
		{"nothing", nil},
		{"small", mix(insertionMax, anyKey, upTo(5))},
		{"narrow", mix(5000, anyKey, upTo(5))},
		{"wide", mix(3*wideMin, anyKey, upTo(5))},
		{"low bits only", mix(3*wideMin, low, upTo(5))},
		{"high and low bits", mix(3*wideMin, ends, upTo(20))},
		{"one key", mix(3*wideMin, oneKey, upTo(20))},
		{"common prefixes", prefixed(wideMin)},
	}
	for _, tt := range tests {
		mem, index := indexOf(tt.items)
		sorting{mem}.sort(index, make([]entry, len(index)))
		got := make([]item, len(index))
		for i, e := range index {
			rec, _ := parseRecord(mem[e.pos:])
			got[i] = item{rec.key, payloadOf(mem[e.pos:])}
		}
		if err := diffItems(got, sortedItems(tt.items)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestWindowsOrderLikeBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alphabet := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 255}), 0, 12)
		a, b := alphabet.Draw(t, "a"), alphabet.Draw(t, "b")
		x, y := window(a), window(b)
		if x != y && cmp.Compare(x, y) != bytes.Compare(a, b) {
			t.Fatalf("windows %x and %x", x, y)
		}
		if x == y && windowEnds(x) && !bytes.Equal(a, b) {
			t.Fatalf("equal ends %x", x)
		}
		if x == y && !windowEnds(x) && (len(a) <= windowBytes || !bytes.Equal(a[:windowBytes], b[:windowBytes])) {
			t.Fatalf("equal windows %x", x)
		}
	})
}

func BenchmarkRadixSort(b *testing.B) {
	for name, key := range keysOf {
		b.Run(name, func(b *testing.B) {
			const n = 1 << 19
			mem, index := indexOf(mix(n, key, fixed(8)))
			work, scratch := make([]entry, n), make([]entry, n)
			for b.Loop() {
				copy(work, index)
				sorting{mem}.sort(work, scratch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
		})
	}
	b.Run("slices.SortFunc/uniform", func(b *testing.B) {
		const n = 1 << 19
		_, index := indexOf(mix(n, anyKey, fixed(8)))
		work := make([]entry, n)
		for b.Loop() {
			copy(work, index)
			slices.SortFunc(work, func(x, y entry) int { return cmp.Compare(x.key, y.key) })
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
	})
}
