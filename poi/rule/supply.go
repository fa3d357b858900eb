package rule

import (
	"cmp"
	"slices"

	"geodrop/poi"
)

// supply tells which tasks drop at places of some sets and a district. A config
// may have millions of quotas, so a place asks those tasks only that may drop
// there.
type supply struct {
	named map[setDistrict][]*source // with a quota for the district
	pools map[poi.SetID][]*source   // with one for any
	asked int                       // groups so far
}

type setDistrict struct {
	set      poi.SetID
	district poi.Adcode
}

// source is a task with its quotas by district.
type source struct {
	task *poi.Task
	own  map[poi.Adcode][]int // rows of Quotas; those of AnyDistrict among them
	last int                  // group for which it was found
}

func newSupply(c *poi.Config) *supply {
	s := &supply{named: map[setDistrict][]*source{}, pools: map[poi.SetID][]*source{}}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		src := &source{task: t, own: map[poi.Adcode][]int{}}
		for j := range t.Quotas {
			d := t.Quotas[j].District
			src.own[d] = append(src.own[d], j)
		}
		for d := range src.own {
			if d == poi.AnyDistrict {
				s.pools[t.Set] = append(s.pools[t.Set], src)
			} else {
				key := setDistrict{t.Set, d}
				s.named[key] = append(s.named[key], src)
			}
		}
	}
	return s
}

// at lists the tasks that drop at places that are in these sets and this
// district, by id.
func (s *supply) at(g *Group) []*source {
	s.asked++
	found := s.in(nil, poi.AllPOIs, g.District)
	for _, set := range g.Sets {
		found = s.in(found, set, g.District)
	}
	slices.SortFunc(found, func(a, b *source) int { return cmp.Compare(a.task.ID, b.task.ID) })
	return found
}

func (s *supply) in(found []*source, set poi.SetID, district poi.Adcode) []*source {
	for _, list := range [][]*source{s.named[setDistrict{set, district}], s.pools[set]} {
		for _, src := range list {
			if src.last != s.asked && src.drops(district) {
				src.last = s.asked
				found = append(found, src)
			}
		}
	}
	return found
}

// drops reports whether the task has a unit to give in the district.
func (s *source) drops(district poi.Adcode) bool {
	for _, i := range s.own[district] {
		if s.task.Quotas[i].Units > 0 {
			return true
		}
	}
	for _, i := range s.own[poi.AnyDistrict] {
		if q := &s.task.Quotas[i]; q.Units > 0 && !s.named(q.Prize, district) {
			return true
		}
	}
	return false
}

// named reports whether a prize has a quota of its own in the district.
func (s *source) named(prize poi.PrizeID, district poi.Adcode) bool {
	return slices.ContainsFunc(s.own[district], func(i int) bool { return s.task.Quotas[i].Prize == prize })
}
