package poi

import (
	"fmt"
	"maps"
	"sync"

	"geodrop/grid/coord"
)

// Reject is one piece of input that was left out, and why.
type Reject struct {
	File   string // as named by the source: "pois.csv.gz", "tasks.yaml", a table
	Line   int    // 1-based; 0 when the source has no lines
	Column int    // 1-based, in code points; 0 when it means the whole line
	Field  string // "lat", "quotas[3].units"; may be empty
	Value  string // what stood there, cut to MaxRejectValue bytes
	Code   Code
	Reason string // a clause after the field: "is not within -90…90 degrees"

	// See is another place that the reason names, such as that of the first of
	// two records with one id.
	See Place

	// Swapped is, for a latitude beyond 90, where the place would be if latitude
	// and longitude changed places; 0, 0 if that is impossible, too.
	Swapped coord.E7
}

// MaxRejectValue bounds Reject.Value.
const MaxRejectValue = 80

// String is one line: where, what, why.
func (r *Reject) String() string {
	where := r.File
	if r.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, r.Line)
		if r.Column > 0 {
			where = fmt.Sprintf("%s:%d", where, r.Column)
		}
	}
	what := r.Field
	if r.Value != "" {
		what = fmt.Sprintf("%s %q", what, r.Value)
	}
	return fmt.Sprintf("%s: %s %s (%s)", where, what, r.Reason, r.Code)
}

// DefaultKeep is how many rejects of one code and file Rejects keeps in full.
const DefaultKeep = 100

// Rejects counts rejects and keeps the first of each code and file, so that a
// bundle of nothing but bad rows costs bounded memory. The zero value is ready;
// it may be used by several goroutines.
type Rejects struct {
	Keep   int          // per code and file; 0 means DefaultKeep
	OnEach func(Reject) // if set, called for every reject, one at a time

	mu     sync.Mutex
	total  int64
	counts map[RejectKey]int64
	kept   []Reject
}

// RejectKey is what Rejects counts by.
type RejectKey struct {
	File string
	Code Code
}

// Add counts the reject and keeps it if there is room.
func (r *Rejects) Add(reject Reject) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = make(map[RejectKey]int64)
	}
	keep := r.Keep
	if keep == 0 {
		keep = DefaultKeep
	}
	key := RejectKey{File: reject.File, Code: reject.Code}
	if r.counts[key] < int64(keep) {
		r.kept = append(r.kept, reject)
	}
	r.counts[key]++
	r.total++
	if r.OnEach != nil {
		r.OnEach(reject)
	}
}

// Total is how many rejects were added.
func (r *Rejects) Total() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// Counts is the number of rejects by file and code.
func (r *Rejects) Counts() map[RejectKey]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.counts)
}

// Kept lists the kept rejects in the order in which they were added.
func (r *Rejects) Kept() []Reject {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Reject(nil), r.kept...)
}
