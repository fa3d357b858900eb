package rule

import (
	"fmt"

	"geodrop/poi"
)

// referenceRules are about names that lead nowhere.
func referenceRules() []*Rule {
	return []*Rule{
		{
			ID: "dangling-district", Group: "References", Severity: Error,
			Reason: "a quota is for a district that does not exist",
			Fix:    `Write the adcode of a district of the config, or "*" for all that have no quota of their own.`,
			Doc: "A quota for a district that is not in districts*.geojson is never given to anybody: " +
				"no place lies there.",
			Start: func(v *View, emit Emit) Check {
				return Check{Areas: func() { danglingDistricts(v, emit) }}
			},
		},
	}
}

func danglingDistricts(v *View, emit Emit) {
	known := make(map[poi.Adcode]bool, len(v.Districts.Records))
	for _, d := range v.Districts.Records {
		known[d.Adcode] = true
	}
	for i := range v.Config.Tasks {
		t := &v.Config.Tasks[i]
		for j := range t.Quotas {
			if q := &t.Quotas[j]; q.District != poi.AnyDistrict && !known[q.District] {
				emit(Finding{
					At:     record(poi.TableTasks, string(t.ID), fmt.Sprintf("quotas[%d].district", j)),
					Object: "task " + string(t.ID), Value: string(q.District),
					Message: "has a quota for a district that does not exist",
				})
			}
		}
	}
}
