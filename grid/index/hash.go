package index

import "geodrop/grid"

// The prefix hash: a few stages, each a table with one slot a key. A block is
// in the first stage in which its slot was free, so looking at one slot a stage
// decides.

const (
	maxStages  = 8
	hashTrials = 16
)

// stage is one table of the prefix hash; its slots follow those of the stages
// before it.
type stage struct {
	Slots uint32
	Seed  uint32
}

// slot is the only slot of the stage in which a block can be.
func (s stage) slot(b grid.Block) uint32 {
	h := uint64(b) ^ uint64(s.Seed)<<32
	h *= 0x9E3779B97F4A7C15 // 2^64/φ: Fibonacci hashing, Knuth 6.4
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93 // an odd constant with an even spread of bits
	return uint32(h >> 32 * uint64(s.Slots) >> 32)
}

// buildHash places every row in at most stages stages. ok is false where that
// fails for every seed tried: the segment then has no hash.
func buildHash(rows []blockRow, stages int) (table []stage, slots []blockRow, ok bool) {
	for trial := range uint32(hashTrials) {
		if table, slots, ok = tryHash(rows, stages, trial); ok {
			return table, slots, true
		}
	}
	return nil, nil, false
}

func tryHash(rows []blockRow, stages int, trial uint32) ([]stage, []blockRow, bool) {
	var table []stage
	var slots []blockRow
	for left := rows; len(left) > 0; {
		if len(table) == stages {
			return nil, nil, false
		}
		st := stage{Slots: stageSlots(len(left), len(table)), Seed: trial<<8 | uint32(len(table))}
		base := len(slots)
		slots = append(slots, make([]blockRow, st.Slots)...)
		var over []blockRow
		for _, row := range left {
			if at := &slots[base+int(st.slot(row.Block))]; at.Tiles == 0 {
				*at = row
			} else {
				over = append(over, row)
			}
		}
		table, left = append(table, st), over
	}
	return table, slots, true
}

// stageSlots is the number of slots of a stage for the rows left over by those
// before it. The first holds 1.5 a row and takes 73 % of them; later ones are
// ever roomier, as few rows are left, so that 8 stages place 10^8 rows.
func stageSlots(left, stage int) uint32 {
	return uint32(left*(3+stage*stage)/2 + 1)
}

// hashFind looks at one slot a stage. The zero row means: no such block.
func hashFind(table []stage, slots []blockRow, b grid.Block) blockRow {
	for _, st := range table {
		row := slots[st.slot(b)]
		if row.Block == b && row.Tiles != 0 {
			return row
		}
		slots = slots[st.Slots:]
	}
	return blockRow{}
}

// bisect finds the row of a block in rows sorted by block. The zero row means:
// no such block.
func bisect(rows []blockRow, b grid.Block) blockRow {
	low, high := 0, len(rows)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if rows[middle].Block < b {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(rows) && rows[low].Block == b {
		return rows[low]
	}
	return blockRow{}
}
