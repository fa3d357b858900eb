package poi

// The counts of a release that the next one is held against, by their names in
// its manifest. They are those of what is in it, not of what was read.
const (
	CountPOIs         = "pois"
	CountWithoutTasks = "without_tasks" // of the POIs
	CountInSets       = "in_sets"       // of the POIs
	CountTasks        = "tasks"
	CountQuotas       = "quotas"
	CountDistricts    = "districts"
	CountZones        = "zones"
)

// CountChange is one count of a release, and what it is to become.
type CountChange struct {
	What    string // as people call it: "POIs with tasks"
	Table   Table
	Was, Is int64
	Limit   float64 // share of Was by which it may change without anybody's approval
}

// halfOfTheRows is the share that may change of what few rows of a config decide,
// where the limit is lower: one of two tasks may end, one of two zones may go.
const halfOfTheRows = 0.5

// CompareCounts are the counts of two releases. Of POIs, limit is the share that
// may change. What an operator edits by the row (tasks, quotas, districts, zones),
// and the POIs that hang on such rows, may change by half, or the limit where that
// is more: an edit passes, a table that came back empty or with a fifth of its rows
// does not. What the release before did not count is left out.
func CompareCounts(before, after map[string]int64, limit float64) (changes []CountChange) {
	half := max(limit, halfOfTheRows)
	for _, of := range []struct {
		what  string
		table Table
		name  string
		less  string // name of a count that is taken away; may be empty
		limit float64
	}{
		{"POIs", TablePOIs, CountPOIs, "", limit},
		{"POIs with tasks", TablePOIs, CountPOIs, CountWithoutTasks, half},
		{"POIs in sets", TableSets, CountInSets, "", half},
		{"tasks", TableTasks, CountTasks, "", half},
		{"quotas", TableTasks, CountQuotas, "", half},
		{"districts", TableDistricts, CountDistricts, "", half},
		{"zones", TableZones, CountZones, "", half},
	} {
		_, counted := before[of.name]
		if _, ok := before[of.less]; of.less != "" && !ok {
			counted = false
		}
		if counted {
			changes = append(changes, CountChange{of.what, of.table, before[of.name] - before[of.less], after[of.name] - after[of.less], of.limit})
		}
	}
	return changes
}
