package origin

import (
	"cmp"
	"errors"
	"fmt"
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
//	              └─ a gate fails: back, and the release is bad
//
// Gates hold what the nodes of a wave report against the plan.
type Plan struct {
	Shares []float64     // of the nodes, ascending, one for each wave before all have it
	Bake   time.Duration // of a wave; default 5 min

	// Patience is how long after the bake the nodes of a wave may take to serve
	// the release; default 10 min.
	Patience time.Duration

	MaxRefusing float64 // share of a wave's nodes that may refuse the release, for golden queries or else; default none
	MinServing  float64 // share of a wave's nodes that have to serve it; default 0.9
	MaxErrors   float64 // share of the requests to them that may be answered by an error of the node; default 0.01, below 0 none
}

func (p Plan) withDefaults() Plan {
	p.Bake = cmp.Or(p.Bake, 5*time.Minute)
	p.Patience = cmp.Or(p.Patience, 10*time.Minute)
	p.MinServing = cmp.Or(p.MinServing, 0.9)
	p.MaxErrors = cmp.Or(p.MaxErrors, 0.01)
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

// verdict is what follows from what the nodes of a wave report.
type verdict int

const (
	wait  verdict = iota
	reach         // no node that reports is in the wave: take the next one in
	widen
	giveUp
)

const (
	// silence is how long an origin waits for reports before it takes it that no
	// node makes any: several times the pause between two.
	silence = 2 * time.Minute
	// minRequests is how many requests tell of errors.
	minRequests = 100
)

// census counts the nodes of a channel.
type census struct {
	nodes, members             int // that report; of these, in the wave
	serving, refusing          int // of the members
	requests, errors, nextNode int
}

func count(w *waveMark, since time.Time, nodes []NodeState) census {
	c := census{nextNode: manifest.WholeFleet}
	for _, n := range nodes {
		c.nodes++
		place := manifest.PlaceOf(n.Node)
		if place >= w.Share {
			c.nextNode = min(c.nextNode, place)
			continue
		}
		c.members++
		switch {
		case n.Reported.Before(since):
		case n.Refused == w.Release:
			c.refusing++
		case n.Release == w.Release:
			c.serving++
			c.requests, c.errors = c.requests+n.Requests, c.errors+n.Errors
		}
	}
	return c
}

// judge decides upon a wave, given the nodes of its channel. Reports from before
// since do not count.
func (p Plan) judge(w *waveMark, since, now time.Time, nodes []NodeState) (v verdict, reason string) {
	c, age := count(w, since, nodes), now.Sub(since)
	switch {
	case float64(c.refusing) > p.MaxRefusing*float64(c.members):
		return giveUp, fmt.Sprintf("%d of %d nodes of the wave refuse it", c.refusing, c.members)
	case c.requests >= minRequests && float64(c.errors) > max(p.MaxErrors, 0)*float64(c.requests):
		return giveUp, fmt.Sprintf("%d of %d requests to the nodes of the wave met an error", c.errors, c.requests)
	case c.members == 0 && c.nodes > 0:
		return reach, ""
	case c.members == 0 && age < silence, age < p.Bake:
		return wait, ""
	case float64(c.serving) >= p.MinServing*float64(c.members):
		return widen, ""
	case age >= p.Bake+p.Patience:
		return giveUp, fmt.Sprintf("only %d of %d nodes of the wave serve it", c.serving, c.members)
	}
	return wait, ""
}
