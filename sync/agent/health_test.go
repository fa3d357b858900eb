package agent

import (
	"testing"
	"time"

	"geodrop/sync/vitals"
)

// TestHealth: what is reported was counted since the release is served, beside what
// was counted at the end of the one before, if there was one.
func TestHealth(t *testing.T) {
	var h health
	began := time.Unix(1e9, 0)
	for _, step := range []struct {
		minute                   int
		release                  string
		requests, errors, empty  int // counted by then
		wantRequests, wantErrors int
		recent                   uint64 // empty lookups
		previous                 string
		before                   uint64 // empty lookups
	}{
		{0, "", 10, 1, 0, 10, 1, 0, "", 0},
		{1, "r1", 20, 1, 7, 0, 0, 0, "", 0},
		{4, "r1", 35, 3, 20, 15, 2, 13, "", 0},
		{21, "r1", 50, 3, 100, 30, 2, 93, "", 0},
		{27, "r1", 60, 3, 110, 40, 2, 10, "", 0},
		{31, "r1", 60, 3, 120, 40, 2, 20, "", 0},
		{31, "r2", 60, 3, 125, 0, 0, 0, "r1", 25},
		{34, "r2", 61, 4, 130, 1, 1, 5, "r1", 25},
	} {
		c := vitals.Counts{Requests: step.requests, Errors: step.errors, Lookups: vitals.Lookups{Answers: 1000, Empty: uint64(step.empty)}}
		got := h.add(account{Release: step.release}, began.Add(time.Duration(step.minute)*time.Minute), c)
		if got.Requests != step.wantRequests || got.Errors != step.wantErrors || got.Recent.Empty != step.recent || got.Previous != step.previous || got.Before.Empty != step.before {
			t.Errorf("%+v: got %+v", step, got)
		}
	}
}
