package rule

import (
	"cmp"
	"slices"
)

// Result is what a validation found.
type Result struct {
	Findings []Finding // by rule, in the order of Totals, then by place
	Totals   []Total   // of each rule that ran, in the order of the documentation
	Unread   bool      // a file could not be read, so that rules that need the whole did not run
	LeftOut  bool      // merchants, prizes, tasks or quotas were, so that rules did not look at these

	POIs, Memberships int64 // that were read
	Districts, Zones  int
	Tasks, Prizes     int
}

// Total is what one rule found.
type Total struct {
	Rule     *Rule
	Severity Severity // as it was configured
	Count    int64    // findings that are not accepted
	Amount   int64    // what these are about: the counts of those that have one, one of each other
	Accepted int64
	Kept     int              // of Count, in Findings
	Files    map[string]int64 // Count by file, or by table where a finding is of a record
}

// Count is how many findings are at least that severe. Accepted ones are none.
func (r *Result) Count(least Severity) (n int64) {
	for i := range r.Totals {
		if r.Totals[i].Severity >= least {
			n += r.Totals[i].Count
		}
	}
	return n
}

// Accepted is how many findings were accepted.
func (r *Result) Accepted() (n int64) {
	for i := range r.Totals {
		n += r.Totals[i].Accepted
	}
	return n
}

// AllAccepted is the result from when on all that was found is accepted.
func (r *Result) AllAccepted() *Result {
	all := *r
	all.Findings, all.Totals = nil, slices.Clone(r.Totals)
	for i := range all.Totals {
		t := &all.Totals[i]
		*t = Total{Rule: t.Rule, Severity: t.Severity, Accepted: t.Accepted + t.Count}
	}
	return &all
}

func sortByPlace(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		x, y := &a.At, &b.At
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column),
			cmp.Compare(x.Table, y.Table), cmp.Compare(x.Key, y.Key), cmp.Compare(x.Field, y.Field),
			cmp.Compare(a.Message, b.Message))
	})
}
