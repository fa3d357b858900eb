package report

import (
	"cmp"
	"fmt"

	"geodrop/builder/plan"
	"geodrop/poi/phrase"
)

func tasks(p *plan.Plan, rows int) Section {
	s := Section{ID: "tasks", Title: "Tasks"}
	shown, rest := top(p.Tasks, rows, (*plan.Task).Differs, func(t *plan.Task) int64 { return t.Drops.Differ() })
	if len(shown) == 0 {
		s.Words = []string{fmt.Sprintf("None of %s differs.", phrase.Count(len(p.Tasks), "task"))}
		return s
	}
	s.Table = &Table{Head: []string{"task", "before", "after", "added", "removed", "moved", "changed", "quota"}}
	for i := range shown {
		t := &shown[i]
		cells := append([]string{t.Title + " (" + string(t.ID) + ")" + presence(t.Presence)}, change(&t.Drops)...)
		cells[5] += farthest(t.Drops.Moved, float64(t.Farthest))
		s.Table.add("", append(cells, shift(t.Units))...)
	}
	if len(rest) > 0 {
		var sum plan.Change
		for i := range rest {
			add(&sum, &rest[i].Drops)
		}
		s.Table.Rest = left(len(rest), "task") + ": " + differences(&sum)
	}
	return s
}

// definitions says which fields of tasks differ.
func definitions(p *plan.Plan, rows int) Section {
	s := Section{ID: "definitions", Title: "Definitions of tasks", Table: &Table{Head: []string{"task", "field", "before", "after"}}}
	some, more := 0, 0
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if len(t.Fields) == 0 {
			continue
		}
		if some++; some > rows {
			more++
			continue
		}
		for _, f := range t.Fields {
			s.Table.add("", t.Title+" ("+string(t.ID)+")", f.Name, cmp.Or(f.Before, "none"), cmp.Or(f.After, "none"))
		}
	}
	if some == 0 {
		s.Table, s.Words = nil, []string{"No definition differs."}
	}
	if more > 0 {
		s.Table.Rest = left(more, "task")
	}
	return s
}
