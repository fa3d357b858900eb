package report

import (
	"fmt"
	"math"

	"geodrop/builder/plan"
	"geodrop/poi/phrase"
)

// minus is that of typography: with a hyphen, columns of figures look ragged.
const minus = "\u2212"

// delta is a number with its sign.
func delta(n int64) string {
	switch {
	case n > 0:
		return "+" + phrase.Number(n)
	case n < 0:
		return minus + phrase.Number(-n)
	}
	return "0"
}

// shift is a sum before and after, once if it stays.
func shift(s plan.Shift) string {
	if !s.Differs() {
		return phrase.Number(s.After)
	}
	return fmt.Sprintf("%s → %s", phrase.Number(s.Before), phrase.Number(s.After))
}

// percent shows small shares with their first digits, and says 100 % of no part.
func percent(share float64) string {
	switch p := 100 * share; {
	case p == 0 || p == 100:
		return fmt.Sprintf("%.0f %%", p)
	case p < 0.01:
		return "under 0.01 %"
	case p < 1:
		return fmt.Sprintf("%.2f %%", p)
	default:
		return fmt.Sprintf("%.1f %%", math.Min(p, 99.9))
	}
}

func shares(before, after float64) string {
	a, b := percent(before), percent(after)
	for digits := 2; before != after && a == b && digits <= 4; digits++ {
		a, b = fmt.Sprintf("%.*f %%", digits, 100*before), fmt.Sprintf("%.*f %%", digits, 100*after)
	}
	if a == b {
		return percent(after)
	}
	return a + " → " + b
}

// areaSeen and denseSeen are the shares of cells from which a drop is seen.
func areaSeen(c *plan.Coverage) string {
	if c.Before.Cells+c.After.Cells == 0 {
		return none
	}
	return shares(c.Before.Share(), c.After.Share())
}

func denseSeen(c *plan.Coverage) string {
	if c.Before.Dense+c.After.Dense == 0 {
		return none
	}
	return shares(c.Before.DenseShare(), c.After.DenseShare())
}

// What stands where there is no figure.
const (
	none      = "–" // a share of nothing
	unknown   = "unknown"
	unbounded = "unbounded"
)

// left says how many rows a table has no room for.
func left(n int, of string) string {
	return "and " + phrase.Count(n, "more "+of) + phrase.Agree(n, " that differs", " that differ")
}

func metres(m float64) string {
	switch {
	case m < 10:
		return fmt.Sprintf("%.1f m", m)
	case m < 1000:
		return fmt.Sprintf("%.0f m", m)
	}
	return fmt.Sprintf("%.1f km", m/1000)
}

// farthest says how far what moved went.
func farthest(moved int64, m float64) string {
	if moved == 0 {
		return ""
	}
	return " (≤ " + metres(m) + ")"
}

func byteSize(n int64) string {
	for _, unit := range []struct {
		name string
		size float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if float64(n) >= unit.size {
			return fmt.Sprintf("%.1f %s", float64(n)/unit.size, unit.name)
		}
	}
	return phrase.Count(n, "byte")
}
