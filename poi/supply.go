package poi

import "slices"

// TaskNo numbers the tasks of a Supply, in the order in which it was given them.
type TaskNo uint32

// Supply tells which of many tasks drop at the POIs of sets in a district, as
// Task.DropsIn answers for each, without going through the quotas of all: these
// are millions. One goroutine uses it at a time, since it remembers answers.
type Supply struct {
	listed    map[setDistrict][]TaskNo // by a quota for the district itself
	elsewhere map[SetID][]TaskNo       // by a pool, where a task names no quota
	named     map[taskDistrict]struct{}
	known     map[setDistrict][]TaskNo
}

type setDistrict struct {
	set      SetID
	district Adcode
}

type taskDistrict struct {
	task     TaskNo
	district Adcode
}

// NewSupply looks at the tasks once.
func NewSupply(tasks []*Task) *Supply {
	s := &Supply{
		listed:    map[setDistrict][]TaskNo{},
		elsewhere: map[SetID][]TaskNo{},
		named:     map[taskDistrict]struct{}{},
		known:     map[setDistrict][]TaskNo{},
	}
	for i, t := range tasks {
		s.add(TaskNo(i), t)
	}
	return s
}

// add takes a task in: it drops where it has a row with units, or a prize whose
// pool has units and is not replaced by a row of the district's own.
func (s *Supply) add(no TaskNo, t *Task) {
	pools := map[PrizeID]struct{}{} // prizes whose pool has units
	for _, q := range t.Quotas {
		if q.District == AnyDistrict && q.Units > 0 {
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
	districts := map[Adcode]own{}
	for _, q := range t.Quotas {
		if q.District == AnyDistrict {
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

// of are the tasks of one set that drop in a district.
func (s *Supply) of(set SetID, district Adcode) []TaskNo {
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
	return known
}

// Append appends the tasks that drop at POIs of any of the sets in a district,
// empty outside all districts, to dst, in ascending order. A task is of one set,
// so none is there twice.
func (s *Supply) Append(dst []TaskNo, sets []SetID, district Adcode) []TaskNo {
	first := len(dst)
	dst = append(dst, s.of(AllPOIs, district)...)
	for _, set := range sets {
		if set != AllPOIs {
			dst = append(dst, s.of(set, district)...)
		}
	}
	slices.Sort(dst[first:])
	return dst
}

// Drops reports whether any task drops there.
func (s *Supply) Drops(sets []SetID, district Adcode) bool {
	return len(s.of(AllPOIs, district)) > 0 ||
		slices.ContainsFunc(sets, func(set SetID) bool { return len(s.of(set, district)) > 0 })
}
