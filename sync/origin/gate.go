package origin

import (
	"fmt"
	"slices"
	"time"

	"geodrop/sync/manifest"
)

// verdict is what follows from what the nodes of a wave report.
type verdict int

const (
	wait  verdict = iota
	hold          // nobody reports: no gate can be looked at, and no time counts
	reach         // no node that reports is in the wave: take the next one in
	widen
	putAside // go back: nodes do not get to serve the release, or lookups are worse
	condemn  // go back: the release is bad
)

// cause is why a wave is taken back, stable, for metrics.
type cause string

const (
	refused    cause = "refused"
	errorRate  cause = "errors"
	unreadable cause = "unreadable"
	notServed  cause = "not_served"
	empty      cause = "empty"
	slow       cause = "slow"
)

func causes() []cause { return []cause{refused, errorRate, unreadable, notServed, empty, slow} }

// finding is a verdict, and why a wave is taken back, for programs and for people.
type finding struct {
	verdict verdict
	cause   cause
	reason  string
}

const (
	// silence is how long an origin waits for reports before it takes it that a
	// node, or no node at all, makes any: several times the pause between two.
	silence = 2 * time.Minute
	// minRequests is how many requests tell of errors.
	minRequests = 100
)

// census counts the nodes of a channel.
type census struct {
	nodes, members                int // that report; of these, in the wave
	serving, refusing, unreadable int // of the members; the last of those refusing
	requests, errors, nextNode    int
	lookups                       lookups
}

// has reports whether a node is in the wave, by its name.
func (w *waveMark) has(n NodeState) bool { return manifest.PlaceOf(n.Node) < w.Share }

// counts reports whether a node is in the wave, and was there when it began: from
// then on its silence tells of the release.
func (w *waveMark) counts(n NodeState) bool {
	began := w.Began
	if began.IsZero() {
		began = w.Since
	}
	return w.has(n) && !n.Reported.Before(began.Add(-silence))
}

// joinedBy are the names of the nodes that count, with those of nodes that do now.
func (w *waveMark) joinedBy(nodes []NodeState) []string {
	names := slices.Clone(w.Nodes)
	for _, n := range nodes {
		if w.counts(n) {
			names = append(names, n.Node)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// firstReport is the earliest of the last reports of the nodes that count; zero if
// there is none.
func (w *waveMark) firstReport(nodes []NodeState) (first time.Time) {
	for _, n := range nodes {
		if w.counts(n) && (first.IsZero() || n.Reported.Before(first)) {
			first = n.Reported
		}
	}
	return first
}

func count(w *waveMark, since, now time.Time, nodes []NodeState) census {
	c := census{nextNode: manifest.WholeFleet}
	for _, n := range nodes {
		silent := now.Sub(n.Reported) > silence
		switch {
		case w.counts(n):
			c.nodes, c.members = c.nodes+1, c.members+1
			if !n.Reported.Before(since) {
				c.hear(w, n, silent)
			}
		case !silent && !w.has(n):
			c.nodes++
			c.nextNode = min(c.nextNode, manifest.PlaceOf(n.Node))
			if n.Release == w.From {
				c.lookups.outside.Add(n.Recent)
			}
		}
	}
	return c
}

// hear counts what a node of the wave said. One that fell silent since does not
// serve, whatever it said.
func (c *census) hear(w *waveMark, n NodeState, silent bool) {
	const format = "format" // class of a node whose program cannot read the release
	switch {
	case n.Refused == w.Release:
		if c.refusing++; n.Class == format {
			c.unreadable++
		}
	case n.Release == w.Release:
		c.requests, c.errors = c.requests+n.Requests, c.errors+n.Errors
		c.lookups.wave.Add(n.Recent)
		if n.Previous == w.From { // not a release that was taken back
			c.lookups.before.Add(n.Before)
		}
		if !silent {
			c.serving++
		}
	}
}

// judge decides upon a wave, given the nodes of its channel. Reports from before
// since do not count.
func (p Plan) judge(w *waveMark, since, now time.Time, nodes []NodeState) finding {
	c, age := count(w, since, now, nodes), now.Sub(since)
	tooMany := func(refusing int) bool { return float64(refusing) > p.MaxRefusing*float64(c.members) }
	switch {
	case tooMany(c.refusing - c.unreadable):
		return finding{condemn, refused, fmt.Sprintf("%d of %d nodes of the wave refuse it", c.refusing-c.unreadable, c.members)}
	case c.requests >= minRequests && float64(c.errors) > max(p.MaxErrors, 0)*float64(c.requests):
		return finding{condemn, errorRate, fmt.Sprintf("%d of %d requests to the nodes of the wave met an error", c.errors, c.requests)}
	case tooMany(c.refusing):
		return finding{putAside, unreadable, fmt.Sprintf("%d of %d nodes of the wave cannot read it: their program is too old", c.unreadable, c.members)}
	case p.emptier(c.lookups):
		return finding{putAside, empty, "fewer drops are found: " + compared(c.lookups).empties()}
	case c.nodes == 0:
		return finding{verdict: hold}
	case c.members == 0 && age < silence: // who reports first may be the last that waves would reach
		return finding{verdict: wait}
	case c.members == 0:
		return finding{verdict: reach}
	case age < p.Bake:
		return finding{verdict: wait}
	case p.slower(c.lookups): // only now: the first lookups in a release take longer
		return finding{putAside, slow, "lookups take longer: " + compared(c.lookups).times()}
	case float64(c.serving) >= p.MinServing*float64(c.members):
		return finding{verdict: widen}
	case age >= p.Bake+p.Patience:
		return finding{putAside, notServed, fmt.Sprintf("only %d of %d nodes of the wave serve it", c.serving, c.members)}
	}
	return finding{verdict: wait}
}
