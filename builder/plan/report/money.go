package report

import (
	"fmt"

	"geodrop/builder/plan"
	"geodrop/poi/phrase"
)

func budget(p *plan.Plan, _ int) Section {
	b := &p.Budget
	s := Section{ID: "budget", Title: "Budget", Table: &Table{Head: []string{"", "before", "after", "shift"}}}
	s.Table.add("", "units, all quotas", phrase.Number(b.Units.Before), phrase.Number(b.Units.After), delta(b.Units.Delta()))
	s.Table.add("", "units, pools of any district", phrase.Number(b.Any.Before), phrase.Number(b.Any.After), delta(b.Any.Delta()))
	s.Same = !b.Units.Differs() && !b.Any.Differs()
	for _, w := range b.Worth {
		s.Same = s.Same && w.Before == w.After
		s.Table.add("", "worth", amount(w.Before, w.Currency), amount(w.After, w.Currency), gain(w.Delta(), w.Currency))
	}
	return s
}

func prizes(p *plan.Plan, rows int) Section {
	s := Section{ID: "prizes", Title: "Prizes"}
	shown, rest := top(p.Budget.Prizes, rows, (*plan.Prize).Differs, func(z *plan.Prize) int64 { return size(z.Units) })
	if len(shown) == 0 {
		s.Words = []string{fmt.Sprintf("None of %s differs.", phrase.Count(len(p.Budget.Prizes), "prize"))}
		return s
	}
	s.Table = &Table{Head: []string{"prize", "quotas before", "after", "shift", "budget", "value of a unit"}}
	for i := range shown {
		z := &shown[i]
		s.Table.add("", z.Name+" ("+string(z.ID)+")"+presence(z.Presence), phrase.Number(z.Units.Before), phrase.Number(z.Units.After),
			delta(z.Units.Delta()), budgetOf(z.Budget), worth(z))
	}
	if len(rest) > 0 {
		s.Table.Rest = left(len(rest), "prize")
	}
	return s
}

// budgetOf is a budget, of which 0 stands for none.
func budgetOf(b plan.Shift) string {
	if b == (plan.Shift{}) {
		return unbounded
	}
	return shift(b)
}

// worth is what a unit of a prize is worth. A prize that changes its currency has
// the new one alone: the old one is in no plan.
func worth(z *plan.Prize) string {
	switch {
	case z.Value == (plan.Shift{}):
		return none
	case !z.Value.Differs():
		return amount(z.Value.After, z.Currency)
	}
	return money(z.Value.Before, z.Currency) + " → " + amount(z.Value.After, z.Currency)
}

func quotas(p *plan.Plan, rows int) Section {
	b := &p.Budget
	s := Section{ID: "quotas", Title: "Quotas"}
	if b.QuotasDiffer == 0 {
		s.Words = []string{"No quota differs."}
		return s
	}
	s.Table = &Table{Head: []string{"task", "prize", "district", "before", "after", "shift"}}
	for _, q := range b.Quotas[:min(len(b.Quotas), rows)] {
		district := string(q.District)
		if district == "*" {
			district = "any"
		}
		s.Table.add(string(q.District), string(q.Task), string(q.Prize), district, phrase.Number(q.Units.Before), phrase.Number(q.Units.After), delta(q.Units.Delta()))
	}
	if more := b.QuotasDiffer - int64(len(s.Table.Rows)); more > 0 {
		s.Table.Rest = fmt.Sprintf("and %s more, with smaller steps", phrase.Number(more))
	}
	return s
}

// size is how large a step is.
func size(s plan.Shift) int64 { return max(s.Delta(), -s.Delta()) }
