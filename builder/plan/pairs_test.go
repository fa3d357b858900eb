package plan

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// TestSample: those with the least ranks stay, whatever the order they come in.
func TestSample(t *testing.T) {
	const most = 10
	var ids []string
	for i := range 500 {
		ids = append(ids, fmt.Sprint("p", i))
	}
	byRank := slices.SortedFunc(slices.Values(ids), func(a, b string) int { return cmp.Compare(hashID([]byte(a)), hashID([]byte(b))) })
	want := slices.Sorted(slices.Values(byRank[:most]))
	for range 2 {
		s := &sample{most: most}
		for _, id := range ids {
			if rank := hashID([]byte(id)); s.takes(rank) {
				s.add(rank, Point{POI: poi.POIID(id)})
			}
		}
		var got []string
		for _, p := range s.points() {
			got = append(got, string(p.POI))
		}
		if !slices.Equal(got, want) {
			t.Errorf("kept are %v, want %v", got, want)
		}
		slices.Reverse(ids)
	}
}

// TestFarthest: the farthest moves stay, the farthest first, equal ones by id.
func TestFarthest(t *testing.T) {
	const most = 7
	for name, metres := range map[string]func(i int) int{
		"in turn":           func(i int) int { return i * 7919 % 50 },
		"one far, then few": func(i int) int { return map[bool]int{true: 15, false: 1000}[i <= 2*most] + i%3*(i%most)/2 },
		"the last first": func(i int) int {
			return map[int]int{most - 1: 5000}[i] + map[bool]int{true: 15, false: 1000}[i <= 2*most]
		},
	} {
		t.Run(name, func(t *testing.T) { checkFarthest(t, most, metres) })
	}
}

func checkFarthest(t *testing.T, most int, metres func(i int) int) {
	f := &farthest{most: most}
	var all []Move
	for i := range 300 {
		m := Move{POI: poi.POIID(fmt.Sprintf("p%03d", 299-i)), Metres: coord.Metres(metres(i))}
		all = append(all, m)
		if f.takes(m.Metres) {
			f.add(m)
		}
	}
	f.cut()
	slices.SortFunc(all, func(a, b Move) int { return cmp.Or(cmp.Compare(b.Metres, a.Metres), cmp.Compare(a.POI, b.POI)) })
	if !slices.Equal(f.moves, all[:most]) {
		t.Errorf("kept are %v, want %v", f.moves, all[:most])
	}
}
