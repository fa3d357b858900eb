package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"geodrop/poi"
	"geodrop/poi/catalog"
)

// tasks says which fields of the definitions of tasks differ.
func (c *comparison) tasks() {
	before := byID(c.sides[was].release.Catalog())
	after := byID(c.sides[is].release.Catalog())
	for i := range c.plan.Tasks {
		t := &c.plan.Tasks[i]
		if t.Presence == InBoth {
			t.Fields = differing(before[t.ID], after[t.ID])
		}
	}
}

func byID(c *catalog.Catalog) map[poi.TaskID]*poi.Task {
	m := make(map[poi.TaskID]*poi.Task, len(c.Tasks))
	for i := range c.Tasks {
		m[c.Tasks[i].ID] = &c.Tasks[i]
	}
	return m
}

// taskFields are the fields of a task as people read them. Quotas are told as
// rows of the budget.
var taskFields = []struct {
	name string
	text func(t *poi.Task) string
}{
	{"title", func(t *poi.Task) string { return t.Title }},
	{"merchant", func(t *poi.Task) string { return string(t.Merchant) }},
	{"poi_set", func(t *poi.Task) string { return string(t.Set) }},
	{"starts_at", func(t *poi.Task) string { return instant(t.When.Start) }},
	{"ends_at", func(t *poi.Task) string { return instant(t.When.End) }},
	{"sessions", sessions},
	{"time_zone", func(t *poi.Task) string { return t.When.TimeZone.String() }},
	{"preview", func(t *poi.Task) string { return t.Preview.String() }},
	{"claim_radius_m", func(t *poi.Task) string { return fmt.Sprint(float64(t.ClaimRadius)) }},
	{"caps.per_day", func(t *poi.Task) string { return fmt.Sprint(t.Caps.PerDay) }},
	{"caps.total", func(t *poi.Task) string { return fmt.Sprint(t.Caps.Total) }},
	{"caps.cooldown", func(t *poi.Task) string { return t.Caps.Cooldown.String() }},
	{"prizes", prizes},
	{"paused", func(t *poi.Task) string { return fmt.Sprint(t.Paused) }},
	{"priority", func(t *poi.Task) string { return fmt.Sprint(t.Priority) }},
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func sessions(t *poi.Task) string {
	var all []string
	for _, s := range t.When.Sessions {
		all = append(all, s.String())
	}
	if all == nil {
		return "all day"
	}
	return strings.Join(all, ", ")
}

func prizes(t *poi.Task) string {
	var all []string
	for _, p := range t.Prizes {
		all = append(all, fmt.Sprintf("%s (weight %d)", p.Prize, p.Weight))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func differing(before, after *poi.Task) []Field {
	var fields []Field
	for _, f := range taskFields {
		if a, b := f.text(before), f.text(after); a != b {
			fields = append(fields, Field{Name: f.name, Before: a, After: b})
		}
	}
	return fields
}
