package builder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestTablesThatVanish: a table that came back empty, or with a fifth of its
// rows, is no release; an edit by the row is one.
func TestTablesThatVanish(t *testing.T) {
	lines := func(format string, from, to int) (text string) {
		for i := from; i < to; i++ {
			text += strings.ReplaceAll(format, "#", fmt.Sprint(i)) + "\n"
		}
		return text
	}
	pois := lines("poi p# 1 1", 0, 20)
	tests := []struct {
		name          string
		before, after string
		limit         float64
		says          string // of the error; empty: built
	}{
		{"no tasks", lines("task t# all *=1", 0, 2), "", 0, "of 2 tasks 0 are left"},
		{"no task of one", lines("task t# all *=1", 0, 1), "", 0, "of 20 POIs with tasks 0 are left"},
		{"no tasks, approved", lines("task t# all *=1", 0, 2), "", 1, ""},
		{"one of two tasks", lines("task t# all *=1", 0, 2), lines("task t# all *=1", 0, 1), 0, ""},
		{"one of two tasks, no POI may go", lines("task t# all *=1", 0, 2), lines("task t# all *=1", 0, 1), -1, ""},
		{"a fifth of the tasks", lines("task t# all *=1", 0, 5), lines("task t# all *=1", 0, 1), 0, "of 5 tasks 1 is left"},
		{"a fifth of the tasks, approved", lines("task t# all *=1", 0, 5), lines("task t# all *=1", 0, 1), 0.8, ""},
		{"no quotas", "task t all *=1 d=1", "task t all", 0, "of 2 quotas 0 are left"},
		{"one of two quotas", "task t all *=1 d=1", "task t all *=1", 0, ""},
		{"no members", lines("in s p#", 0, 10), "", 0, "of 10 POIs in sets 0 are left"},
		{"a fifth of the members", lines("in s p#", 0, 10), lines("in s p#", 0, 2), 0, "of 10 POIs in sets 2 are left"},
		{"half of the members", lines("in s p#", 0, 10), lines("in s p#", 0, 5), 0, ""},
		{"no districts", lines("district d# # 0 #.5 1", 1, 6), "", 0, "of 5 districts 0 are left"},
		{"one of two districts", lines("district d# # 0 #.5 1", 1, 3), lines("district d# # 0 #.5 1", 1, 2), 0, ""},
		{"no zones", lines("zone z# water 5 # 6 #.5", 1, 3), "", 0, "of 2 zones 0 are left"},
		{"a fifth of the zones", lines("zone z# water 5 # 6 #.5 timed", 1, 6), lines("zone z# water 5 # 6 #.5 timed", 1, 2), 0, "of 5 zones 1 is left"},
		{"one of two zones", lines("zone z# water 5 # 6 #.5", 1, 3), lines("zone z# water 5 # 6 #.5", 1, 2), 0, ""},
		{"tasks where there were none", "", lines("task t# all *=1", 0, 2), 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Out: t.TempDir(), TempDir: t.TempDir(), MaxShrink: tt.limit}
			built(t, parse(t, pois+tt.before), o)
			before := listing(t, o.Out)
			if tt.says == "" {
				built(t, parse(t, pois+tt.after), o)
				return
			}
			_, err := Build(context.Background(), parse(t, pois+tt.after), o)
			if !errors.Is(err, ErrShrink) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v, want %v with %q", err, ErrShrink, tt.says)
			}
			unchanged(t, o, before)
		})
	}
}

// TestUncountedIsNotCompared: a release of before something was counted is
// replaced.
func TestUncountedIsNotCompared(t *testing.T) {
	before := map[string]int64{countPostings: 10, countWithout: 0, countTasks: 4, countZones: 4}
	after := map[string]int64{countPostings: 10, countWithout: 10, countTasks: 0, countZones: 0}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if err := CheckShrink(before, after, 0); !errors.Is(err, ErrShrink) {
			t.Errorf("before %s is taken away: %v", name, err)
		}
		if delete(before, name); name == countPostings {
			before[countWithout] = 0
		}
	}
	if err := CheckShrink(before, after, 0); err != nil {
		t.Errorf("nothing was counted: %v", err)
	}
}
