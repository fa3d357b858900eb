package builder

import (
	"slices"

	"geodrop/poi"
)

// supply tells at which places some task drops. It asks each task once for each
// district: places are many, and a task may have a quota for every district.
type supply struct {
	tasks map[poi.SetID][]*poi.Task
	known map[setDistrict]bool
}

type setDistrict struct {
	set      poi.SetID
	district poi.Adcode
}

func newSupply(tasks []poi.Task) *supply {
	s := &supply{tasks: map[poi.SetID][]*poi.Task{}, known: map[setDistrict]bool{}}
	for i := range tasks {
		t := &tasks[i]
		s.tasks[t.Set] = append(s.tasks[t.Set], t)
	}
	return s
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
		drops = slices.ContainsFunc(s.tasks[set], func(t *poi.Task) bool { return t.DropsIn(district) })
		s.known[key] = drops
	}
	return drops
}
