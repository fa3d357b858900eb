package report

import (
	"fmt"

	"geodrop/builder/plan"
	"geodrop/poi/phrase"
)

func zones(p *plan.Plan, rows int) Section {
	s := Section{ID: "zones", Title: "Zones"}
	if !p.Zones.AfterKnown && p.Places.Removed > 0 {
		s.Words = append(s.Words, "Whether zones without times keep out any place that is removed is in no release: --src, the new config, tells.")
	}
	if !p.Zones.BeforeKnown && p.Places.Added > 0 {
		s.Words = append(s.Words, "Whether zones without times kept out any place that is added is in no release: --against-src, the config before, tells.")
	}
	hit := func(z *plan.Zone) bool {
		return z.Screened+z.Freed > 0 || z.Before != nil && z.After != nil && *z.Before != *z.After
	}
	shown, rest := top(p.Zones.Zones, rows, hit, func(z *plan.Zone) int64 { return z.Screened + z.Freed })
	if len(shown) == 0 {
		s.Words = append(s.Words, fmt.Sprintf("None of %s with places in it differs.", phrase.Count(len(p.Zones.Zones), "zone")))
		return s
	}
	s.Table = &Table{Head: []string{"zone", "why", "places before", "after", "screened", "drops lost", "freed", "drops won"}}
	for i := range shown {
		z := &shown[i]
		why := z.Reason
		if z.Timed {
			why += ", at times"
		}
		s.Table.add("", z.Name+" ("+string(z.ID)+")", why, known(z.Before), known(z.After),
			phrase.Number(z.Screened), phrase.Number(z.ScreenedDrops), phrase.Number(z.Freed), phrase.Number(z.FreedDrops))
	}
	if len(rest) > 0 {
		s.Table.Rest = left(len(rest), "zone")
	}
	return s
}

func known(n *int64) string {
	if n == nil {
		return unknown
	}
	return phrase.Number(*n)
}

func coverage(p *plan.Plan) Section {
	s := Section{ID: "coverage", Title: "Coverage", Words: []string{
		fmt.Sprintf("Cells of %d m in all districts; seen are those from whose middle a window of %d×%d cells has a drop. Dense ones have %d places or more.",
			p.Grid.CellMetres, 2*p.Grid.Radius+1, 2*p.Grid.Radius+1, p.Dense),
	}}
	a, b := &p.Coverage.Before, &p.Coverage.After
	s.Same = *a == *b
	s.Table = &Table{Head: []string{"", "before", "after", "share"}}
	s.Table.add("", "cells", phrase.Number(a.Cells), phrase.Number(b.Cells), "")
	s.Table.add("", "seen", phrase.Number(a.Seen), phrase.Number(b.Seen), areaSeen(&p.Coverage))
	s.Table.add("", "dense cells", phrase.Number(a.Dense), phrase.Number(b.Dense), "")
	s.Table.add("", "dense cells seen", phrase.Number(a.DenseSeen), phrase.Number(b.DenseSeen), denseSeen(&p.Coverage))
	return s
}
