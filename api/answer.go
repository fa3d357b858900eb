package api

import (
	"time"

	"geodrop/api/query"
	"geodrop/poi"
)

// DefaultNextPoll is after how long clients are told to ask again, unless
// configured otherwise.
const DefaultNextPoll = 10 * time.Second

// Answer is what /v1/lookup and /v1/cells answer.
type Answer struct {
	Release   string          `json:"release"`
	Cell      query.Cell      `json:"cell"`
	District  *query.District `json:"district"`
	Drops     []query.Drop    `json:"drops"`
	Tasks     []query.Task    `json:"tasks"`
	Remaining []Remaining     `json:"remaining"` // empty where no collector counts
	// AsOf is when the answer was so. An answer with a strong ETag that has no
	// counts has none: its bytes may not depend on when they were written.
	AsOf       time.Time `json:"as_of,omitzero"`
	Stale      bool      `json:"stale"` // the counts are older than they should be
	Truncated  bool      `json:"truncated"`
	NextChange time.Time `json:"next_change,omitzero"` // of any task or zone
	NextPollMS int64     `json:"next_poll_ms"`
}

// Remaining is how many units of a prize are left in a district.
type Remaining struct {
	District  poi.Adcode  `json:"district"`
	Task      poi.TaskID  `json:"task"`
	Prize     poi.PrizeID `json:"prize"`
	Quota     uint64      `json:"quota"`
	Remaining uint64      `json:"remaining"`
}

// Set makes the answer that of a lookup. It shares the lists of a.
func (w *Answer) Set(a *query.Answer) {
	*w = Answer{
		Release: a.Release, Cell: a.Cell, District: a.District, Drops: a.Drops, Tasks: a.Tasks,
		Remaining: []Remaining{}, AsOf: a.AsOf, Truncated: a.Truncated, NextChange: a.NextChange,
	}
}

// TaskAnswer is what /v1/tasks/{id} answers.
type TaskAnswer struct {
	Release    string     `json:"release"`
	Task       query.Task `json:"task"`
	Visible    bool       `json:"visible"` // its drops are in the answers of players
	AsOf       time.Time  `json:"as_of"`
	NextChange time.Time  `json:"next_change,omitzero"` // of state or visible
}

// Release is what /v1/releases/current answers.
type Release struct {
	ID           string           `json:"id"`
	Sequence     uint64           `json:"sequence"`
	ServingSince time.Time        `json:"serving_since"` // by this node
	Source       Source           `json:"source"`
	Grid         Grid             `json:"grid"`
	Counts       map[string]int64 `json:"counts"`
	Segments     int              `json:"segments"`
	Bytes        int64            `json:"bytes"`
}

// Source is the state of the config that a release was built from.
type Source struct {
	Kind     string `json:"kind"`
	Sequence uint64 `json:"sequence,omitempty"`
	Digest   string `json:"digest,omitempty"`
}

// Grid is the grid of a release.
type Grid struct {
	CellMetres int `json:"cell_m"`
	Radius     int `json:"radius"`
}

// Readiness is what /readyz answers, with 200 or 503.
type Readiness struct {
	Status  string  `json:"status"` // "ready", "no_release" or "stopping"
	Release string  `json:"release,omitempty"`
	Checks  []Check `json:"checks"` // none of them takes the node out of service
}

// Check is the state of something that the node works with.
type Check struct {
	Name   string    `json:"name"`
	State  string    `json:"state"`            // one of those below
	Class  string    `json:"class,omitempty"`  // of what is wrong: a stable word
	Detail string    `json:"detail,omitempty"` // what it does, or what is wrong
	Since  time.Time `json:"since,omitzero"`   // of the state
	Last   time.Time `json:"last,omitzero"`    // when it last did what it is for
}

// The states of a check.
const (
	CheckOK      = "ok"
	CheckWorking = "working"
	CheckFailing = "failing"
)
