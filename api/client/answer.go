package client

import (
	"time"

	"geodrop/api"
	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// Answer is what Lookup, LookupCached and Cell answer: api.Answer, with texts
// that can be kept.
type Answer struct {
	Release    string          `json:"release"`
	Cell       string          `json:"cell"`     // of the position, for Client.Cell
	District   *query.District `json:"district"` // of the position; nil outside all districts
	Drops      []Drop          `json:"drops"`
	Tasks      []query.Task    `json:"tasks"` // each that occurs in Drops, by priority, then by id
	Remaining  []api.Remaining `json:"remaining"`
	AsOf       time.Time       `json:"as_of,omitzero"` // zero in answers with an ETag that have no counts
	Stale      bool            `json:"stale"`
	Truncated  bool            `json:"truncated"`            // there were more drops than the limit
	NextChange time.Time       `json:"next_change,omitzero"` // of any task or zone; zero for never
	NextPollMS int64           `json:"next_poll_ms"`         // when to ask again
}

// Drop is a place with the tasks that drop there.
type Drop struct {
	POI      poi.POIID    `json:"poi"`
	Name     string       `json:"name"`
	Kind     string       `json:"kind,omitempty"`
	Lat      coord.Lat    `json:"lat"`
	Lng      coord.Lng    `json:"lng"`
	Distance int32        `json:"distance_m"`
	District poi.Adcode   `json:"district,omitempty"`
	Tasks    []poi.TaskID `json:"tasks"`
}

// NextPoll is when to ask again, as the node wants it.
func (a *Answer) NextPoll() time.Duration { return time.Duration(a.NextPollMS) * time.Millisecond }
