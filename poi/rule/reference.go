package rule

import (
	"fmt"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// referenceRules are about names that lead nowhere, that are twice, or that
// nobody uses.
func referenceRules() []*Rule {
	const group = "References"
	return []*Rule{
		{
			ID: idDuplicate, Group: group, Severity: Error,
			Reason: "an id is given twice",
			Fix:    "Give one of the two another id, or delete it.",
			Doc: "Ids name one merchant, prize, task, district, zone or POI in the whole config, " +
				"whatever the file. Of two the first stays and the other is left out of the release.",
			Claims: byCode(poi.CodeDuplicate),
		},
		{
			ID: idDangling, Group: group, Severity: Error,
			Reason: "a reference leads to nothing",
			Fix:    "Correct the id, or add what it names.",
			Doc: "A task names a merchant, a prize or a POI set, a prize a merchant, a row of quotas.csv a task, " +
				"a membership a POI. What refers to something that is not there is left out of the release.",
			Claims: byCode(poi.CodeDangling),
		},
		{
			ID: "dangling-district", Group: group, Severity: Error,
			Reason: "a quota is for a district that does not exist",
			Fix:    `Write the adcode of a district of the config, or "*" for all that have no quota of their own.`,
			Doc: "A quota for a district that is not in districts*.geojson is never given to anybody: " +
				"no place lies there.",
			Start: func(v *View, emit Emit) Check {
				return Check{Areas: func() { danglingDistricts(v, emit) }}
			},
		},
		{
			ID: idMemberTwice, Group: group, Severity: Note,
			Reason: "a POI is in a set twice",
			Fix:    "Delete one of the two rows.",
			Doc:    "It changes nothing on the map, but often another POI was meant.",
		},
		unusedRule("merchant-unused", "a merchant has neither a task nor a prize", unusedMerchants),
		unusedRule("prize-unused", "a prize is in no task", unusedPrizes),
		unusedRule("set-unused", "a POI set has no task", unusedSets),
	}
}

func unusedRule(id, reason string, find func(*poi.Config, Emit)) *Rule {
	return &Rule{
		ID: id, Group: "References", Severity: Note, Reason: reason,
		Fix: "Delete it, or use it in a task.",
		Doc: "Nothing refers to it. It costs nothing, but a task may be missing. Not looked at while a task, prize or merchant is left out.",
		Start: func(v *View, emit Emit) Check {
			return Check{Config: func(c *poi.Config) {
				if !v.LeftOut {
					find(c, emit)
				}
			}}
		},
	}
}

func danglingDistricts(v *View, emit Emit) {
	known := make(map[poi.Adcode]bool, len(v.Districts.Records))
	for _, d := range v.Districts.Records {
		known[d.Adcode] = true
	}
	names := namesOf(v.Districts.Records, func(d **poi.District) string { return string((*d).Adcode) })
	near := nearest{}
	for i := range v.Config.Tasks {
		t := &v.Config.Tasks[i]
		for j := range t.Quotas {
			q := &t.Quotas[j]
			if q.District == poi.AnyDistrict || known[q.District] {
				continue
			}
			emit(Finding{At: quotaPlace(t, j, "district"), Object: "task " + string(t.ID), Value: string(q.District), Nearest: near.to(string(q.District), names),
				Message: fmt.Sprintf("has a quota of %s for the district %q, which does not exist", phrase.Count(q.Units, "unit"), string(q.District))})
		}
	}
}

func taskPlace(t *poi.Task, field string) poi.Place {
	return record(poi.TableTasks, string(t.ID), field)
}

func quotaPlace(t *poi.Task, i int, field string) poi.Place {
	return taskPlace(t, fmt.Sprintf("quotas[%d].%s", i, field))
}

func unusedMerchants(c *poi.Config, emit Emit) {
	used := map[poi.MerchantID]bool{}
	for i := range c.Tasks {
		used[c.Tasks[i].Merchant] = true
	}
	for i := range c.Prizes {
		used[c.Prizes[i].Merchant] = true
	}
	for i := range c.Merchants {
		if id := c.Merchants[i].ID; !used[id] {
			emit(Finding{At: record(poi.TableMerchants, string(id), "id"), Object: "merchant " + string(id), Value: string(id),
				Message: "has neither a task nor a prize"})
		}
	}
}

func unusedPrizes(c *poi.Config, emit Emit) {
	used := map[poi.PrizeID]bool{}
	for i := range c.Tasks {
		for _, p := range c.Tasks[i].Prizes {
			used[p.Prize] = true
		}
	}
	for i := range c.Prizes {
		if id := c.Prizes[i].ID; !used[id] {
			emit(Finding{At: record(poi.TablePrizes, string(id), "id"), Object: "prize " + string(id), Value: string(id),
				Message: "is in no task"})
		}
	}
}

func unusedSets(c *poi.Config, emit Emit) {
	used := map[poi.SetID]bool{}
	for i := range c.Tasks {
		used[c.Tasks[i].Set] = true
	}
	for _, id := range c.Sets {
		if !used[id] {
			emit(Finding{At: record(poi.TableSets, string(id), "set_id"), Object: "set " + string(id), Value: string(id), Message: "has no task"})
		}
	}
}
