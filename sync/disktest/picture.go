package disktest

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// fate is what became of a change that was not durable.
type fate byte

const (
	lost fate = iota
	torn
	kept
)

// picture is what is left of the events up to a point.
type picture struct {
	changes []int // by the numbers of their events
	fates   []fate
	marks   int
	point   int
}

// pictures are all different ones.
func (r *Recording) pictures(random *rand.Rand, subsets int) (list []picture) {
	seen := map[uint64]bool{}
	spoiled := map[int]bool{} // by an fsync that failed
	var durable, pending []int
	for i, e := range r.events {
		switch {
		case e.change != nil:
			pending = append(pending, i)
		case e.synced != nil:
			durable, pending = r.sync(e, durable, pending, spoiled)
		}
		for _, fates := range variants(r, pending, random, subsets) {
			p := picture{changes: slices.Concat(durable, pending), fates: fates, point: i + 1, marks: len(r.marks(i + 1))}
			p.fates = slices.Concat(slices.Repeat([]fate{kept}, len(durable)), fates)
			p.sort()
			if s := r.signature(p); !seen[s] {
				seen[s] = true
				list = append(list, p)
			}
		}
	}
	return list
}

// choose takes so many, of those at each mark in turn, the last first.
func choose(pictures []picture, most int, random *rand.Rand) (chosen []picture) {
	random.Shuffle(len(pictures), func(i, j int) { pictures[i], pictures[j] = pictures[j], pictures[i] })
	at := map[int][]picture{}
	for _, p := range pictures {
		at[p.marks] = append(at[p.marks], p)
	}
	for {
		for _, mark := range slices.Backward(slices.Sorted(maps.Keys(at))) {
			if len(chosen) == most {
				return chosen
			}
			if list := at[mark]; len(list) > 0 {
				chosen, at[mark] = append(chosen, list[0]), list[1:]
			}
		}
	}
}

// sort puts the changes into the order in which they were made.
func (p *picture) sort() {
	fates := map[int]fate{}
	for i, c := range p.changes {
		fates[c] = p.fates[i]
	}
	slices.Sort(p.changes)
	for i, c := range p.changes {
		p.fates[i] = fates[c]
	}
}

// sync makes durable what an fsync does, or never will. The names of a folder are
// written again by a later one: a file system keeps them in its journal.
func (r *Recording) sync(e event, durable, pending []int, spoiled map[int]bool) (more, rest []int) {
	for _, i := range pending {
		switch meant := i < e.upTo && r.events[i].change.inode == e.synced; {
		case meant && e.failed:
			spoiled[i] = !e.synced.dir
			rest = append(rest, i)
		case meant && !spoiled[i]:
			durable = append(durable, i)
		default:
			rest = append(rest, i)
		}
	}
	return durable, rest
}

// variants are what may have become of changes.
func variants(r *Recording, pending []int, random *rand.Rand, subsets int) (list [][]fate) {
	n := len(pending)
	all, none := slices.Repeat([]fate{kept}, n), make([]fate, n)
	list = append(list, all, none)
	for i, event := range pending {
		for _, f := range []fate{lost, torn, kept} {
			if f == torn && r.events[event].change.bytes == "" {
				continue
			}
			one, alone := slices.Clone(all), slices.Clone(none)
			one[i], alone[i] = f, f
			list = append(list, one, alone)
		}
	}
	for range min(subsets, n) {
		some := make([]fate, n)
		for i := range some {
			if some[i] = fate(random.IntN(3)); some[i] == torn && r.events[pending[i]].change.bytes == "" {
				some[i] = kept
			}
		}
		list = append(list, some)
	}
	return list
}
