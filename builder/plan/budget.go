package plan

import (
	"cmp"
	"maps"
	"math"
	"math/bits"
	"slices"

	"geodrop/poi"
	"geodrop/poi/catalog"
)

// quotaKey names a row of quotas.
type quotaKey struct {
	task     poi.TaskID
	prize    poi.PrizeID
	district poi.Adcode
}

// of is the sum of a side.
func (s *Shift) of(side int) *int64 { return [2]*int64{&s.Before, &s.After}[side] }

// plus adds without going beyond what there is: figures of a config may be
// wrong, and have to be shown as what they are, too many.
func plus(sum *int64, n uint64) {
	if total, carry := bits.Add64(uint64(*sum), n, 0); carry == 0 && total <= math.MaxInt64 {
		*sum = int64(total)
		return
	}
	*sum = math.MaxInt64
}

// times multiplies likewise.
func times(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	if high > 0 {
		return math.MaxUint64
	}
	return low
}

// sumQuotas adds the quotas to the tasks, districts and prizes that they are of.
func (c *comparison) sumQuotas() {
	prizes, worth := map[poi.PrizeID]*Prize{}, map[string]*Worth{}
	for side := range c.sides {
		cat := c.sides[side].release.Catalog()
		values := enterPrizes(cat, side, prizes)
		for i := range cat.Tasks {
			task := &cat.Tasks[i]
			for _, q := range task.Quotas {
				c.sumQuota(side, task.ID, q)
				if p := prizes[q.Prize]; p != nil {
					plus(p.Units.of(side), q.Units)
				}
				if v := values[q.Prize]; v.currency != "" {
					w := entry(worth, v.currency, func() *Worth { return &Worth{Currency: v.currency} })
					plus(w.of(side), times(q.Units, v.value))
				}
			}
		}
	}
	b := &c.plan.Budget
	b.Prizes, b.Worth = []Prize{}, []Worth{}
	for _, id := range slices.Sorted(maps.Keys(prizes)) {
		b.Prizes = append(b.Prizes, *prizes[id])
	}
	for _, currency := range slices.Sorted(maps.Keys(worth)) {
		b.Worth = append(b.Worth, *worth[currency])
	}
}

// sumQuota adds a row to all, to its task and to its district. One for a district
// that neither release has is of no district.
func (c *comparison) sumQuota(side int, task poi.TaskID, q poi.Quota) {
	b := &c.plan.Budget
	plus(b.Units.of(side), q.Units)
	plus(c.sums.tasks[task].Units.of(side), q.Units)
	switch d := c.sums.districts[q.District]; {
	case q.District == poi.AnyDistrict:
		plus(b.Any.of(side), q.Units)
	case d != nil:
		plus(d.Units.of(side), q.Units)
	}
}

// money is what a unit of a prize is worth.
type money struct {
	currency string
	value    uint64
}

// enterPrizes enters the prizes of a catalog, and says what they are worth.
func enterPrizes(cat *catalog.Catalog, side int, prizes map[poi.PrizeID]*Prize) map[poi.PrizeID]money {
	values := map[poi.PrizeID]money{}
	for i := range cat.Prizes {
		p := &cat.Prizes[i]
		row := entry(prizes, p.ID, func() *Prize { return &Prize{ID: p.ID} })
		row.Name, row.Currency, row.Presence = p.Name, p.Currency, seen(row.Presence, side)
		plus(row.Value.of(side), p.Value)
		plus(row.Budget.of(side), p.Units)
		values[p.ID] = money{p.Currency, p.Value}
	}
	return values
}

// budget lists the rows of quotas that differ. Rows are held of one task at a
// time: there may be a million of each.
func (c *comparison) budget() {
	b := &c.plan.Budget
	before, after := byID(c.sides[was].release.Catalog()), byID(c.sides[is].release.Catalog())
	b.Quotas = []Quota{}
	for i := range c.plan.Tasks {
		id := c.plan.Tasks[i].ID
		rows := map[quotaKey]Shift{}
		for side, t := range []*poi.Task{before[id], after[id]} {
			if t == nil {
				continue
			}
			for _, q := range t.Quotas {
				key := quotaKey{id, q.Prize, q.District}
				row := rows[key]
				*row.of(side) = int64(q.Units) // poi.MaxUnits at most
				rows[key] = row
			}
		}
		for key, s := range rows {
			if s.Differs() {
				b.QuotasDiffer++
				b.Quotas = append(b.Quotas, Quota{Task: key.task, Prize: key.prize, District: key.district, Units: s})
			}
		}
		c.cutQuotas()
	}
}

// cutQuotas keeps the rows with the largest steps.
func (c *comparison) cutQuotas() {
	q := &c.plan.Budget.Quotas
	size := func(s Shift) int64 { return max(s.Delta(), -s.Delta()) }
	slices.SortFunc(*q, func(a, b Quota) int {
		return cmp.Or(cmp.Compare(size(b.Units), size(a.Units)), cmp.Compare(a.Task, b.Task),
			cmp.Compare(a.Prize, b.Prize), cmp.Compare(a.District, b.District))
	})
	*q = (*q)[:min(len(*q), c.options.Rows)]
}
