package vitals

import (
	"math"
	"time"
)

// Times count how long something took, in buckets that grow by a fourth root of
// two, which is what a quantile may be off by:
//
//	bucket    0         1           2              78          79
//	up to     2⁻¹⁶ s    2^(-15¾) s  2^(-15½) s  …  2^(3½) s    any
//	          15 µs     18 µs       22 µs          11 s
//
// Trailing zeros may be missing.
type Times []uint64

const (
	// Schema is that of Prometheus' native histograms with the same bounds.
	Schema  = 2
	buckets = 80
	perTwo  = 1 << Schema
	lowest  = -16 * perTwo // bucket 0 in that schema, whose bucket 0 ends at one second
)

// Add counts n that are in a bucket of Schema.
func (t *Times) Add(bucket int, n uint64) {
	i := min(max(bucket-lowest, 0), buckets-1)
	if missing := i + 1 - len(*t); missing > 0 {
		*t = append(*t, make(Times, missing)...)
	}
	(*t)[i] += n
}

// Total is how many there are.
func (t Times) Total() (n uint64) {
	for _, count := range t {
		n += count
	}
	return n
}

// Quantile is the upper bound of the bucket that the quantile q is in; 0 where
// nothing was counted.
func (t Times) Quantile(q float64) time.Duration {
	total, below := t.Total(), uint64(0)
	for i, n := range t {
		if below += n; n > 0 && float64(below) >= q*float64(total) {
			return time.Duration(math.Exp2(float64(i+lowest)/perTwo) * float64(time.Second))
		}
	}
	return 0
}

// since are those that were counted after an earlier count.
func (t Times) since(o Times) (later Times) {
	for i, n := range t {
		if i < len(o) {
			n -= min(n, o[i])
		}
		if n > 0 {
			later.Add(i+lowest, n)
		}
	}
	return later
}
