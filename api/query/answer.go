package query

import (
	"time"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// Answer is what a lookup finds; its JSON is that of the wire. The zero value is
// ready to be filled.
//
// An Answer is meant to be used again: once its buffers have grown to the usual
// size a lookup allocates nothing. The next lookup into it overwrites them, so
// its lists and Texts are valid until then; what is kept longer is copied. It is
// independent of the release: it stays valid when that is closed.
type Answer struct {
	Release  string    `json:"release"`
	Cell     Cell      `json:"cell"`
	District *District `json:"district"` // of the position; nil outside all districts
	Drops    []Drop    `json:"drops"`
	Tasks    []Task    `json:"tasks"` // each that occurs in Drops, by priority, then by id
	AsOf     time.Time `json:"as_of"` // the time that was asked for, in UTC
	// Truncated says that more drops were found than the limit; the nearest are
	// in Drops.
	Truncated bool `json:"truncated"`
	// NextChange is when any task or zone of the release changes next, until
	// which the same request has the same answer; zero for never.
	NextChange time.Time `json:"next_change,omitzero"`

	scratch scratch
}

// Drop is a POI with the tasks that drop there.
type Drop struct {
	POI      Text         `json:"poi"`
	Name     Text         `json:"name"`
	Kind     Text         `json:"kind,omitempty"`
	Lat      coord.Lat    `json:"lat"`
	Lng      coord.Lng    `json:"lng"`
	Distance int32        `json:"distance_m"`         // from the position, in metres
	District poi.Adcode   `json:"district,omitempty"` // empty outside all districts
	Tasks    []poi.TaskID `json:"tasks"`              // in the order of Answer.Tasks
}

// Task is a task and its state at the time of the answer.
type Task struct {
	ID          poi.TaskID    `json:"id"`
	Title       string        `json:"title"`
	Merchant    string        `json:"merchant"` // name
	State       poi.State     `json:"state"`
	StartsAt    time.Time     `json:"starts_at"`
	EndsAt      time.Time     `json:"ends_at"`
	OpensAt     time.Time     `json:"opens_at,omitzero"`  // as poi.Status.Opens
	ClosesAt    time.Time     `json:"closes_at,omitzero"` // as poi.Status.Closes
	ClaimRadius coord.Metres  `json:"claim_radius_m"`
	Prizes      []poi.PrizeID `json:"prizes"`
	// Shared is common to all answers that have the task as it is here. Whoever
	// changes a copy of the task sets it to nil.
	Shared *Shared `json:"-"`
}

// District is a district's id, its adcode, and its name.
type District struct {
	ID   poi.Adcode `json:"id"`
	Name string     `json:"name"`
}

// Cell is a cell of a release's grid, whose JSON is its text form.
type Cell struct {
	ID   grid.Cell
	grid *grid.Grid
}

// String is the text form of the cell.
func (c Cell) String() string { return string(c.Append(nil)) }

// Append appends the text form of the cell to b.
func (c Cell) Append(b []byte) []byte {
	if c.grid == nil {
		return b
	}
	return c.grid.AppendText(b, c.ID)
}

// MarshalText is String.
func (c Cell) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Text is UTF-8 that lives in the buffers of an Answer.
type Text []byte

// String is a copy of the text.
func (t Text) String() string { return string(t) }

// MarshalText makes JSON have the text as a string.
func (t Text) MarshalText() ([]byte, error) { return t, nil }

// reset empties the answer and keeps its buffers. Lists are empty, never nil,
// for the sake of their JSON.
func (a *Answer) reset() {
	*a = Answer{Drops: a.Drops[:0], Tasks: a.Tasks[:0], scratch: a.scratch}
	if a.Drops == nil {
		a.Drops = []Drop{}
	}
	if a.Tasks == nil {
		a.Tasks = []Task{}
	}
	a.scratch.reset()
}
