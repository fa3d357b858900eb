package rule

import (
	"fmt"
	"math"
	"math/bits"

	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/poi/phrase"
)

// amountRules are about figures, and about sums that have to agree.
func amountRules() []*Rule {
	const group = "Amounts and budgets"
	return []*Rule{
		{
			ID: "amount-illegal", Group: group, Severity: Error,
			Reason: "a weight, quota, budget or value is no such number",
			Fix:    "Write a whole number in digits within the limits that the finding names.",
			Doc: "Weights are 1 to 1,000,000; quotas, budgets and values 0 to 2⁵³−1, so that every reader of JSON has them exactly. " +
				"The task or prize is left out.",
			Claims: func(r *poi.Reject) bool {
				return (r.Code == poi.CodeRange || r.Code == poi.CodeNumber || r.Code == decode.CodeType) && isAmount(fieldName(r))
			},
		},
		{
			ID: "quota-over-budget", Group: group, Severity: Error,
			Reason: "the quotas of a prize are more than its budget",
			Fix:    "Lower quotas, or raise the prize's units, until the sums agree.",
			Doc: "units of a prize is how many may be given in all tasks and districts together. The quotas of all tasks, " +
				"districts and pools are added up, paused and ended tasks included, and compared with units.",
			Start: onPrizes(overBudget),
		},
		{
			ID: "quota-under-budget", Group: group, Severity: Note,
			Reason: "units of a prize's budget are in no quota",
			Fix:    "Raise quotas, or lower the prize's units, until the sums agree; or accept it as a reserve.",
			Doc: "What no quota hands out is never given, though it is paid for. The same sum as in quota-over-budget, the other way; " +
				"not looked at while a task or quota is left out.",
			Start: onPrizes(underBudget),
		},
		{
			ID: "sum-overflow", Group: group, Severity: Error,
			Reason: "a sum of money or units is beyond what is counted exactly",
			Fix:    "Lower the units or the value, or split the prize in two.",
			Doc: "The quotas of a prize together, and its value times these, have to stay within 2⁵³−1 units and minor units of its currency, " +
				"so that reports and reconciliation are exact to the last cent.",
			Start: onPrizes(overflow),
		},
		{
			ID: "prize-worthless", Group: group, Severity: Warning,
			Reason: "a prize of money has no value",
			Fix:    "Write value and currency: the minor unit, so that 1.88 CNY is 188.",
			Doc:    "A cash, coupon or split prize with a value of 0 is a promise of nothing, and the budget of its task is not known.",
			Start:  onPrizes(worthless),
		},
		{
			ID: "prize-unobtainable", Group: group, Severity: Warning,
			Reason: "a prize of a task has no quota there",
			Fix:    "Add a quota for it, or take it out of the task's prizes.",
			Doc:    "A draw passes over prizes without units, so that its weight goes to the others and players never win what is announced.",
			Start: func(v *View, emit Emit) Check {
				return Check{Config: func(c *poi.Config) {
					if !v.LeftOut {
						unobtainable(c, emit)
					}
				}}
			},
		},
		{
			ID: "prize-improbable", Group: group, Severity: Warning,
			Reason: "a prize is so improbable that its quota cannot be given",
			Fix:    "Raise its weight, or lower its quota to what will be drawn.",
			Doc: "While all prizes last, a prize is drawn with its weight over the sum of weights. If at that rate the other prizes of " +
				"the task run out before a thousandth of its units is drawn, weight and quota were not made for each other.",
			Start: func(_ *View, emit Emit) Check {
				return Check{Config: func(c *poi.Config) { improbable(c, emit) }}
			},
		},
	}
}

func isAmount(field string) bool {
	switch field {
	case "units", "value", "weight", "quota":
		return true
	}
	return false
}

// promise is what all quotas of a prize come to.
type promise struct {
	units uint64
	tasks int
}

func (p promise) words() string {
	if p.tasks == 1 {
		return "the quotas of its task"
	}
	return fmt.Sprintf("the quotas of its %s tasks", phrase.Number(p.tasks))
}

func promises(c *poi.Config) map[poi.PrizeID]promise {
	sums := make(map[poi.PrizeID]promise, len(c.Prizes))
	for i := range c.Tasks {
		t := &c.Tasks[i]
		for _, p := range t.Prizes {
			sum := sums[p.Prize]
			sum.tasks++
			sums[p.Prize] = sum
		}
		for _, q := range t.Quotas {
			sum := sums[q.Prize]
			sum.units = addUnits(sum.units, q.Units)
			sums[q.Prize] = sum
		}
	}
	return sums
}

// onPrizes is the start of a rule that looks at each prize and what is promised
// of it. The finding's object and key are filled in.
func onPrizes(look func(*View, *poi.Prize, promise) (Finding, bool)) func(*View, Emit) Check {
	return func(v *View, emit Emit) Check {
		return Check{Config: func(c *poi.Config) {
			sums := promises(c)
			for i := range c.Prizes {
				p := &c.Prizes[i]
				if f, bad := look(v, p, sums[p.ID]); bad {
					f.At.Table, f.At.Key, f.Object = poi.TablePrizes, string(p.ID), "prize "+string(p.ID)
					emit(f)
				}
			}
		}}
	}
}

