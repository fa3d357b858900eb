package rule

import (
	"fmt"
	"time"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// windowRules are about when tasks are open.
func windowRules() []*Rule {
	const group = "Windows and sessions"
	return []*Rule{
		{
			ID: "window-reversed", Group: group, Severity: Error,
			Reason: "a window ends before it starts",
			Fix:    "Swap starts_at and ends_at, or correct the year.",
			Doc:    "ends_at has to be after starts_at, of tasks and of zones. The task or zone is left out.",
			Claims: byCode(poi.CodeOrder),
		},
		{
			ID: "window-past", Group: group, Severity: Note,
			Reason: "a task or zone is over",
			Fix:    "Delete it, or correct ends_at.",
			Doc: "Its last session ended before now, so it does nothing. A year that was not changed when a campaign was copied " +
				"looks like this.",
			Start: func(v *View, emit Emit) Check {
				return Check{
					Config: func(c *poi.Config) { pastTasks(v.Now, c, emit) },
					Zone:   func(z *poi.Zone) { pastZone(v.Now, z, emit) },
				}
			},
		},
		{
			ID: "task-without-sessions", Group: group, Severity: Error,
			Reason: "a task never opens",
			Fix:    "Widen the window, or name sessions that fall into it.",
			Doc: "None of its sessions falls into its window: a window of a weekend with sessions on working days, " +
				"or one that ends before the first session begins.",
			Start: onTasks(neverOpen),
		},
		{
			ID: "session-overlap", Group: group, Severity: Warning,
			Reason: "two sessions of a task overlap",
			Fix:    "Make them one session, or correct the hours.",
			Doc:    "Sessions that overlap are one for players, so one of them is not what was meant.",
			Start:  onTasks(sessionsOverlap),
		},
		{
			ID: "caps-contradict", Group: group, Severity: Warning,
			Reason: "the caps of a task contradict each other",
			Fix:    "Lower caps.per_day to caps.total, or raise caps.total.",
			Doc:    "More claims a day than in all can never be reached, so one of the two figures is not what was meant.",
			Start:  onTasks(capsContradict),
		},
	}
}

// onTasks is the start of a rule that looks at each task alone. The finding's
// object and key are filled in.
func onTasks(look func(*poi.Task) (Finding, bool)) func(*View, Emit) Check {
	return func(_ *View, emit Emit) Check {
		return Check{Config: func(c *poi.Config) {
			for i := range c.Tasks {
				t := &c.Tasks[i]
				if f, bad := look(t); bad {
					f.At.Table, f.At.Key, f.Object = poi.TableTasks, string(t.ID), "task "+string(t.ID)
					emit(f)
				}
			}
		}}
	}
}

func pastTasks(now time.Time, c *poi.Config, emit Emit) {
	for i := range c.Tasks {
		t := &c.Tasks[i]
		if _, opens := t.When.Next(t.When.Start); opens && t.StateAt(now) == poi.Ended {
			emit(Finding{At: taskPlace(t, "ends_at"), Object: "task " + string(t.ID), Value: rfc3339(t.When.End),
				Message: "is over since " + rfc3339(t.When.End)})
		}
	}
}

func pastZone(now time.Time, z *poi.Zone, emit Emit) {
	if !z.When.End.IsZero() && !now.Before(z.When.End) {
		emit(Finding{At: record(poi.TableZones, string(z.ID), "ends_at"), Object: "zone " + string(z.ID), Value: rfc3339(z.When.End),
			Message: "is over since " + rfc3339(z.When.End)})
	}
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func neverOpen(t *poi.Task) (Finding, bool) {
	_, opens := t.When.Next(t.When.Start)
	return Finding{At: poi.Place{Field: "sessions"},
		Message: fmt.Sprintf("never opens: no session falls into %s…%s", rfc3339(t.When.Start), rfc3339(t.When.End))}, !opens
}

func sessionsOverlap(t *poi.Task) (Finding, bool) {
	sessions := t.When.Sessions
	for i, s := range sessions {
		for j := range i {
			if weekOf(sessions[j : j+1]).meets(weekOf(sessions[i : i+1])) {
				return Finding{At: poi.Place{Field: fmt.Sprintf("sessions[%d]", i)}, Value: s.String(),
					Message: fmt.Sprintf("has sessions that overlap: %s and %s", sessions[j], s)}, true
			}
		}
	}
	return Finding{}, false
}

func capsContradict(t *poi.Task) (Finding, bool) {
	if t.Caps.Total == 0 || t.Caps.PerDay <= t.Caps.Total {
		return Finding{}, false
	}
	return Finding{At: poi.Place{Field: "caps.per_day"}, Value: fmt.Sprint(t.Caps.PerDay), Nearest: fmt.Sprint(t.Caps.Total),
		Message: fmt.Sprintf("allows %s a day and %s in all", phrase.Count(t.Caps.PerDay, "claim"), phrase.Number(t.Caps.Total))}, true
}
