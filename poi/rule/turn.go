package rule

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"geodrop/poi"
)

// A turn is a task that opens or closes.
type turn struct {
	at    time.Time
	task  int // of those that were asked for
	opens bool
}

// turnSpan is how long openings are looked at after a task has started. Sessions
// repeat each week, so whatever tasks are open together, they are so in the week
// in which the last of them starts.
const turnSpan = 7 * 24 * time.Hour

// maxTurns bounds the openings that a rule looks at.
const maxTurns = 1_000_000

// boundsOfTurns says so to the readers of a rule.
const boundsOfTurns = "Looked at are all openings within a week of the start of a task, or of now if that is later, since sessions repeat each week: %d of them at most."

// turns finds when tasks open and close.
type turns struct {
	now  time.Time
	left int // openings that may be looked at
}

func newTurns(v *View) *turns { return &turns{now: v.Now, left: maxTurns} }

// of are the turns of tasks from now on, in the spans that matter: in the order of
// time, and what closes before what opens.
func (t *turns) of(tasks []*poi.Task) (all []turn) {
	spans, known := t.spans(tasks), map[string][]poi.Interval{}
	for i, task := range tasks {
		key := fmt.Sprint(task.When) // tasks often have their times in common
		openings, ok := known[key]
		if !ok {
			openings = t.openings(&task.When, spans)
			known[key] = openings
		}
		for _, o := range openings {
			all = append(all, turn{o.Start, i, true})
			if !o.End.IsZero() {
				all = append(all, turn{o.End, i, false})
			}
		}
	}
	slices.SortFunc(all, func(a, b turn) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(flag(a.opens), flag(b.opens)), cmp.Compare(a.task, b.task))
	})
	return all
}

// spans are those after the starts of tasks; they do not overlap.
func (t *turns) spans(tasks []*poi.Task) (spans []poi.Interval) {
	starts := make([]time.Time, len(tasks))
	for i, task := range tasks {
		starts[i] = laterOf(t.now, task.When.Start)
	}
	slices.SortFunc(starts, time.Time.Compare)
	for _, start := range starts {
		end := start.Add(turnSpan)
		if last := len(spans) - 1; last >= 0 && !start.After(spans[last].End) {
			spans[last].End = end
		} else {
			spans = append(spans, poi.Interval{Start: start, End: end})
		}
	}
	return spans
}

// openings are those of a schedule that begin in the spans, or last into them.
func (t *turns) openings(s *poi.Schedule, spans []poi.Interval) (openings []poi.Interval) {
	at := s.Start
	for _, span := range spans {
		at = laterOf(at, span.Start)
		for at.Before(span.End) && t.left > 0 {
			t.left--
			next, ok := s.Next(at)
			if !ok {
				return openings
			}
			if !next.Start.Before(span.End) {
				break
			}
			openings = append(openings, next)
			if at = next.End; at.IsZero() {
				return openings
			}
		}
	}
	return openings
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
