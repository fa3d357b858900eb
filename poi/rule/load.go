package rule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"geodrop/poi"
)

// loadRules are about more than a player, a business or an answer can take.
func loadRules() []*Rule {
	const group = "Load"
	return []*Rule{
		{
			ID: "window-overlap", Group: group, Severity: Note,
			Reason: "two tasks of one merchant are open at one place at the same time",
			Fix:    "Move one of the windows, or give one of the tasks a priority, which says that it is meant.",
			Doc: "Players see two drops of one merchant at one place, and which comes first is not said. Only tasks of the same " +
				"priority that share a place, and some minute within a year, are reported: of each the first other.",
			Start: func(v *View, emit Emit) Check {
				o := overlaps{view: v}
				return Check{Config: o.find, Census: func() { o.tell(emit) }}
			},
		},
		{
			ID: "answer-too-large", Group: group, Severity: Warning,
			Reason: "a place shows so many tasks at once that an answer gets too large",
			Fix:    "Spread the tasks over sets, sessions or districts, or shorten titles.",
			Doc: fmt.Sprintf("An answer carries each task of a place, its prizes and what is left of them. At the busiest moment of the "+
				"place that comes to more than %d KiB, for every phone, every few seconds.", maxAnswer>>10),
			Start: onCensus(tooLarge),
		},
		{
			ID: "pace-over-business", Group: group, Severity: Warning,
			Reason: "prizes are paced faster than their business can take",
			Fix:    "Lower per_second of the prizes, spread the sessions, or raise the merchant's max_per_second if it can take more.",
			Doc: "The column max_per_second of merchants.csv is how many prizes a second the merchant's systems can take, and per_second " +
				"of prizes.csv the pace of a prize; without one a prize's pace is its units over the time for which its tasks are open. " +
				"When a task opens, the paces of all that is open of the merchant's prizes are added up.",
			Start: func(v *View, emit Emit) Check {
				return Check{Config: func(c *poi.Config) { paces(v, c, emit) }}
			},
		},
	}
}

// maxAnswer bounds what the tasks of one place may add to an answer, in bytes.
const maxAnswer = 64 << 10

// maxJudged bounds how many different crowds of tasks are judged moment by moment;
// beyond, more findings would say nothing new.
const maxJudged = 100

// The bytes of an answer beside texts: names of fields, times, punctuation.
const (
	taskBytes      = 190
	remainingBytes = 90
)

func tooLarge(v *View, emit Emit) {
	s := newSupply(v.Config)
	told, judged := map[poi.TaskID]bool{}, map[string]bool{}
	for i := range v.Census.Groups {
		g := &v.Census.Groups[i]
		open := s.at(g)
		if g.POIs == 0 || sizeOf(open, g.District) <= maxAnswer || len(judged) >= maxJudged {
			continue
		}
		key := strings.Join(namesOf(open, func(s **source) string { return string((*s).task.ID) }), "\x00")
		if judged[key] {
			continue
		}
		judged[key] = true
		busiest := busiestOf(open, v.Now)
		size := sizeOf(busiest, g.District)
		if size <= maxAnswer || told[busiest[0].task.ID] {
			continue
		}
		told[busiest[0].task.ID] = true
		emit(Finding{At: taskPlace(busiest[0].task, "poi_set"), Object: "task " + string(busiest[0].task.ID), Value: string(busiest[0].task.Set), Count: int64(len(busiest)),
			Message: fmt.Sprintf("is one of %d tasks open at once at a place%s: they add %d KiB to an answer, more than %d",
				len(busiest), within(g.District), size>>10, maxAnswer>>10)})
	}
}

func within(district poi.Adcode) string {
	if district == "" {
		return " outside all districts"
	}
	return " in district " + string(district)
}

func sizeOf(open []*source, district poi.Adcode) (bytes int) {
	for _, s := range open {
		t := s.task
		bytes += taskBytes + len(t.ID) + len(t.Title) + len(t.Merchant)
		for _, p := range t.Prizes {
			bytes += 2*len(p.Prize) + remainingBytes + len(t.ID) + len(district)
		}
	}
	return bytes
}

// busiestOf are the tasks that are open when most of them are.
func busiestOf(tasks []*source, now time.Time) (busiest []*source) {
	seen := map[time.Time]bool{}
	for _, s := range tasks {
		next, ok := s.task.When.Next(laterOf(now, s.task.When.Start))
		if !ok || seen[next.Start.UTC()] {
			continue
		}
		seen[next.Start.UTC()] = true
		var open []*source
		for _, other := range tasks {
			if other.task.When.OpenAt(next.Start) {
				open = append(open, other)
			}
		}
		if len(open) > len(busiest) {
			busiest = open
		}
	}
	return busiest
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

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
	for i := range c.Merchants {
		m := &c.Merchants[i]
		limit, limited := limits[m.ID]
		if !limited {
			continue
		}
		if task, sum := fastest(charged[m.ID], v.Now); sum > limit {
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

// maxMoments bounds the openings at which paces are added up.
const maxMoments = 1000

// fastest is the opening of a task, from now on, at which most is given.
func fastest(charged []pace, now time.Time) (task poi.TaskID, most float64) {
	seen, looked := map[poi.TaskID]bool{}, map[time.Time]bool{}
	for _, p := range charged {
		if seen[p.task.ID] || p.task.Paused || len(looked) >= maxMoments {
			continue
		}
		seen[p.task.ID] = true
		next, ok := p.task.When.Next(laterOf(now, p.task.When.Start))
		if !ok || looked[next.Start.UTC()] {
			continue
		}
		looked[next.Start.UTC()] = true
		if sum := sumAt(charged, next.Start); sum > most {
			task, most = p.task.ID, sum
		}
	}
	return task, most
}

func sumAt(charged []pace, at time.Time) (sum float64) {
	counted := map[poi.PrizeID]bool{}
	for _, p := range charged {
		if p.task.Paused || !p.task.When.OpenAt(at) || p.own && counted[p.prize] {
			continue
		}
		counted[p.prize] = p.own
		sum += p.rate
	}
	return sum
}
