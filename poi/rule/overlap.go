package rule

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// overlaps looks for tasks of one merchant that are open at the same time, and
// then whether they share a place.
type overlaps struct {
	view  *View
	pairs []pair
}

// pair is two tasks, the later one second.
type pair struct {
	a, b *poi.Task
	at   time.Time // from when on both are open
}

// maxRivals bounds the tasks of a merchant that one is compared with.
const maxRivals = 200

func (o *overlaps) find(c *poi.Config) {
	by := map[poi.MerchantID][]*poi.Task{}
	for i := range c.Tasks {
		if t := &c.Tasks[i]; t.StateAt(o.view.Now) != poi.Ended {
			by[t.Merchant] = append(by[t.Merchant], t)
		}
	}
	for i := range c.Merchants {
		tasks := by[c.Merchants[i].ID]
		weeks := make(map[*poi.Task]*week, len(tasks))
		for _, t := range tasks {
			weeks[t] = weekOf(t.When.Sessions)
		}
		slices.SortStableFunc(tasks, func(a, b *poi.Task) int { return a.When.Start.Compare(b.When.Start) })
		for i, b := range tasks {
			for _, a := range tasks[max(0, i-maxRivals):i] {
				if a.Priority != b.Priority {
					continue
				}
				if sameClock(a, b) && !weeks[a].meets(weeks[b]) {
					continue // without a look at their openings
				}
				if at, both := meet(a, b); both {
					o.pairs = append(o.pairs, pair{a, b, at})
				}
			}
		}
	}
}

func sameClock(a, b *poi.Task) bool { return a.When.TimeZone.String() == b.When.TimeZone.String() }

// The openings of a task that are looked at: those of a year of daily sessions,
// or of two weeks where the other's clock is another.
const (
	maxOpenings    = 400
	otherClockOpen = 14
)

// meet is the first time at which both tasks are open.
func meet(a, b *poi.Task) (time.Time, bool) {
	openings := maxOpenings
	if !sameClock(a, b) {
		openings = otherClockOpen
	}
	at := laterOf(a.When.Start, b.When.Start)
	for range openings {
		one, ok := a.When.Next(at)
		if !ok {
			return time.Time{}, false
		}
		other, ok := b.When.Next(one.Start)
		if !ok {
			return time.Time{}, false
		}
		if other.Start.Before(one.End) {
			return laterOf(one.Start, other.Start), true
		}
		at = other.Start
	}
	return time.Time{}, false
}

// tell reports of each task the first other with which it shares a place.
func (o *overlaps) tell(emit Emit) {
	if len(o.pairs) == 0 {
		return
	}
	places := o.places()
	told := map[poi.TaskID]bool{}
	for _, p := range o.pairs {
		if told[p.b.ID] {
			continue
		}
		n := shared(places[p.a.ID], places[p.b.ID], o.view.Census.Groups)
		if n == 0 {
			continue
		}
		told[p.b.ID] = true
		emit(Finding{At: taskPlace(p.b, "starts_at"), Object: "task " + string(p.b.ID), Value: rfc3339(p.b.When.Start), Count: n,
			Message: fmt.Sprintf("is open together with task %s of the same merchant from %s on, at %s", p.a.ID, rfc3339(p.at), phrase.Count(n, "place"))})
	}
}

// places are the groups of the census, by number, at which each task of a pair
// drops.
func (o *overlaps) places() map[poi.TaskID][]int {
	wanted := map[poi.TaskID][]int{}
	for _, p := range o.pairs {
		wanted[p.a.ID], wanted[p.b.ID] = []int{}, []int{}
	}
	tasks := tasksByID(o.view.Config)
	s := poi.NewSupply(tasks)
	var numbers []poi.TaskNo
	for i := range o.view.Census.Groups {
		g := &o.view.Census.Groups[i]
		numbers = s.Append(numbers[:0], g.Sets, g.District)
		for _, no := range numbers {
			id := tasks[no].ID
			if list, ok := wanted[id]; ok {
				wanted[id] = append(list, i)
			}
		}
	}
	return wanted
}

// shared counts the places of the groups that are in both lists, which ascend.
func shared(a, b []int, groups []Group) (n int64) {
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0], b[0]) {
		case -1:
			a = a[1:]
		case 1:
			b = b[1:]
		default:
			n += groups[a[0]].POIs
			a, b = a[1:], b[1:]
		}
	}
	return n
}
