package rule

import (
	"fmt"
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
