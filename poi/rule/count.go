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

// halfOfTheRows is by how much counts may move that few edits decide.
const halfOfTheRows = 0.5

func countsMoved(v *View, emit Emit) {
	if v.Base == nil {
		return
	}
	half := max(v.MaxMoved, halfOfTheRows)
	c, now := v.Census, v.counts()
	for _, of := range []struct {
		what  string
		table poi.Table
		was   int64
		is    int64
		limit float64
	}{
		{"POIs", poi.TablePOIs, v.Base["pois"], c.Postings, v.MaxMoved},
		{"POIs with tasks", poi.TablePOIs, v.Base["pois"] - v.Base["without_tasks"], c.Postings - now.idle, half},
		{"POIs in sets", poi.TableSets, v.Base["in_sets"], c.InSets, half},
		{"tasks", poi.TableTasks, v.Base["tasks"], int64(len(v.Config.Tasks)), half},
		{"quotas", poi.TableTasks, v.Base["quotas"], now.quotas, half},
		{"districts", poi.TableDistricts, v.Base["districts"], int64(len(v.Districts.Records)), half},
		{"zones", poi.TableZones, v.Base["zones"], now.zones, half},
	} {
		rows := max(of.is-of.was, of.was-of.is)
		moved := float64(rows)
		if of.was == 0 || moved <= of.limit*float64(of.was) {
			continue
		}
		emit(Finding{At: poi.Place{Table: of.table}, Object: of.what, Value: fmt.Sprint(of.is), Count: rows,
			Message: fmt.Sprintf("are %s after %s in the release before: moved by %.3g %%, more than %.3g %%",
				phrase.Number(of.is), phrase.Number(of.was), 100*moved/float64(of.was), 100*of.limit)})
	}
}

type counts struct{ idle, quotas, zones int64 }

func (v *View) counts() (c counts) {
	s := poi.NewSupply(tasksByID(v.Config))
	for i := range v.Census.Groups {
		if g := &v.Census.Groups[i]; !s.Drops(g.Sets, g.District) {
			c.idle += g.POIs
		}
	}
	for i := range v.Config.Tasks {
		c.quotas += int64(len(v.Config.Tasks[i].Quotas))
	}
	c.zones = int64(len(v.Always.Records) + len(v.Timed.Records))
	return c
}
