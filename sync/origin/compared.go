package origin

import (
	"fmt"
	"time"

	"geodrop/sync/vitals"
)

// lookups are those of a wave, and those that tell what is usual.
type lookups struct {
	wave    vitals.Lookups // of its nodes, with its release, lately
	before  vitals.Lookups // of the same nodes, at the end of the release before
	outside vitals.Lookups // of the other nodes, lately
}

// noticeable is by how much a p99 has to be longer for anybody to be the worse for it.
const noticeable = 2 * time.Millisecond

// emptier reports whether more lookups find nothing than usual.
func (p Plan) emptier(l lookups) bool {
	return p.worse(l, func(wave, usual vitals.Lookups) bool {
		return wave.EmptyShare() > usual.EmptyShare()+max(p.MaxEmpty, 0)
	})
}

// slower reports whether lookups take longer than usual.
func (p Plan) slower(l lookups) bool {
	return p.worse(l, func(wave, usual vitals.Lookups) bool {
		is, was := p99(wave), p99(usual)
		return float64(is) > p.MaxSlower*float64(was) && is-was >= noticeable
	})
}

// worse reports whether a wave is worse than all that tells what is usual. Either
// alone may differ for what is no fault of the release: the evening differs from
// the afternoon, and one city from another. What has few lookups tells nothing.
func (p Plan) worse(l lookups, than func(wave, usual vitals.Lookups) bool) bool {
	told := false
	for _, usual := range []vitals.Lookups{l.before, l.outside} {
		if usual.Answers >= p.MinLookups {
			if !than(l.wave, usual) {
				return false
			}
			told = true
		}
	}
	return told && l.wave.Answers >= p.MinLookups
}

func p99(l vitals.Lookups) time.Duration { return l.Took.Quantile(0.99) }

// Compared are the lookups of a wave beside what is usual.
type Compared struct {
	Wave    Figures `json:"wave"`    // of its nodes, with its release, in the last minutes
	Before  Figures `json:"before"`  // of the same nodes, in the last minutes of the release before
	Outside Figures `json:"outside"` // of the other nodes, in the last minutes
}

// Figures are of some lookups.
type Figures struct {
	Lookups uint64  `json:"lookups"`
	Empty   float64 `json:"empty"` // share that found nothing
	P99     float64 `json:"p99_s"` // seconds that 99 of 100 took at most, to a fifth
}

func compared(l lookups) Compared {
	of := func(l vitals.Lookups) Figures { return Figures{l.Answers, l.EmptyShare(), p99(l).Seconds()} }
	return Compared{of(l.wave), of(l.before), of(l.outside)}
}

// String is all that is compared.
func (c Compared) String() string { return c.empties() + "; " + c.times() }

func (c Compared) empties() string {
	return c.say("empty answers", func(f Figures) string { return fmt.Sprintf("%.3g %%", 100*f.Empty) })
}

func (c Compared) times() string {
	return c.say("p99", func(f Figures) string { return fmt.Sprintf("%.3g ms", 1000*f.P99) })
}

func (c Compared) say(what string, figure func(Figures) string) string {
	of := func(f Figures) string {
		if f.Lookups == 0 {
			return "unknown"
		}
		return fmt.Sprintf("%s of %d", figure(f), f.Lookups)
	}
	return fmt.Sprintf("%s: %s in the wave, %s there before, %s on other nodes", what, of(c.Wave), of(c.Before), of(c.Outside))
}
