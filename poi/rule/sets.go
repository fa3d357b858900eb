package rule

import (
	"encoding/binary"
	"slices"

	"geodrop/poi"
)

// setTable numbers POI sets and the combinations of sets that POIs are in.
type setTable struct {
	ids     []poi.SetID
	numbers map[poi.SetID]uint32
	combos  [][]poi.SetID
	byKey   map[string]uint32
	key     []byte
}

func (t *setTable) number(id poi.SetID) uint32 {
	n, ok := t.numbers[id]
	if !ok {
		if t.numbers == nil {
			t.numbers = map[poi.SetID]uint32{}
		}
		n = uint32(len(t.ids))
		id = poi.SetID(append([]byte(nil), id...)) // not its batch
		t.ids = append(t.ids, id)
		t.numbers[id] = n
	}
	return n
}

// combo is the number of the combination of some sets, which it sorts.
func (t *setTable) combo(sets []uint32) uint32 {
	slices.Sort(sets)
	sets = slices.Compact(sets)
	t.key = t.key[:0]
	for _, s := range sets {
		t.key = binary.LittleEndian.AppendUint32(t.key, s)
	}
	n, ok := t.byKey[string(t.key)]
	if !ok {
		if t.byKey == nil {
			t.byKey = map[string]uint32{}
		}
		n = uint32(len(t.combos))
		ids := make([]poi.SetID, len(sets))
		for i, s := range sets {
			ids[i] = t.ids[s]
		}
		slices.Sort(ids)
		t.combos = append(t.combos, ids)
		t.byKey[string(t.key)] = n
	}
	return n
}
