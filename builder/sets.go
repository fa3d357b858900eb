package builder

import (
	"encoding/binary"
	"slices"

	"geodrop/poi"
)

// setTable numbers the POI sets, and the combinations of sets that POIs are in.
// Combination 0 is no set at all.
type setTable struct {
	number map[poi.SetID]uint32
	ids    []poi.SetID
	combos [][]uint32 // ascending
	byKey  map[string]uint32
	key    []byte
}

func newSetTable(ids []poi.SetID) *setTable {
	t := &setTable{number: make(map[poi.SetID]uint32, len(ids)), byKey: map[string]uint32{}}
	for _, id := range ids {
		t.add(id)
	}
	t.combos = append(t.combos, nil)
	return t
}

// add is the number of a set.
func (t *setTable) add(id poi.SetID) uint32 {
	n, ok := t.number[id]
	if !ok {
		n = uint32(len(t.ids))
		t.ids = append(t.ids, id)
		t.number[id] = n
	}
	return n
}

// combo is the number of the combination of some sets, which it sorts.
func (t *setTable) combo(sets []uint32) uint32 {
	if len(sets) == 0 {
		return 0
	}
	slices.Sort(sets)
	sets = slices.Compact(sets)
	t.key = t.key[:0]
	for _, s := range sets {
		t.key = binary.LittleEndian.AppendUint32(t.key, s)
	}
	n, ok := t.byKey[string(t.key)]
	if !ok {
		n = uint32(len(t.combos))
		t.combos = append(t.combos, slices.Clone(sets))
		t.byKey[string(t.key)] = n
	}
	return n
}

// of are the ids of the sets of a combination.
func (t *setTable) of(combo uint32, dst []poi.SetID) []poi.SetID {
	for _, s := range t.combos[combo] {
		dst = append(dst, t.ids[s])
	}
	return dst
}
