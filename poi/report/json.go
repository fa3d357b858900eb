package report

import (
	"encoding/json"
	"io"

	"geodrop/poi/rule"
)

// document is a report in JSON. Fields are added to it, never taken away or
// given another meaning, as long as the format's number is the same.
type document struct {
	Format   int            `json:"format"`
	Summary  summary        `json:"summary"`
	Rules    []ruleTotal    `json:"rules"`    // those that ran
	Findings []rule.Finding `json:"findings"` // up to so many of each rule: ruleTotal.Listed
}

const documentFormat = 1

type summary struct {
	Errors      int64 `json:"errors"`
	Warnings    int64 `json:"warnings"`
	Notes       int64 `json:"notes"`
	Accepted    int64 `json:"accepted"`
	Unread      bool  `json:"unread"`   // a file could not be read: rules that need the whole did not run
	LeftOut     bool  `json:"left_out"` // merchants, prizes, tasks or quotas were: rules did not look at these
	POIs        int64 `json:"pois"`
	Memberships int64 `json:"memberships"`
	Tasks       int   `json:"tasks"`
	Prizes      int   `json:"prizes"`
	Districts   int   `json:"districts"`
	Zones       int   `json:"zones"`
}

type ruleTotal struct {
	ID       string           `json:"id"`
	Severity rule.Severity    `json:"severity"`
	Count    int64            `json:"count"`
	Amount   int64            `json:"amount"` // what they are about: of each its count, or one
	Accepted int64            `json:"accepted"`
	Listed   int              `json:"listed"`
	Files    map[string]int64 `json:"files,omitempty"`
}

func writeJSON(w io.Writer, r *rule.Result, o *Options) error {
	d := document{Format: documentFormat, Rules: []ruleTotal{}, Findings: make([]rule.Finding, len(r.Findings))}
	d.Summary = summary{Unread: r.Unread, LeftOut: r.LeftOut, Accepted: r.Accepted(), POIs: r.POIs, Memberships: r.Memberships,
		Tasks: r.Tasks, Prizes: r.Prizes, Districts: r.Districts, Zones: r.Zones}
	for i := range r.Totals {
		t := &r.Totals[i]
		d.Rules = append(d.Rules, ruleTotal{ID: t.Rule.ID, Severity: t.Severity, Count: t.Count, Amount: t.Amount, Accepted: t.Accepted, Listed: t.Kept, Files: t.Files})
		switch t.Severity {
		case rule.Error:
			d.Summary.Errors += t.Count
		case rule.Warning:
			d.Summary.Warnings += t.Count
		case rule.Note:
			d.Summary.Notes += t.Count
		}
	}
	for i := range r.Findings {
		d.Findings[i] = r.Findings[i]
		d.Findings[i].At, d.Findings[i].See = o.place(r.Findings[i].At), o.place(r.Findings[i].See)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(&d)
}
