package bench

import (
	"fmt"
	"math"
	"strconv"
)

// None is the Peer of a row whose peer could not be measured.
const None = "none"

// Row is one measured figure. Peer is empty where there is nothing to compare
// with, None where there would be; figures that do not exist are nil.
type Row struct {
	Case      string   `json:"case"`
	Metric    string   `json:"metric"`
	Value     float64  `json:"value"`
	Unit      string   `json:"unit"`
	Peer      string   `json:"peer"`
	PeerValue *float64 `json:"peer_value"`
	Ratio     *float64 `json:"ratio"`
	Target    *float64 `json:"target"`
	Met       *bool    `json:"met"`
	Rule      string   `json:"rule,omitempty"` // what Target bounds, as a formula
	Note      string   `json:"note,omitempty"`
}

func newRow(name, metric string, value float64, unit string) Row {
	return Row{Case: name, Metric: metric, Value: rounded(value), Unit: unit}
}

// The formulas of Row.Rule. A ratio says how many times better than its peer we
// are, or what part of its peer's cost ours is.
const (
	ruleBetter = "peer_value/value"
	ruleCost   = "value/peer_value"
	ruleValue  = "value"
)

// timesBetter compares costs: the ratio is above 1 where ours is lower.
func (r Row) timesBetter(peer string, cost float64) Row {
	return r.compare(peer, cost, ruleBetter, cost/r.Value)
}

// timesCost compares costs: the ratio is below 1 where ours is lower.
func (r Row) timesCost(peer string, cost float64) Row {
	return r.compare(peer, cost, ruleCost, r.Value/cost)
}

// timesRate compares rates: the ratio is the part of the peer's that ours is.
func (r Row) timesRate(peer string, rate float64) Row {
	return r.compare(peer, rate, ruleCost, r.Value/rate)
}

func (r Row) compare(peer string, value float64, rule string, ratio float64) Row {
	r.Peer, r.PeerValue, r.Rule = peer, ptr(rounded(value)), rule
	if !math.IsNaN(ratio) && !math.IsInf(ratio, 0) {
		r.Ratio = ptr(rounded(ratio))
	}
	return r
}

// without says that the peer could not be measured, and why.
func (r Row) without(why string) Row {
	r.Peer = None
	return r.noted("%s", why)
}

// atLeast and atMost set the target of the ratio, or of the value where the row
// has no peer.
func (r Row) atLeast(target float64) Row {
	return r.bound(target, "≥", func(got float64) bool { return got >= target })
}

func (r Row) atMost(target float64) Row {
	return r.bound(target, "≤", func(got float64) bool { return got <= target })
}

func (r Row) bound(target float64, sign string, meets func(float64) bool) Row {
	r.Target = &target
	switch {
	case r.Ratio != nil:
		r.Met = ptr(meets(*r.Ratio))
	case r.Peer == None:
		r.Rule = ""
	default:
		r.Rule, r.Met = ruleValue, ptr(meets(r.Value))
	}
	if r.Rule != "" {
		r.Rule += " " + sign + " " + strconv.FormatFloat(target, 'g', -1, 64)
	}
	return r
}

func (r Row) noted(format string, args ...any) Row {
	note := fmt.Sprintf(format, args...)
	if r.Note != "" {
		note = r.Note + "; " + note
	}
	r.Note = note
	return r
}

// Missed are the rows whose target is not met.
func Missed(rows []Row) []Row {
	var missed []Row
	for _, r := range rows {
		if r.Met != nil && !*r.Met {
			missed = append(missed, r)
		}
	}
	return missed
}

func ptr[T any](v T) *T { return &v }

// rounded keeps six significant digits: more is noise.
func rounded(v float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return 0 // not reached: FormatFloat writes what ParseFloat reads
	}
	return v
}

// caseName is a case with a number of rows: "lookup/1e7".
func caseName(prefix string, n int) string { return prefix + "/" + countName(n) }

// countName writes powers of ten as 1e7.
func countName(n int) string {
	exponent := 0
	mantissa := n
	for mantissa >= 10 && mantissa%10 == 0 {
		mantissa /= 10
		exponent++
	}
	if mantissa < 10 && exponent >= 3 {
		return fmt.Sprintf("%de%d", mantissa, exponent)
	}
	return strconv.Itoa(n)
}
