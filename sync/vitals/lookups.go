// Package vitals is what a node counts of its own work, and tells upwards, so that
// a release which makes nodes worse is noticed. It says nothing of who asks, nor of
// where.
package vitals

import "errors"

// Counts are what a node has counted since it was started.
type Counts struct {
	Requests, Errors int // of any kind, and those of them that met an error of its own
	Lookups          Lookups
}

// Lookups are what was counted of the lookups of a while.
type Lookups struct {
	Answers uint64 `json:"answers"`
	Empty   uint64 `json:"empty,omitempty"` // of those, without a drop
	Took    Times  `json:"took,omitempty"`  // of all lookups, also those that were refused
}

var errLookups = errors.New("more lookups are empty than were answered, or there are more than a while has")

// Check refuses what no node can have counted: sums of what it lets through do not
// overflow.
func (l Lookups) Check() error {
	const most = 1 << 40
	ok := l.Empty <= l.Answers && l.Answers <= most && len(l.Took) <= buckets
	for _, n := range l.Took {
		ok = ok && n <= most
	}
	if !ok {
		return errLookups
	}
	return nil
}

// Add counts others as well.
func (l *Lookups) Add(o Lookups) {
	l.Answers += o.Answers
	l.Empty += o.Empty
	for i, n := range o.Took {
		l.Took.Add(i+lowest, n)
	}
}

// Since are the lookups that were counted after an earlier count; none where that
// was no earlier one.
func (l Lookups) Since(o Lookups) Lookups {
	if o.Answers > l.Answers || o.Empty > l.Empty {
		return Lookups{}
	}
	return Lookups{l.Answers - o.Answers, l.Empty - o.Empty, l.Took.since(o.Took)}
}

// EmptyShare is the share of the answers that are empty; 0 without any.
func (l Lookups) EmptyShare() float64 {
	if l.Answers == 0 {
		return 0
	}
	return float64(l.Empty) / float64(l.Answers)
}
