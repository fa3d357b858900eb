package load

import (
	"cmp"
	"context"
	"time"
)

// PeakOptions say how the peak is looked for. The zero value is fit for use.
type PeakOptions struct {
	From   float64       // first rate; default 500 a second
	Step   time.Duration // length of a step; default 3 s
	Warmup time.Duration // before each step, at its rate; default a quarter of Step
	Share  float64       // of the rate that has to be goodput for the rate to count as kept; default 0.98
	Each   func(Report)  // called after each step; may be nil
}

// Peak is what a node can do.
type Peak struct {
	Rate    float64  `json:"rate_kept"`    // the highest of which PeakOptions.Share was goodput; 0 for none
	Goodput float64  `json:"peak_goodput"` // the most of any step, kept or not
	Steps   []Report `json:"steps"`
}

const (
	maxDoublings = 16
	bisections   = 4
)

func (p PeakOptions) withDefaults() PeakOptions {
	p.From = cmp.Or(p.From, 500)
	p.Step = cmp.Or(p.Step, 3*time.Second)
	p.Warmup = cmp.Or(p.Warmup, p.Step/4)
	p.Share = cmp.Or(p.Share, 0.98)
	return p
}

// FindPeak doubles the rate until the node does not keep it, and then halves the
// interval in which the limit lies. Options.Phases is not used. When the context
// ends the peak is that of the steps until then.
func FindPeak(ctx context.Context, o Options, opts PeakOptions) (Peak, error) {
	p := opts.withDefaults()
	var peak Peak
	once := func(rate float64) (kept bool, err error) {
		o.Phases = []Phase{{Name: "warm-up", Rate: rate, Duration: p.Warmup}, {Rate: rate, Duration: p.Step}}
		reports, err := Run(ctx, o)
		if err != nil || ctx.Err() != nil || len(reports) < 2 {
			return false, err
		}
		r := reports[1]
		if p.Each != nil {
			p.Each(r)
		}
		peak.Steps = append(peak.Steps, r)
		peak.Goodput = max(peak.Goodput, r.Goodput)
		kept = r.Goodput >= p.Share*rate
		if kept {
			peak.Rate = max(peak.Rate, rate)
		}
		return kept, nil
	}
	// A rate has a second chance: what else the machine does is no limit of the
	// node.
	step := func(rate float64) (kept bool, err error) {
		if kept, err = once(rate); kept || err != nil || ctx.Err() != nil {
			return kept, err
		}
		return once(rate)
	}
	low, high := 0.0, p.From
	for range maxDoublings {
		kept, err := step(high)
		if err != nil || ctx.Err() != nil {
			return peak, err
		}
		if !kept {
			break
		}
		low, high = high, min(2*high, maxRate)
	}
	for range bisections {
		middle := (low + high) / 2
		kept, err := step(middle)
		switch {
		case err != nil || ctx.Err() != nil:
			return peak, err
		case kept:
			low = middle
		default:
			high = middle
		}
	}
	return peak, nil
}
