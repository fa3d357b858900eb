package rule

import (
	"cmp"

	"geodrop/poi"
)

// collector counts findings by rule and keeps the first of each.
type collector struct {
	keep    int
	tallies []*tally // of the rules that are not off, in their order
	byID    map[string]*tally
	partial bool // something was left out, so that what is not found may be there
}

type tally struct {
	rule     *Rule
	severity Severity
	accepted []*acceptance

	count    int64
	amount   int64 // of these
	spared   int64 // accepted
	files    map[string]int64
	findings []Finding

	// Rejects come while the rules look at what was read before, so they wait
	// here until reading is over. poi.Rejects hands them over one at a time.
	rejects  []poi.Reject
	rejected map[string]int64 // all, by file
}

func newCollector(o *Options) *collector {
	c := &collector{keep: o.Keep, byID: make(map[string]*tally, len(o.Rules))}
	for _, r := range o.Rules {
		severity, set := o.Severity[r.ID]
		if !set {
			severity = r.Severity
		}
		t := &tally{rule: r, severity: severity}
		c.byID[r.ID] = t
		if severity != Off {
			c.tallies = append(c.tallies, t)
		}
	}
	for i := range o.Accepted {
		a := &o.Accepted[i]
		t := c.byID[a.Rule]
		t.accepted = append(t.accepted, &acceptance{Accepted: a, expired: !o.Now.Before(a.Expires)})
	}
	return c
}

// add takes a finding of a rule.
func (c *collector) add(t *tally, f Finding) {
	f.Rule, f.Severity = t.rule.ID, t.severity
	for _, a := range t.accepted {
		if a.matches(&f) {
			t.spared++
			a.hold(f, c.keep)
			return
		}
	}
	t.tally(&f.At, 1, f.amount())
	if len(t.findings) < c.keep {
		t.findings = append(t.findings, f)
	}
}

// tally counts findings of a file or table, and what they amount to.
func (t *tally) tally(at *poi.Place, n, amount int64) {
	t.count += n
	t.amount = addAmounts(t.amount, amount)
	if t.files == nil {
		t.files = map[string]int64{}
	}
	t.files[cmp.Or(at.File, string(at.Table))] += n
}

// emit takes a finding of the rule with that id, if it is not off.
func (c *collector) emit(id string, f Finding) {
	if t := c.byID[id]; t != nil && t.severity != Off {
		c.add(t, f)
	}
}

// reject hands a reject to the first rule that claims it. A rule that is off
// keeps what it claims.
func (c *collector) reject(rules []*Rule, r poi.Reject) {
	for _, rule := range rules {
		if rule.Claims == nil || !rule.Claims(&r) {
			continue
		}
		t := c.byID[rule.ID]
		if t.rejected == nil {
			t.rejected = map[string]int64{}
		}
		t.rejected[r.File]++
		if len(t.rejects) < c.keep {
			t.rejects = append(t.rejects, r)
		}
		return
	}
}

// settle takes the rejects in, and says what there is to say about what was
// accepted; not that it is not found any more, if not all was read.
func (c *collector) settle(toFinding func(*poi.Reject) Finding) {
	for _, t := range c.tallies {
		for i := range t.rejects {
			c.add(t, toFinding(&t.rejects[i]))
			t.rejected[t.rejects[i].File]--
		}
		for file, n := range t.rejected {
			t.addUnseen(file, n)
		}
	}
	for _, t := range c.tallies {
		for _, a := range t.accepted {
			c.settleAccepted(t, a)
		}
	}
}

// addUnseen counts findings of a file that nobody looked at.
func (t *tally) addUnseen(file string, n int64) {
	for _, a := range t.accepted {
		if !a.expired && a.Object == "" {
			a.count += n
			a.amount = addAmounts(a.amount, n)
			t.spared += n
			return
		}
	}
	if n > 0 {
		t.tally(&poi.Place{File: file}, n, n)
	}
}

func (c *collector) settleAccepted(t *tally, a *acceptance) {
	id, remark := a.remark()
	if a.beyond() {
		t.spared -= a.count
		for i := range a.held {
			t.tally(&a.held[i].At, 1, 0)
		}
		t.count += a.count - int64(len(a.held))
		t.amount = addAmounts(t.amount, a.amount)
		room := max(c.keep-len(t.findings), 0)
		t.findings = append(t.findings, a.held[:min(len(a.held), room)]...)
	}
	if id != "" && !(c.partial && id == idUnused) {
		c.emit(id, remark)
	}
}
