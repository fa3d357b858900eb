package extsort

import "math/bits"

// loserTree finds the least of k sources with log2 k comparisons per record.
// A node keeps the loser of the match below it, key included, so that a match
// reads one node; winners travel in registers. Matches of unequal keys have no
// branch to mispredict.
type loserTree struct {
	nodes   []node // nodes[0] is the winner of all
	sources []*source
}

type node struct{ key, source uint64 }

// newLoserTree plays all first matches.
func newLoserTree(sources []*source) *loserTree {
	t := &loserTree{nodes: make([]node, max(len(sources), 1)), sources: sources}
	if len(sources) > 0 {
		t.nodes[0] = t.play(1)
	}
	return t
}

// play fills the subtree of node n and returns its winner.
func (t *loserTree) play(n int) node {
	if k := len(t.sources); n >= k {
		return node{t.sources[n-k].rec.key, uint64(n - k)}
	}
	a, b := t.play(2*n), t.play(2*n+1)
	if t.before(b, a) {
		a, b = b, a
	}
	t.nodes[n] = b
	return a
}

// winner returns the source with the least record.
func (t *loserTree) winner() *source { return t.sources[t.nodes[0].source] }

// replay plays the winner's matches again after it has moved to its next
// record.
func (t *loserTree) replay() {
	nodes := t.nodes
	source := nodes[0].source
	key := t.sources[source].rec.key
	for n := (int(source) + len(nodes)) >> 1; n > 0; n >>= 1 {
		loser := &nodes[n]
		if loser.key == key {
			if t.tieBefore(loser.source, source) {
				loser.source, source = source, loser.source
			}
			continue
		}
		_, less := bits.Sub64(loser.key, key, 0)
		swap := -less
		k, s := (loser.key^key)&swap, (loser.source^source)&swap
		loser.key, key = loser.key^k, key^k
		loser.source, source = loser.source^s, source^s
	}
	nodes[0] = node{key, source}
}

func (t *loserTree) before(a, b node) bool {
	if a.key != b.key {
		return a.key < b.key
	}
	return t.tieBefore(a.source, b.source)
}

// tieBefore orders sources whose keys are equal. A source that has ended has
// the greatest key and loses against everything.
func (t *loserTree) tieBefore(a, b uint64) bool {
	x, y := t.sources[a], t.sources[b]
	if x.ended || y.ended {
		return !x.ended
	}
	return comparePayloads(x.buf, y.buf) < 0
}
