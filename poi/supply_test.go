package poi

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSupply holds the supply against asking every task.
func TestSupply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets := []SetID{AllPOIs, "a", "b", "c"}
		districts := []Adcode{"", "1", "2", "3", AnyDistrict}
		tasks := make([]*Task, rapid.IntRange(0, 8).Draw(t, "tasks"))
		for i := range tasks {
			tasks[i] = &Task{Set: rapid.SampledFrom(sets).Draw(t, "set")}
			for _, p := range []PrizeID{"p", "q", "r"} {
				tasks[i].Prizes = append(tasks[i].Prizes, TaskPrize{Prize: p})
				for _, d := range districts[1:] {
					if units := rapid.IntRange(-1, 1).Draw(t, "units"); units >= 0 {
						tasks[i].Quotas = append(tasks[i].Quotas, Quota{Prize: p, District: d, Units: uint64(units)})
					}
				}
			}
		}
		s := NewSupply(tasks)
		for range 2 { // the second time it knows
			for _, d := range districts[:4] {
				in := rapid.SliceOfDistinct(rapid.SampledFrom(sets), rapid.ID).Draw(t, "in")
				want := []TaskNo{99} // what was there stays
				for i, task := range tasks {
					if (task.Set == AllPOIs || slices.Contains(in, task.Set)) && task.DropsIn(d) {
						want = append(want, TaskNo(i))
					}
				}
				if got := s.Append([]TaskNo{99}, in, d); !slices.Equal(got, want) {
					t.Fatalf("in district %q, sets %q: %v, want %v", d, in, got, want)
				}
				if got := s.Drops(in, d); got != (len(want) > 1) {
					t.Fatalf("in district %q, sets %q: it drops: %v, want %v", d, in, got, want)
				}
			}
		}
	})
}

// Ten tasks for each of 2,900 districts, none of which drops.
func BenchmarkSupply(b *testing.B) {
	var tasks []*Task
	for i := range 29_000 {
		quota := Quota{Prize: "p", District: Adcode(fmt.Sprint("d", i/10))}
		tasks = append(tasks, &Task{Set: AllPOIs, Prizes: []TaskPrize{{Prize: "p", Weight: 1}}, Quotas: []Quota{quota}})
	}
	for b.Loop() {
		s := NewSupply(tasks)
		for d := range 2900 {
			s.Drops(nil, Adcode(fmt.Sprint("d", d)))
		}
	}
}
