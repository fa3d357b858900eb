package poi

import (
	"slices"
	"testing"
)

func TestCompareCounts(t *testing.T) {
	before := map[string]int64{CountPOIs: 10, CountWithoutTasks: 4, CountTasks: 3}
	after := map[string]int64{CountPOIs: 9, CountWithoutTasks: 9, CountTasks: 4, CountZones: 7}
	want := []CountChange{
		{"POIs", TablePOIs, 10, 9, 0.2},
		{"POIs with tasks", TablePOIs, 6, 0, 0.5},
		{"tasks", TableTasks, 3, 4, 0.5},
	}
	if got := CompareCounts(before, after, 0.2); !slices.Equal(got, want) {
		t.Errorf("the counts are %v, want %v", got, want)
	}
	for _, c := range CompareCounts(before, after, 0.7) {
		if c.Limit != 0.7 {
			t.Errorf("of %s, %v may change where the limit is 0.7", c.What, c.Limit)
		}
	}
	delete(before, CountWithoutTasks)
	want = slices.Delete(want, 1, 2)
	if got := CompareCounts(before, after, 0.2); !slices.Equal(got, want) {
		t.Errorf("where places without tasks were not counted, the counts are %v, want %v", got, want)
	}
}
