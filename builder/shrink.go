package builder

import (
	"errors"
	"fmt"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// halfOfTheConfig is the share that may be lost of what few rows of a config
// decide, where the limit is lower: one of two tasks may end, one of two zones
// may go.
const halfOfTheConfig = 0.5

// CheckShrink holds the counts of a manifest against those of the release that
// it is to replace. Limit is as Options.MaxShrink. Of POIs it is the share that
// may be lost. What an operator edits by the row (tasks, quotas, districts,
// zones), and the POIs that hang on such rows, may lose half, or the limit where
// that is more: an edit passes, a table that came back empty or with a fifth of
// its rows does not. What the release before did not count is not compared.
//
// The error wraps ErrShrink and names all that was lost.
func CheckShrink(before, after map[string]int64, limit float64) error {
	setDefault(&limit, defaultMaxShrink)
	limit = max(limit, 0)
	var errs []error
	for _, gate := range []struct {
		what  string
		of    func(counts map[string]int64) (n int64, counted bool)
		limit float64
	}{
		{"POIs", count(countPostings), limit},
		{"POIs with tasks", withTasks, max(limit, halfOfTheConfig)},
		{"POIs in sets", count(countInSets), max(limit, halfOfTheConfig)},
		{"tasks", count(countTasks), max(limit, halfOfTheConfig)},
		{"quotas", count(countQuotas), max(limit, halfOfTheConfig)},
		{"districts", count(countDistricts), max(limit, halfOfTheConfig)},
		{"zones", count(countZones), max(limit, halfOfTheConfig)},
	} {
		had, counted := gate.of(before)
		if has, _ := gate.of(after); counted && float64(had-has) > gate.limit*float64(had) {
			errs = append(errs, fmt.Errorf("%w: %s %s after %s, a loss of more than %.3g %%: approve it by a higher limit (--max-shrink)",
				ErrShrink, phrase.Number(has), gate.what, phrase.Number(had), 100*gate.limit))
		}
	}
	return errors.Join(errs...)
}

func count(name string) func(map[string]int64) (int64, bool) {
	return func(counts map[string]int64) (int64, bool) {
		n, counted := counts[name]
		return n, counted
	}
}

func withTasks(counts map[string]int64) (int64, bool) {
	without, counted := counts[countWithout]
	return counts[countPostings] - without, counted
}

// counts are what the manifest is to say. They follow from the content alone.
func (b *build) counts() map[string]int64 {
	s := b.summary
	return map[string]int64{
		countPostings: s.Postings, countRead: s.Read, countScreened: s.Screened,
		countOutside: s.Outside, countWithout: s.WithoutTasks, countInSets: s.InSets, countDuplicates: s.Duplicates,
		countTasks: int64(len(b.config.Tasks)), countQuotas: quotasOf(b.config.Tasks),
		countDistricts: int64(s.Districts), countZones: int64(s.Zones),
	}
}

func quotasOf(tasks []poi.Task) (n int64) {
	for i := range tasks {
		n += int64(len(tasks[i].Quotas))
	}
	return n
}
