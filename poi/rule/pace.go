package rule

import (
	"fmt"
	"strconv"
	"time"

	"geodrop/poi"
)

// pace is what a task gives of a prize, a second.
type pace struct {
	task  *poi.Task
	prize poi.PrizeID
	rate  float64
	own   bool // the prize's, whatever its tasks
}

func paces(v *View, c *poi.Config, emit Emit) {
	limits := map[poi.MerchantID]float64{}
	for i := range c.Merchants {
		m := &c.Merchants[i]
		if limit, ok := rateOf(m.Attrs, "max_per_second"); ok {
			limits[m.ID] = limit
		}
	}
	badRates(c, emit)
	if len(limits) == 0 {
		return
	}
	charged := map[poi.MerchantID][]pace{}
	for _, p := range pacesOf(c) {
		charged[p.merchant] = append(charged[p.merchant], p.pace)
	}
	openings := newTurns(v)
	for i := range c.Merchants {
		m := &c.Merchants[i]
		limit, limited := limits[m.ID]
		if !limited {
			continue
		}
		if task, sum := fastest(charged[m.ID], openings); sum > limit*(1+slack) {
			emit(Finding{At: record(poi.TableMerchants, string(m.ID), "max_per_second"), Object: "merchant " + string(m.ID),
				Value: strconv.FormatFloat(limit, 'g', -1, 64), Nearest: strconv.FormatFloat(sum, 'g', 4, 64),
				Message: fmt.Sprintf("can take %.4g prizes a second and gets %.4g when task %s is open", limit, sum, task)})
		}
	}
}

// badRates reports rates that are no numbers: they would pass for none.
func badRates(c *poi.Config, emit Emit) {
	report := func(table poi.Table, key, object, name string, attrs []poi.Attr) {
		for _, a := range attrs {
			if _, ok := rateOf(attrs, name); a.Name == name && !ok {
				emit(Finding{At: record(table, key, name), Object: object, Value: clip(a.Value),
					Message: fmt.Sprintf("has a %s that is not a number above 0", name)})
			}
		}
	}
	for i := range c.Merchants {
		m := &c.Merchants[i]
		report(poi.TableMerchants, string(m.ID), "merchant "+string(m.ID), "max_per_second", m.Attrs)
	}
	for i := range c.Prizes {
		p := &c.Prizes[i]
		report(poi.TablePrizes, string(p.ID), "prize "+string(p.ID), "per_second", p.Attrs)
	}
}

// rateOf is an attribute that is a number above 0.
func rateOf(attrs []poi.Attr, name string) (float64, bool) {
	for _, a := range attrs {
		if a.Name == name {
			rate, err := strconv.ParseFloat(a.Value, 64)
			return rate, err == nil && rate > 0
		}
	}
	return 0, false
}

type charge struct {
	pace
	merchant poi.MerchantID
}

// pacesOf are the paces of all prizes in all tasks. One that the prize itself has
// is shared by its tasks, so only the first of those that are open counts.
func pacesOf(c *poi.Config) (all []charge) {
	prizes := make(map[poi.PrizeID]*poi.Prize, len(c.Prizes))
	for i := range c.Prizes {
		prizes[c.Prizes[i].ID] = &c.Prizes[i]
	}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		seconds := openSeconds(&t.When)
		for j, units := range unitsOf(t) {
			p := prizes[t.Prizes[j].Prize]
			if p == nil || seconds == 0 {
				continue
			}
			rate, own := rateOf(p.Attrs, "per_second")
			if !own {
				rate = float64(units) / seconds
			}
			all = append(all, charge{pace{t, p.ID, rate, own}, p.Merchant})
		}
	}
	return all
}

// sampled is for how long sessions are added up; they repeat each week.
const sampled = 4 * 7 * 24 * time.Hour

// openSeconds is for how long a schedule with both bounds is open.
func openSeconds(s *poi.Schedule) float64 {
	whole := s.End.Sub(s.Start)
	if len(s.Sessions) == 0 {
		return whole.Seconds()
	}
	until, open := s.End, time.Duration(0)
	if whole > sampled {
		until = s.Start.Add(sampled)
	}
	for at := s.Start; at.Before(until); {
		next, ok := s.Next(at)
		if !ok || !next.Start.Before(until) {
			break
		}
		end := next.End
		if end.After(until) {
			end = until
		}
		open += end.Sub(next.Start)
		at = next.End
	}
	return open.Seconds() * (float64(whole) / float64(until.Sub(s.Start)))
}

// slack is by how much a sum of rates may be beyond a limit: it may have been
// added up in an order in which it is not exact.
const slack = 1e-9

// fastest is the task that opens when most is given.
func fastest(charged []pace, t *turns) (task poi.TaskID, most float64) {
	var tasks []*poi.Task
	var paces [][]pace // of each
	for _, p := range charged {
		if p.task.Paused {
			continue
		}
		if n := len(tasks); n == 0 || tasks[n-1] != p.task {
			tasks, paces = append(tasks, p.task), append(paces, nil)
		}
		paces[len(paces)-1] = append(paces[len(paces)-1], p)
	}
	sum, open := 0.0, map[poi.PrizeID]int{} // tasks that share a pace
	for _, turn := range t.of(tasks) {
		for _, p := range paces[turn.task] {
			sum += change(p, turn.opens, open)
		}
		if sum > most*(1+slack) {
			task, most = tasks[turn.task].ID, sum
		}
	}
	return task, most
}

// change is by how much a sum of paces changes when the task of one opens or
// closes.
func change(p pace, opens bool, open map[poi.PrizeID]int) float64 {
	switch before := open[p.prize]; {
	case opens:
		if open[p.prize]++; p.own && before > 0 {
			return 0
		}
		return p.rate
	default:
		if open[p.prize]--; p.own && before > 1 {
			return 0
		}
		return -p.rate
	}
}
