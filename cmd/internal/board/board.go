// Package board is what a process says of its parts: the checks of /readyz, and
// the same as metrics. Everybody may read both, so that a part says what is
// wrong with a Class, of which there are few and all are in the program: the
// text of an error, which may hold anything, has no way in. It is for the log.
package board

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/api"
)

// Class is a kind of failure.
type Class struct {
	Name string // stable, for alerts
	Says string // a sentence for people: what, and what to do
}

// Part is something that the process works with. It may be used by several
// goroutines.
type Part struct {
	mutex sync.Mutex
	check api.Check
	last  func() time.Time // nil: check has it
}

// NewPart makes a part that does its work.
func NewPart(name string, now time.Time) *Part {
	return &Part{check: api.Check{Name: name, State: api.CheckWorking, Since: now.UTC()}}
}

// OK notes that the part does what it is for.
func (p *Part) OK(detail string, now time.Time) { p.set(api.CheckOK, "", detail, now) }

// Working notes that the part is at something.
func (p *Part) Working(detail string, now time.Time) { p.set(api.CheckWorking, "", detail, now) }

// Fail notes that the part does not do what it is for.
func (p *Part) Fail(c Class, now time.Time) { p.set(api.CheckFailing, c.Name, c.Says, now) }

// set changes the check; Since stays while the state does.
func (p *Part) set(state, class, detail string, now time.Time) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.check.State != state {
		p.check.State, p.check.Since = state, now.UTC()
	}
	p.check.Class, p.check.Detail = class, detail
}

// Did notes when the part did what it is for.
func (p *Part) Did(at time.Time) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.check.Last = at.UTC()
}

// LastIs lets somebody else tell when the part did what it is for.
func (p *Part) LastIs(last func() time.Time) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.last = last
}

// Check is the part as /readyz tells of it.
func (p *Part) Check() api.Check {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	c := p.check
	if p.last != nil {
		c.Last = p.last().UTC()
	}
	return c
}

// Failing reports whether the part fails.
func (p *Part) Failing() bool { return p.Check().State == api.CheckFailing }

// Checker is a part, or somebody who knows how it is.
type Checker interface{ Check() api.Check }

// Board is all parts of a process. It is a prometheus.Collector.
type Board struct {
	parts                 []Checker
	failing, reason, last *prometheus.Desc
}

// New makes a board of parts, in the order in which they are told.
func New(parts ...Checker) *Board {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("geodrop_check_"+name, help, labels, nil)
	}
	return &Board{
		parts:   parts,
		failing: desc("failing", "1 while a check of /readyz is failing.", "check"),
		reason:  desc("reason", "1 for the class of what is wrong with a failing check.", "check", "class"),
		last:    desc("last_timestamp_seconds", "Unix time when the part last did what it is for.", "check"),
	}
}

// Checks are those of /readyz.
func (b *Board) Checks() []api.Check {
	checks := make([]api.Check, len(b.parts))
	for i, p := range b.parts {
		checks[i] = p.Check()
	}
	return checks
}

// Describe tells the descriptions.
func (b *Board) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.failing, b.reason, b.last} {
		ch <- d
	}
}

// Collect tells the figures.
func (b *Board) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, c := range b.Checks() {
		if c.State == api.CheckFailing {
			gauge(b.failing, 1, c.Name)
			gauge(b.reason, 1, c.Name, c.Class)
		} else {
			gauge(b.failing, 0, c.Name)
		}
		if !c.Last.IsZero() {
			gauge(b.last, float64(c.Last.UnixMilli())/1e3, c.Name)
		}
	}
}
