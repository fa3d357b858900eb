package query

import (
	"slices"
	"testing"
	"time"

	"geodrop/poi"
)

// TestViewers holds what players, testers and operators see against the states of
// the tasks at many times: testers see what will open besides, operators all.
func TestViewers(t *testing.T) {
	r := town(t).open(t, Options{})
	states := map[poi.TaskID]*poi.Task{}
	for i := range r.Catalog().Tasks {
		states[r.Catalog().Tasks[i].ID] = &r.Catalog().Tasks[i]
	}
	testersSeeMore, operatorsSeeMore := false, false
	for i := range 200 {
		at := instant(t, "00:00:00").Add(time.Duration(i-60) * 41 * time.Minute)
		all := tasksSeen(t, r, Request{Pos: covent, At: at, All: true})
		var seen, soon []poi.TaskID
		for _, id := range all {
			status := states[id].StatusAt(at)
			opens := status.State == poi.Upcoming || status.State == poi.BetweenSessions
			if status.Visible {
				seen = append(seen, id)
			}
			if status.Visible || opens {
				soon = append(soon, id)
			}
		}
		if got := tasksSeen(t, r, Request{Pos: covent, At: at}); !slices.Equal(got, seen) {
			t.Errorf("at %s players see %v, want %v", at, got, seen)
		}
		if got := tasksSeen(t, r, Request{Pos: covent, At: at, Soon: true}); !slices.Equal(got, soon) {
			t.Errorf("at %s testers see %v, want %v", at, got, soon)
		}
		testersSeeMore = testersSeeMore || len(soon) > len(seen)
		operatorsSeeMore = operatorsSeeMore || len(all) > len(soon)
	}
	if !testersSeeMore || !operatorsSeeMore {
		t.Errorf("testers see more than players: %v, operators more than testers: %v", testersSeeMore, operatorsSeeMore)
	}
}

// tasksSeen are the tasks of an answer.
func tasksSeen(t *testing.T, r *Release, req Request) []poi.TaskID {
	t.Helper()
	var a Answer
	must(t, r.Lookup(req, &a))
	var ids []poi.TaskID
	for _, task := range a.Tasks {
		ids = append(ids, task.ID)
	}
	return ids
}
