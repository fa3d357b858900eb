package rule

import (
	"cmp"
	"fmt"
	"slices"
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
			Doc: fmt.Sprintf("Players see two drops of one merchant at one place, and which comes first is not said. Only tasks of the same "+
				"priority that share a place, and some minute within a year, are reported: of each the first other. "+
				"A task is compared with the %d of its merchant that start next before it, and where their time zones differ, "+
				"over %d sessions.", maxRivals, otherClockOpen),
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
				"place that comes to more than %d KiB, for every phone, every few seconds. "+boundsOfTurns+" At most %d places are reported.", maxAnswer>>10, maxTurns, maxCrowds),
			Start: onCensus(tooLarge),
		},
		{
			ID: "pace-over-business", Group: group, Severity: Warning,
			Reason: "prizes are paced faster than their business can take",
			Fix:    "Lower per_second of the prizes, spread the sessions, or raise the merchant's max_per_second if it can take more.",
			Doc: fmt.Sprintf("The column max_per_second of merchants.csv is how many prizes a second the merchant's systems can take, and per_second "+
				"of prizes.csv the pace of a prize; without one a prize's pace is its units over the time for which its tasks are open. "+
				"When a task opens, the paces of all that is open of the merchant's prizes are added up. "+boundsOfTurns, maxTurns),
			Start: func(v *View, emit Emit) Check {
				return Check{Config: func(c *poi.Config) { paces(v, c, emit) }}
			},
		},
	}
}

// maxAnswer bounds what the tasks of one place may add to an answer, in bytes.
const maxAnswer = 64 << 10

// maxCrowds bounds how many crowds of tasks are reported; more would say nothing
// new.
const maxCrowds = 100

// The bytes of an answer beside texts: names of fields, times, punctuation.
const (
	taskBytes      = 190
	remainingBytes = 90
)

func tooLarge(v *View, emit Emit) {
	tasks := tasksByID(v.Config)
	s, openings := poi.NewSupply(tasks), newTurns(v)
	told, judged := map[poi.TaskID]bool{}, map[string]bool{}
	var numbers []poi.TaskNo
	var crowd []*poi.Task
	for i := range v.Census.Groups {
		g := &v.Census.Groups[i]
		numbers, crowd = s.Append(numbers[:0], g.Sets, g.District), crowd[:0]
		for _, no := range numbers {
			crowd = append(crowd, tasks[no])
		}
		if g.POIs == 0 || sizeOf(crowd, g.District) <= maxAnswer {
			continue
		}
		key := fmt.Sprint(numbers, len(g.District))
		if judged[key] {
			continue
		}
		judged[key] = true
		busiest := busiestOf(crowd, g.District, openings)
		size := sizeOf(busiest, g.District)
		if size <= maxAnswer || told[busiest[0].ID] {
			continue
		}
		emit(Finding{At: taskPlace(busiest[0], "poi_set"), Object: "task " + string(busiest[0].ID), Value: string(busiest[0].Set), Count: int64(len(busiest)),
			Message: fmt.Sprintf("is one of %d tasks open at once at a place%s: they add %d KiB to an answer, more than %d",
				len(busiest), within(g.District), size>>10, maxAnswer>>10)})
		if told[busiest[0].ID] = true; len(told) >= maxCrowds {
			return
		}
	}
}

// tasksByID are the tasks of a config in the order of their ids.
func tasksByID(c *poi.Config) []*poi.Task {
	tasks := make([]*poi.Task, len(c.Tasks))
	for i := range c.Tasks {
		tasks[i] = &c.Tasks[i]
	}
	slices.SortFunc(tasks, func(a, b *poi.Task) int { return cmp.Compare(a.ID, b.ID) })
	return tasks
}

func within(district poi.Adcode) string {
	if district == "" {
		return " outside all districts"
	}
	return " in district " + string(district)
}

func sizeOf(open []*poi.Task, district poi.Adcode) (bytes int) {
	for _, t := range open {
		bytes += taskBytes + len(t.ID) + len(t.Title) + len(t.Merchant)
		for _, p := range t.Prizes {
			bytes += 2*len(p.Prize) + remainingBytes + len(t.ID) + len(district)
		}
	}
	return bytes
}

// busiestOf are the tasks that are open when these add most to an answer.
func busiestOf(tasks []*poi.Task, district poi.Adcode, t *turns) (busiest []*poi.Task) {
	size, most, at := 0, 0, time.Time{}
	for _, turn := range t.of(tasks) {
		by := sizeOf(tasks[turn.task:turn.task+1], district)
		if !turn.opens {
			by = -by
		}
		if size += by; size > most {
			most, at = size, turn.at
		}
	}
	for _, task := range tasks {
		if most > 0 && task.When.OpenAt(at) {
			busiest = append(busiest, task)
		}
	}
	return busiest
}
