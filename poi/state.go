package poi

import "time"

// State is what a player is told about a task.
type State string

// The states of a task. Exhausted depends on counts that this package does not
// have; StateAt never returns it.
const (
	Upcoming        State = "upcoming"         // has not opened yet, or opens within the preview
	Active          State = "active"           // open
	BetweenSessions State = "between_sessions" // was open and will be again
	Exhausted       State = "exhausted"        // open, with nothing left
	Paused          State = "paused"           // stopped by hand
	Ended           State = "ended"            // will not open again
)

// Status is a task's state, and whether players see its drops.
//
//	     starts_at    session               session        ends_at
//	─────────┴───┬────┬───────┬─────────┬────┬───────┬────────┴────►
//	   upcoming  │ up…│active │between_ │up… │active │    ended
//	     hidden  │ visible    │ hidden  │ visible    │    hidden
//	             └ preview ┘            └ preview ┘
type Status struct {
	State   State
	Visible bool // active, or upcoming within the preview
	// Opens is when the next session starts; zero unless upcoming or between
	// sessions. Closes is when the current session or else the next one ends;
	// zero when paused or ended.
	Opens, Closes time.Time
}

// StateAt is the task's state by the clock and by Paused.
func (t *Task) StateAt(at time.Time) State { return t.StatusAt(at).State }

// StatusAt is the task's status by the clock and by Paused.
//
// A task has ended when its last session has closed, even if its window is
// longer. A paused task is paused until its window ends.
func (t *Task) StatusAt(at time.Time) Status {
	if !at.Before(t.When.End) {
		return Status{State: Ended}
	}
	if t.Paused {
		return Status{State: Paused}
	}
	session, ok := t.When.Next(at)
	switch {
	case !ok:
		return Status{State: Ended}
	case !session.Start.After(at):
		return Status{State: Active, Visible: true, Closes: session.End}
	}
	status := Status{State: Upcoming, Opens: session.Start, Closes: session.End}
	status.Visible = session.Start.Sub(at) <= t.Preview
	if !status.Visible && t.openedBefore(at) {
		status.State = BetweenSessions
	}
	return status
}

// NextChange is the first time after that at which StatusAt gives another State
// or Visible; false if it never does again.
func (t *Task) NextChange(after time.Time) (time.Time, bool) {
	status := t.StatusAt(after)
	switch status.State {
	case Ended:
		return time.Time{}, false
	case Paused:
		return t.When.End.UTC(), true
	case Active:
		return status.Closes, true
	}
	if status.Visible {
		return status.Opens, true
	}
	return status.Opens.Add(-t.Preview), true
}

func (t *Task) openedBefore(at time.Time) bool {
	first, ok := t.When.Next(t.When.Start)
	return ok && first.Start.Before(at)
}