// countOf is a number of units as the count of a finding.
func countOf(units uint64) int64 { return int64(min(units, math.MaxInt64)) }

func overBudget(_ *View, p *poi.Prize, sum promise) (Finding, bool) {
	if p.Units == 0 || sum.units <= p.Units {
		return Finding{}, false
	}
	return Finding{At: poi.Place{Field: "units"}, Value: fmt.Sprint(p.Units), Nearest: fmt.Sprint(sum.units), Count: countOf(sum.units - p.Units),
		Message: fmt.Sprintf("has a budget of %s, %s come to %s: %s too many",
			phrase.Count(p.Units, "unit"), sum.words(), phrase.Number(sum.units), phrase.Number(sum.units-p.Units))}, true
}

func underBudget(v *View, p *poi.Prize, sum promise) (Finding, bool) {
	if v.LeftOut || sum.tasks == 0 || sum.units >= p.Units {
		return Finding{}, false
	}
	left := p.Units - sum.units
	return Finding{At: poi.Place{Field: "units"}, Value: fmt.Sprint(p.Units), Nearest: fmt.Sprint(sum.units), Count: countOf(left),
		Message: fmt.Sprintf("has a budget of %s, %s come to %s: %s in no quota",
			phrase.Count(p.Units, "unit"), sum.words(), phrase.Number(sum.units), phrase.Number(left)+phrase.Agree(left, " is", " are"))}, true
}

func overflow(_ *View, p *poi.Prize, sum promise) (Finding, bool) {
	units := max(sum.units, p.Units)
	high, money := bits.Mul64(units, max(p.Value, 1))
	switch {
	case units > poi.MaxUnits:
		return Finding{At: poi.Place{Field: "units"}, Value: fmt.Sprint(units),
			Message: fmt.Sprintf("has quotas of %s units together, more than %s", phrase.Number(units), phrase.Number(uint64(poi.MaxUnits)))}, true
	case high > 0 || money > poi.MaxUnits:
		return Finding{At: poi.Place{Field: "value"}, Value: fmt.Sprint(p.Value), Nearest: fmt.Sprint(poi.MaxUnits / units),
			Message: fmt.Sprintf("is worth more than %s in all: %s of %s", phrase.Number(uint64(poi.MaxUnits)), phrase.Count(units, "unit"), phrase.Number(p.Value))}, true
	}
	return Finding{}, false
}

func worthless(_ *View, p *poi.Prize, _ promise) (Finding, bool) {
	if p.Value > 0 || p.Kind != poi.Cash && p.Kind != poi.Coupon && p.Kind != poi.Split {
		return Finding{}, false
	}
	return Finding{At: poi.Place{Field: "value"}, Value: "0", Message: fmt.Sprintf("is of kind %s and has no value", p.Kind)}, true
}

// unitsOf are the units of each of the task's prizes, in all its quotas.
func unitsOf(t *poi.Task) []uint64 {
	at := make(map[poi.PrizeID]int, len(t.Prizes))
	for i, p := range t.Prizes {
		at[p.Prize] = i
	}
	units := make([]uint64, len(t.Prizes))
	for _, q := range t.Quotas {
		i := at[q.Prize]
		units[i] = addUnits(units[i], q.Units)
	}
	return units
}

func prizePlace(t *poi.Task, i int, field string) poi.Place {
	return taskPlace(t, fmt.Sprintf("prizes[%d].%s", i, field))
}

func unobtainable(c *poi.Config, emit Emit) {
	for i := range c.Tasks {
		t := &c.Tasks[i]
		units := unitsOf(t)
		some := false
		for _, n := range units {
			some = some || n > 0
		}
		for j, n := range units {
			if some && n == 0 { // a task without any is another rule's
				emit(Finding{At: prizePlace(t, j, "prize"), Object: "task " + string(t.ID), Value: string(t.Prizes[j].Prize),
					Message: fmt.Sprintf("has the prize %s and no unit of it in any quota", t.Prizes[j].Prize)})
			}
		}
	}
}

// improbableShare is the least part of a prize's units that has to be drawn by
// the time at which the task's other prizes have run out.
const improbableShare = 0.001

func improbable(c *poi.Config, emit Emit) {
	for i := range c.Tasks {
		t := &c.Tasks[i]
		units := unitsOf(t)
		for j, p := range t.Prizes {
			draws := 0.0 // until the others have run out
			for k, other := range t.Prizes {
				if k != j {
					draws = max(draws, float64(units[k])/float64(other.Weight))
				}
			}
			drawn := draws * float64(p.Weight)
			if draws == 0 || drawn >= improbableShare*float64(units[j]) {
				continue
			}
			emit(Finding{At: prizePlace(t, j, "weight"), Object: "task " + string(t.ID), Value: fmt.Sprint(p.Weight),
				Message: fmt.Sprintf("gives %s a weight at which about %.3g of its %s are drawn before the other prizes run out",
					p.Prize, drawn, phrase.Count(units[j], "unit"))})
		}
	}
}
