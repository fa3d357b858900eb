package query

import (
	"slices"

	"geodrop/poi"
)

// taskNo numbers the tasks of a release in the order of an answer: by priority,
// the highest first, then by id.
type taskNo uint32

// A supply tells which tasks drop at the POIs of a set in a district, without
// going through the quotas of all tasks for each: these are millions.
type supply struct {
	listed    map[setDistrict][]taskNo // by a quota for the district itself
	elsewhere map[poi.SetID][]taskNo   // by a pool, where a task names no quota
	named     map[taskDistrict]struct{}
	known     map[setDistrict][]taskNo // answers of tasks
}

type setDistrict struct {
	set      poi.SetID
	district poi.Adcode
}

type taskDistrict struct {
	task     taskNo
	district poi.Adcode
}

func newSupply(tasks []*poi.Task) *supply {
	s := &supply{
		listed:    map[setDistrict][]taskNo{},
		elsewhere: map[poi.SetID][]taskNo{},
		named:     map[taskDistrict]struct{}{},
		known:     map[setDistrict][]taskNo{},
	}
	for i, t := range tasks {
		s.add(taskNo(i), t)
	}
	return s
}

// add takes a task in, as poi.Task.DropsIn would answer for every district: it
// drops where it has a row with units, or a prize whose pool has units and is
// not replaced by a row of the district's own.
func (s *supply) add(no taskNo, t *poi.Task) {
	pools := map[poi.PrizeID]struct{}{} // prizes whose pool has units
	for _, q := range t.Quotas {
		if q.District == poi.AnyDistrict && q.Units > 0 {
			pools[q.Prize] = struct{}{}
		}
	}
	if len(pools) > 0 {
		s.elsewhere[t.Set] = append(s.elsewhere[t.Set], no)
	}
	type own struct {
		units    bool
		replaced int // pools that have a row here instead
	}
	districts := map[poi.Adcode]own{}
	for _, q := range t.Quotas {
		if q.District == poi.AnyDistrict {
			continue
		}
		o := districts[q.District]
		o.units = o.units || q.Units > 0
		if _, ok := pools[q.Prize]; ok {
			o.replaced++
		}
		districts[q.District] = o
	}
	for district, o := range districts {
		if len(pools) > 0 {
			s.named[taskDistrict{no, district}] = struct{}{}
		}
		if o.units || o.replaced < len(pools) {
			key := setDistrict{t.Set, district}
			s.listed[key] = append(s.listed[key], no)
		}
	}
}

// appendTasks appends the tasks that drop at POIs of a set in a district, empty
// outside all districts, to dst.
func (s *supply) appendTasks(dst []taskNo, set poi.SetID, district poi.Adcode) []taskNo {
	key := setDistrict{set, district}
	known, ok := s.known[key]
	if !ok {
		known = slices.Clone(s.listed[key])
		for _, no := range s.elsewhere[set] {
			if _, named := s.named[taskDistrict{no, district}]; !named {
				known = append(known, no)
			}
		}
		s.known[key] = known
	}
	return append(dst, known...)
}

// appendPlaceTasks appends the tasks that drop at POIs of any of the sets, in
// ascending order. A task is of one set, so none is there twice.
func (s *supply) appendPlaceTasks(dst []taskNo, sets []poi.SetID, district poi.Adcode) []taskNo {
	first := len(dst)
	dst = s.appendTasks(dst, poi.AllPOIs, district)
	for _, set := range sets {
		if set != poi.AllPOIs {
			dst = s.appendTasks(dst, set, district)
		}
	}
	slices.Sort(dst[first:])
	return dst
}
