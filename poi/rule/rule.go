package rule

import (
	"geodrop/poi"
)

// Rule is one thing that can be wrong with a config.
type Rule struct {
	ID       string   // stable, in kebab-case: baselines and scripts name it
	Group    string   // the part of the documentation that it is in
	Severity Severity // unless it is configured
	Reason   string   // one line, without a full stop: "a task's window ends before it starts"
	Fix      string   // one sentence on what to do
	Doc      string   // what is looked at, and why it matters; one paragraph

	// Claims reports whether a reject is a finding of the rule. May be nil.
	Claims func(*poi.Reject) bool

	// Start begins one validation. May be nil for a rule that only claims.
	Start func(*View, Emit) Check
}

// Emit takes a finding of the rule. Rule and Severity are filled in.
type Emit func(Finding)

// Check is what a rule does in one validation. Hooks may be nil. They are called
// in the order in which they stand here, by one goroutine; what is passed to them
// is valid until they return, unless it says otherwise.
type Check struct {
	Config   func(*poi.Config)   // it stays valid
	District func(*poi.District) // each; it stays valid
	Zone     func(*poi.Zone)     // each; it stays valid
	Areas    func()              // View has the areas
	POI      func(*POI)          // each, duplicates among them, in the order of the source
	Census   func()              // View has the census
	Cell     func(*Cell)         // each cell with POIs, in ascending order of sort keys
	Done     func()
}

// Finding is one place at which a rule found something.
type Finding struct {
	Rule     string    `json:"rule"`
	Severity Severity  `json:"severity"`
	At       poi.Place `json:"at"`
	Object   string    `json:"object,omitempty"`  // what it is about: "task lanterns", "POI tfl-1"
	Value    string    `json:"value,omitempty"`   // what stands there
	Nearest  string    `json:"nearest,omitempty"` // the nearest value that would be right
	Message  string    `json:"message"`           // a clause after the object: "ends before it starts"
	See      poi.Place `json:"see,omitzero"`      // another place that the message is about
	Count    int64     `json:"count,omitempty"`   // of what it is about, where that can be more: places at a point, units over a budget
}

// amount is what an acceptance counts of the finding.
func (f *Finding) amount() int64 { return max(f.Count, 1) }

// All are the rules, in the order in which they are documented.
func All() []*Rule {
	var all []*Rule
	for _, group := range [][]*Rule{
		referenceRules(), taskRules(), windowRules(), amountRules(), loadRules(), nameRules(),
		geoRules(), countRules(), readerRules(), acceptedRules(),
	} {
		all = append(all, group...)
	}
	return all
}
