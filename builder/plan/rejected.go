package plan

import "geodrop/builder"

// rejectedShown is how many rejected rows a plan names.
const rejectedShown = 5

// Rejected are the rows of the new config that the build left out: what they would
// have changed is not in the plan.
type Rejected struct {
	Rows  int64         `json:"rows"`
	First []RejectedRow `json:"first"` // in the order in which they were read
}

// RejectedRow is one of them. Line and column count from 1; they are 0 where the
// source has none, or the row as a whole is meant.
type RejectedRow struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Field  string `json:"field,omitempty"`
	Value  string `json:"value,omitempty"` // the beginning of what stood there
	Code   string `json:"code"`
	Reason string `json:"reason"` // a clause after the field
	Text   string `json:"text"`   // all of this as a line
}

// rejectedBy is what a build left out; nil is nothing, or that it is not known.
func rejectedBy(s *builder.Summary) *Rejected {
	if s == nil || s.Rejected == 0 {
		return nil
	}
	r := &Rejected{Rows: s.Rejected, First: []RejectedRow{}}
	for i := range s.Rejects[:min(len(s.Rejects), rejectedShown)] {
		of := &s.Rejects[i]
		r.First = append(r.First, RejectedRow{
			File: of.File, Line: of.Line, Column: of.Column, Field: of.Field, Value: of.Value,
			Code: string(of.Code), Reason: of.Reason, Text: of.String(),
		})
	}
	return r
}
