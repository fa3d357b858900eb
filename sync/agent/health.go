package agent

import (
	"time"

	"geodrop/sync/vitals"
)

// health is what a node counted while it serves a release, and shortly before.
type health struct {
	release string
	began   vitals.Counts // when the release began to be served
	window  vitals.Window

	previous string // release
	before   vitals.Lookups
}

// report is an account with what was counted.
type report struct {
	account
	Requests int            `json:"requests,omitempty"` // since the release is served
	Errors   int            `json:"errors,omitempty"`   // of those
	Recent   vitals.Lookups `json:"recent,omitzero"`    // of this release, lately
	Previous string         `json:"previous,omitempty"` // release that was served before
	Before   vitals.Lookups `json:"before,omitzero"`    // of that one, at its end
}

// add completes an account by what is counted by now.
func (h *health) add(r account, now time.Time, c vitals.Counts) report {
	recent := h.window.Recent(now, c.Lookups)
	if r.Release != h.release {
		before := recent
		if h.release == "" { // without a release nothing is answered
			before = vitals.Lookups{}
		}
		*h = health{release: r.Release, began: c, previous: h.release, before: before}
		recent = h.window.Recent(now, c.Lookups)
	}
	return report{r, c.Requests - h.began.Requests, c.Errors - h.began.Errors, recent, h.previous, h.before}
}
