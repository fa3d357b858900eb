package rule

import (
	"fmt"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi"
)

func hashRules() []*Rule {
	return []*Rule{{
		ID: "tile-hash", Group: placesGroup, Severity: Note,
		Reason: "lookups will not find tiles as quickly as they should",
		Fix:    "Nothing is wrong with the config: choose another cell size if the figure matters.",
		Doc: fmt.Sprintf("Segments find the blocks of 64×64 cells that have places by a hash in stages; nearly always a lookup looks at 1.3 slots in the mean. "+
			"By bad luck with few blocks it may be more than %.0f, and if the hash cannot be built at all, lookups bisect. "+
			"The hash is tried for all blocks together, as in a release of one segment.", maxProbes),
		Start: func(v *View, emit Emit) Check {
			c := &hashCheck{view: v, emit: emit}
			return Check{Cell: c.cell, Done: c.done}
		},
	}}
}

// maxProbes is how many slots a lookup may look at in the mean.
const maxProbes = 2.

type hashCheck struct {
	view   *View
	emit   Emit
	blocks []grid.Block // ascending
}

func (c *hashCheck) cell(cell *Cell) {
	if b, n := cell.ID.Block(), len(c.blocks); n == 0 || c.blocks[n-1] != b {
		c.blocks = append(c.blocks, b)
	}
}

func (c *hashCheck) done() {
	q := index.TryHash(c.blocks)
	message := fmt.Sprintf("%d will be found by looking at %.2f slots in the mean, %d at most", q.Blocks, q.Probes, q.Stages)
	switch {
	case !q.Built:
		message = fmt.Sprintf("%d have no hash: lookups will bisect", q.Blocks)
	case q.Probes <= maxProbes:
		return
	}
	c.emit(Finding{At: poi.Place{Table: poi.TablePOIs}, Object: "blocks", Value: fmt.Sprintf("%.2f", q.Probes), Message: message})
}
