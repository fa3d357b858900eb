package rule

import (
	"geodrop/poi"
)

// collector counts findings by rule and keeps the first of each.
type collector struct {
	keep    int
	tallies []*tally // of the rules that are not off, in their order
	byID    map[string]*tally
}

type tally struct {
	rule     *Rule
	severity Severity
	accepted []*acceptance

	count    int64
	spared   int64 // accepted
	findings []Finding

	// Rejects come while the rules look at what was read before, so they wait
	// here until reading is over. poi.Rejects hands them over one at a time.
	rejects  []poi.Reject
	rejected int64
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
	t.count++
	if len(t.findings) < c.keep {
		t.findings = append(t.findings, f)
	}
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
		t.rejected++
		if len(t.rejects) < c.keep {
			t.rejects = append(t.rejects, r)
		}
		return
	}
}

// settle takes the rejects in, and says what there is to say about what was
// accepted.
func (c *collector) settle(toFinding func(*poi.Reject) Finding) {
	for _, t := range c.tallies {
		for i := range t.rejects {
			c.add(t, toFinding(&t.rejects[i]))
		}
		t.addUnseen(t.rejected - int64(len(t.rejects)))
	}
	for _, t := range c.tallies {
		for _, a := range t.accepted {
			c.settleAccepted(t, a)
		}
	}
}

// addUnseen counts findings that nobody looked at.
func (t *tally) addUnseen(n int64) {
	for _, a := range t.accepted {
		if !a.expired && a.Object == "" {
			a.count += n
			t.spared += n
			return
		}
	}
	t.count += n
}

func (c *collector) settleAccepted(t *tally, a *acceptance) {
	id, remark := a.remark()
	if a.beyond() {
		t.spared -= a.count
		t.count += a.count
		room := max(c.keep-len(t.findings), 0)
		t.findings = append(t.findings, a.held[:min(len(a.held), room)]...)
	}
	if id != "" {
		c.emit(id, remark)
	}
}
