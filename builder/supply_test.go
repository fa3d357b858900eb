package builder

import (
	"fmt"
	"slices"
	"testing"

	"geodrop/poi"

	"pgregory.net/rapid"
)

// The answer is that of asking every task.
func TestSupply(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sets := []poi.SetID{"all", "a", "b", "c"}
		districts := []poi.Adcode{"", "1", "2", "3", poi.AnyDistrict}
		tasks := make([]poi.Task, rapid.IntRange(0, 5).Draw(rt, "tasks"))
		for i := range tasks {
			tasks[i].Set = rapid.SampledFrom(sets).Draw(rt, "set")
			for _, p := range []poi.PrizeID{"p", "q"} {
				tasks[i].Prizes = append(tasks[i].Prizes, poi.TaskPrize{Prize: p})
				for _, d := range districts[1:] {
					if rapid.Bool().Draw(rt, "quota") {
						tasks[i].Quotas = append(tasks[i].Quotas, poi.Quota{Prize: p, District: d, Units: rapid.Uint64Range(0, 1).Draw(rt, "units")})
					}
				}
			}
		}
		s := newSupply(tasks)
		for range 2 { // the second time it knows
			for _, d := range districts[:4] {
				in := rapid.SliceOfDistinct(rapid.SampledFrom(sets[1:]), rapid.ID).Draw(rt, "in")
				want := slices.ContainsFunc(tasks, func(t poi.Task) bool {
					return (t.Set == poi.AllPOIs || slices.Contains(in, t.Set)) && t.DropsIn(d)
				})
				if got := s.dropsAt(d, in); got != want {
					rt.Fatalf("in district %q, sets %q: %v, want %v", d, in, got, want)
				}
			}
		}
	})
}

// Ten tasks for each of 2,900 districts, none of which drops.
func BenchmarkSupply(b *testing.B) {
	var tasks []poi.Task
	for i := range 29_000 {
		tasks = append(tasks, task(b, []string{"task", fmt.Sprint(i), "all", fmt.Sprintf("d%d=0", i/10)}))
	}
	for b.Loop() {
		s := newSupply(tasks)
		for d := range 2900 {
			s.dropsAt(poi.Adcode(fmt.Sprint("d", d)), nil)
		}
	}
}
