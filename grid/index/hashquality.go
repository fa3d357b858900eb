package index

import "geodrop/grid"

// HashQuality is how the prefix hash of a segment turns out.
type HashQuality struct {
	Built  bool    // else lookups bisect
	Blocks int     // that it has
	Slots  int     // for them
	Stages int     // slots that a lookup looks at, at most
	Probes float64 // in the mean, for blocks that are there
}

// TryHash tells how the hash of a segment with these blocks would turn out. They
// must differ from each other.
func TryHash(blocks []grid.Block) HashQuality {
	rows := make([]blockRow, len(blocks))
	for i, b := range blocks {
		rows[i] = blockRow{Block: b, Tiles: 1}
	}
	table, slots, ok := buildHash(rows, maxStages)
	q := HashQuality{Built: ok, Blocks: len(blocks), Slots: len(slots), Stages: len(table)}
	if !ok || len(blocks) == 0 {
		return q
	}
	probes, rest := 0, slots
	for i, st := range table {
		for _, row := range rest[:st.Slots] {
			if row.Tiles != 0 {
				probes += i + 1
			}
		}
		rest = rest[st.Slots:]
	}
	q.Probes = float64(probes) / float64(len(blocks))
	return q
}
