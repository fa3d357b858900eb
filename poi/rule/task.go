package rule

import (
	"fmt"
	"strings"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// taskRules are about tasks and the places that they drop at.
func taskRules() []*Rule {
	const group = "Tasks and places"
	return []*Rule{
		{
			ID: "task-without-prizes", Group: group, Severity: Error,
			Reason: "a task has no prizes",
			Fix:    "List at least one prize of prizes.csv.",
			Doc:    "A claim draws from the task's prizes, so a task without any has nothing to give. It is left out.",
			Claims: func(r *poi.Reject) bool { return r.Code == poi.CodeMissing && r.Field == "prizes" },
		},
		{
			ID: "task-without-districts", Group: group, Severity: Error,
			Reason: "a task has no unit to give in any district",
			Fix:    `Add quotas: rows of prize, district and units, "*" for a pool of all districts.`,
			Doc:    "Without a quota of more than 0 units a task drops nowhere, whatever its places and prizes.",
			Start:  onTasks(withoutDistricts),
		},
		{
			ID: "task-without-pois", Group: group, Severity: Error,
			Reason: "a task has no places",
			Fix:    "Add places to its POI set, or name another set.",
			Doc:    "Its set has no POI, or each of them lies in a zone without times, so that nobody will ever see the task.",
			Start:  onCensus(withoutPOIs),
		},
		{
			ID: "quota-without-pois", Group: group, Severity: Warning,
			Reason: "a task has quotas for districts in which it has no places",
			Fix:    "Take the rows out and add their units elsewhere, or add places there.",
			Doc: "The task's set has no POI in the district that is not in a zone, so the units cannot be given. " +
				`A pool "*" is looked at with the places of all districts that have no quota of their own for the prize.`,
			Start: onCensus(withoutPlaces),
		},
		{
			ID: "pois-without-tasks", Group: group, Severity: Note,
			Reason: "places have no task",
			Fix:    "Add them to the set of a task, give their district a quota, or take them out.",
			Doc:    "They are carried in the release and never shown. The finding counts them and names the districts that have most.",
			Start:  onCensus(withoutTasks),
		},
		{
			ID: "config-empty", Group: group, Severity: Error,
			Reason: "there is no place to drop anything at",
			Fix:    "Check the path of the config and the names of its files, as geodrop guide bundle has them: pois*.csv.",
			Doc:    "No POI is left after what is rejected and what lies in zones. A build refuses to seal such a release.",
			Start: onCensus(func(v *View, emit Emit) {
				if v.Census.Postings == 0 {
					emit(Finding{At: poi.Place{Table: poi.TablePOIs},
						Message: fmt.Sprintf("there is no place to drop anything at: of %s, %s in zones",
							phrase.Count(v.Census.Read, "POI"), phrase.Number(v.Census.Screened)+phrase.Agree(v.Census.Screened, " lies", " lie"))})
				}
			}),
		},
		{
			ID: "config-without-tasks", Group: group, Severity: Warning,
			Reason: "there are places and no task",
			Fix:    "Add tasks in tasks.yaml, or set the severity of the rule to off if the config is one of places alone.",
			Doc: "A build makes a map on which nothing drops. That may be meant while places are gathered; it is also what is left when " +
				"tasks.yaml was lost or is called otherwise.",
			Start: onCensus(func(v *View, emit Emit) {
				if len(v.Config.Tasks) == 0 && !v.LeftOut && v.Census.Postings > 0 {
					emit(Finding{At: poi.Place{Table: poi.TableTasks},
						Message: fmt.Sprintf("there is no task for any of %s", phrase.Count(v.Census.Postings, "place"))})
				}
			}),
		},
	}
}

// onCensus is the start of a rule that looks once, at all that was counted.
func onCensus(look func(*View, Emit)) func(*View, Emit) Check {
	return func(v *View, emit Emit) Check {
		return Check{Census: func() { look(v, emit) }}
	}
}

func withoutDistricts(t *poi.Task) (Finding, bool) {
	for _, q := range t.Quotas {
		if q.Units > 0 {
			return Finding{}, false
		}
	}
	return Finding{At: poi.Place{Field: "quotas"}, Message: "has no unit to give in any district"}, true
}

// placed are the places of a set, by district.
type placed struct {
	pois, screened int64
	in             map[poi.Adcode]int64 // that no zone holds
}

// placesOf counts the places of the sets that tasks have.
func placesOf(v *View) map[poi.SetID]*placed {
	sets := map[poi.SetID]*placed{}
	for i := range v.Config.Tasks {
		sets[v.Config.Tasks[i].Set] = &placed{in: map[poi.Adcode]int64{}}
	}
	for i := range v.Census.Groups {
		g := &v.Census.Groups[i]
		for _, set := range append([]poi.SetID{poi.AllPOIs}, g.Sets...) {
			if p := sets[set]; p != nil {
				p.pois += g.POIs
				p.screened += g.Screened
				p.in[g.District] += g.POIs
			}
		}
	}
	return sets
}

func withoutPOIs(v *View, emit Emit) {
	sets := placesOf(v)
	for i := range v.Config.Tasks {
		t := &v.Config.Tasks[i]
		p := sets[t.Set]
		if p.pois > 0 {
			continue
		}
		f := Finding{At: taskPlace(t, "poi_set"), Object: "task " + string(t.ID), Value: string(t.Set),
			Message: fmt.Sprintf("has no places: the set %s has no POI", t.Set)}
		if p.screened > 0 {
			f.Message = fmt.Sprintf("has no places: all %s of the set %s lie in zones", phrase.Number(p.screened), t.Set)
		}
		emit(f)
	}
}

func withoutPlaces(v *View, emit Emit) {
	sets := placesOf(v)
	known := make(map[poi.Adcode]bool, len(v.Districts.Records))
	for _, d := range v.Districts.Records {
		known[d.Adcode] = true
	}
	for i := range v.Config.Tasks {
		t := &v.Config.Tasks[i]
		if p := sets[t.Set]; p.pois > 0 { // else it is another rule's
			strandedQuotas(t, p, known, emit)
		}
	}
}

// strandedQuotas makes one finding of all the quotas of a task that cannot be
// given, at the first.
func strandedQuotas(t *poi.Task, p *placed, known map[poi.Adcode]bool, emit Emit) {
	first, units, districts := -1, uint64(0), []string(nil)
	for i := range t.Quotas {
		q := &t.Quotas[i]
		if q.Units == 0 || !stranded(t, q, p, known) {
			continue
		}
		if first < 0 {
			first = i
		}
		units = addUnits(units, q.Units)
		if n := len(districts); n == 0 || districts[n-1] != string(q.District) {
			districts = append(districts, string(q.District))
		}
	}
	if first < 0 {
		return
	}
	emit(Finding{At: quotaPlace(t, first, "district"), Object: "task " + string(t.ID), Value: string(t.Quotas[first].District),
		Count:   int64(len(districts)),
		Message: fmt.Sprintf("has %s in quotas for which its set %s has no place: %s", phrase.Count(units, "unit"), t.Set, some(districts))})
}

func stranded(t *poi.Task, q *poi.Quota, p *placed, known map[poi.Adcode]bool) bool {
	if q.District != poi.AnyDistrict {
		return known[q.District] && p.in[q.District] == 0
	}
	left := p.pois
	for i := range t.Quotas {
		if other := &t.Quotas[i]; other.Prize == q.Prize && other.District != poi.AnyDistrict {
			left -= p.in[other.District]
		}
	}
	return left == 0
}

// shownNames is how many names a message lists.
const shownNames = 5

// some lists the first names, and how many more there are.
func some(names []string) string {
	if len(names) <= shownNames {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(names[:shownNames], ", "), phrase.Number(len(names)-shownNames))
}

func withoutTasks(v *View, emit Emit) {
	if v.LeftOut || len(v.Config.Tasks) == 0 { // without any it is another rule's
		return
	}
	s := poi.NewSupply(tasksByID(v.Config))
	idle, by := int64(0), map[poi.Adcode]int64{}
	for i := range v.Census.Groups {
		if g := &v.Census.Groups[i]; !s.Drops(g.Sets, g.District) {
			idle += g.POIs
			by[g.District] += g.POIs
		}
	}
	if idle == 0 {
		return
	}
	emit(Finding{At: poi.Place{Table: poi.TablePOIs}, Object: "the map", Count: idle,
		Message: fmt.Sprintf("has %s of %s without a task: %s", phrase.Number(idle), phrase.Count(v.Census.Postings, "place"), some(byCount(v, by)))})
}
