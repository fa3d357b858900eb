package builder

import (
	"fmt"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// CheckShrink holds the counts of a manifest against those of the release that
// it is to replace, as poi.CompareCounts compares them: nothing may be lost beyond
// its limit. Limit is as Options.MaxShrink.
//
// The error is a *Refusal of ErrShrink and names all that was lost.
func CheckShrink(before, after map[string]int64, limit float64) error {
	setDefault(&limit, defaultMaxShrink)
	refusal := Refusal{kind: ErrShrink, remedy: "approve it by a higher limit (--max-shrink)"}
	for _, c := range poi.CompareCounts(before, after, max(limit, 0)) {
		if float64(c.Was-c.Is) > c.Limit*float64(c.Was) {
			refusal.Reasons = append(refusal.Reasons, fmt.Sprintf("of %s %s %s %s left, a loss of more than %.3g %%",
				phrase.Number(c.Was), c.What, phrase.Number(c.Is), phrase.Agree(c.Is, "is", "are"), 100*c.Limit))
		}
	}
	return refusal.err()
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
