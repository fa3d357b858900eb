package builder

import (
	"slices"

	"geodrop/poi"
)

// supply tells at which places some task drops. Tasks with quotas of their own
// for each district make millions of quotas, so a place asks those tasks only
// that may drop there.
type supply struct {
	named map[setDistrict][]*poi.Task // those with a quota for the district
	pools map[poi.SetID][]*poi.Task   // those with one for any
	known map[setDistrict]bool
}

type setDistrict struct {
	set      poi.SetID
	district poi.Adcode
}

func newSupply(tasks []poi.Task) *supply {
	s := &supply{named: map[setDistrict][]*poi.Task{}, pools: map[poi.SetID][]*poi.Task{}, known: map[setDistrict]bool{}}
	for i := range tasks {
		t := &tasks[i]
		for _, q := range t.Quotas {
			if q.District == poi.AnyDistrict {
				s.pools[t.Set] = appendTask(s.pools[t.Set], t)
			} else {
				key := setDistrict{t.Set, q.District}
				s.named[key] = appendTask(s.named[key], t)
			}
		}
	}
	return s
}

// appendTask appends a task unless it was the last to be appended: it has a
// quota for each of its prizes.
func appendTask(tasks []*poi.Task, t *poi.Task) []*poi.Task {
	if n := len(tasks); n > 0 && tasks[n-1] == t {
		return tasks
	}
	return append(tasks, t)
}

// dropsAt reports whether any task drops at POIs in these sets in a district,
// empty outside all districts.
func (s *supply) dropsAt(district poi.Adcode, sets []poi.SetID) bool {
	return s.drops(poi.AllPOIs, district) ||
		slices.ContainsFunc(sets, func(set poi.SetID) bool { return s.drops(set, district) })
}

func (s *supply) drops(set poi.SetID, district poi.Adcode) bool {
	key := setDistrict{set, district}
	drops, ok := s.known[key]
	if !ok {
		here := func(t *poi.Task) bool { return t.DropsIn(district) }
		drops = slices.ContainsFunc(s.named[key], here) || slices.ContainsFunc(s.pools[set], here)
		s.known[key] = drops
	}
	return drops
}
