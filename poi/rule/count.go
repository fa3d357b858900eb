package rule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// byCount words counts by district, the greatest first.
func byCount(v *View, by map[poi.Adcode]int64) []string {
	names := make(map[poi.Adcode]string, len(v.Districts.Records))
	for _, d := range v.Districts.Records {
		names[d.Adcode] = cmp.Or(d.Name, string(d.Adcode))
	}
	names[""] = "outside all districts"
	codes := slices.SortedFunc(maps.Keys(by), func(a, b poi.Adcode) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	words := make([]string, 0, len(codes))
	for _, code := range codes {
		if by[code] > 0 {
			words = append(words, names[code]+" "+phrase.Number(by[code]))
		}
	}
	return words
}

// countRules hold the config against the release that it is to replace.
func countRules() []*Rule {
	return []*Rule{{
		ID: "counts-moved", Group: "Against the release before", Severity: Error,
		Reason: "the config has much more or fewer rows than the release that it is to replace",
		Fix:    "See whether a file or table is incomplete; if the change is meant, say so with a higher --max-moved, or accept it for a day.",
		Doc: "Places, those with tasks and those in sets, tasks, quotas, districts and zones are counted as a build counts them and " +
			"compared with the release of --base. POIs may move by --max-moved, 20 % unless told; what is edited by the row " +
			"by half, or that if more. A table that came back with a fifth of its rows is found before it is published.",
		Start: onCensus(countsMoved),
	}}
}

func countsMoved(v *View, emit Emit) {
	if v.Base == nil {
		return
	}
	for _, c := range poi.CompareCounts(v.Base, v.counts(), v.MaxMoved) {
		rows := max(c.Is-c.Was, c.Was-c.Is)
		if c.Was <= 0 || float64(rows) <= c.Limit*float64(c.Was) {
			continue
		}
		emit(Finding{At: poi.Place{Table: c.Table}, Object: c.What, Value: fmt.Sprint(c.Is), Count: rows,
			Message: fmt.Sprintf("are %s after %s in the release before: moved by %.3g %%, more than %.3g %%",
				phrase.Number(c.Is), phrase.Number(c.Was), 100*float64(rows)/float64(c.Was), 100*c.Limit)})
	}
}

// counts are those that a build of the config would have.
func (v *View) counts() map[string]int64 {
	idle, quotas := int64(0), 0
	s := poi.NewSupply(tasksByID(v.Config))
	for i := range v.Census.Groups {
		if g := &v.Census.Groups[i]; !s.Drops(g.Sets, g.District) {
			idle += g.POIs
		}
	}
	for i := range v.Config.Tasks {
		quotas += len(v.Config.Tasks[i].Quotas)
	}
	return map[string]int64{
		poi.CountPOIs: v.Census.Postings, poi.CountWithoutTasks: idle, poi.CountInSets: v.Census.InSets,
		poi.CountTasks: int64(len(v.Config.Tasks)), poi.CountQuotas: int64(quotas),
		poi.CountDistricts: int64(len(v.Districts.Records)), poi.CountZones: int64(len(v.Always.Records) + len(v.Timed.Records)),
	}
}
