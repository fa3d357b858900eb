package origin

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"

	"geodrop/sync/manifest"
)

// Plan says how a release reaches the nodes of a channel: in waves, of which each
// has to stand for a while before the next. Without shares all nodes are given it
// at once.
//
//	published ─► 5 % ──bake──► 25 % ──bake──► all
//	              │              │
//	              └─ a gate fails: back, and the release is bad, or put aside
//
// Gates hold what the nodes of a wave report against the plan. A release is bad
// for what is in it: nodes refuse it, or answer with errors. Where they only do not
// get to serve it, for their disk, their program or their network, or where lookups
// find less or take longer, which may be meant, it is put aside: operators can
// promote it, and it does not come again by itself.
type Plan struct {
	Shares []float64     // of the nodes, ascending, one for each wave before all have it
	Bake   time.Duration // of a wave, from when one of its nodes reports; default 5 min

	// Patience is how long after the bake the nodes of a wave may take to serve
	// the release; default 10 min.
	Patience time.Duration

	MaxRefusing float64 // share of a wave's nodes that may refuse the release, for golden queries or since they cannot read it; default none
	MinServing  float64 // share of a wave's nodes that have to serve it; default 0.9
	MaxErrors   float64 // share of the requests to them that may be answered by an error of the node; default 0.01, below 0 none

	// The lookups of a wave's nodes are held against those of the same nodes before,
	// and those of the other nodes now: only what is worse than both counts.
	MaxEmpty   float64 // by how much the share of them that find nothing may be higher; default 0.05, below 0 not at all
	MaxSlower  float64 // how many times as long the p99 may be, and by 2 ms; default 2
	MinLookups uint64  // each of these has to have in the last minutes, to tell anything; default 1000
}

func (p Plan) withDefaults() Plan {
	p.Bake = cmp.Or(p.Bake, 5*time.Minute)
	p.Patience = cmp.Or(p.Patience, 10*time.Minute)
	p.MinServing = cmp.Or(p.MinServing, 0.9)
	p.MaxErrors = cmp.Or(p.MaxErrors, 0.01)
	p.MaxEmpty = cmp.Or(p.MaxEmpty, 0.05)
	p.MaxSlower = cmp.Or(p.MaxSlower, 2)
	p.MinLookups = cmp.Or(p.MinLookups, 1000)
	return p
}

// maxWaves bounds the shares of a plan.
const maxWaves = 16

var errShares = errors.New("shares of waves ascend, above 0 and below 1, at most 16 of them")

// sharesOf are the shares in parts of manifest.WholeFleet.
func sharesOf(shares []float64) ([]int, error) {
	var list []int
	for _, s := range shares {
		const below = 1e-6 // what a product may be off by
		list = append(list, int(math.Ceil(s*manifest.WholeFleet-below)))
		if !(s > 0 && s < 1) {
			return nil, errShares
		}
	}
	if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) || len(list) > maxWaves {
		return nil, errShares
	}
	return list, nil
}
