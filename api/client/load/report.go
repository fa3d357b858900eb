package load

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Report is what came of the lookups that were due in a phase. The two rates are
// of the answers that came in the phase: those of a node that falls behind come
// later, and it shall not look as if it had kept up.
type Report struct {
	Phase    string  `json:"phase,omitempty"`
	Rate     float64 `json:"rate_asked"` // lookups a second
	RateDone float64 `json:"rate_done"`  // answers that came a second, whatever their status
	Goodput  float64 `json:"goodput"`    // of them, with status 200
	Seconds  float64 `json:"seconds"`

	Lookups int64            `json:"lookups"` // that were due
	OK      int64            `json:"ok"`      // status 200
	Empty   int64            `json:"empty"`   // of them, without drops
	Errors  map[string]int64 `json:"errors"`  // by kind
	Bytes   int64            `json:"bytes"`   // of the bodies of OK

	Latency Quantiles `json:"latency_ms"` // of OK, from when a lookup was due
	Service Quantiles `json:"service_ms"` // the same from when it was sent

	Schedule   Schedule `json:"schedule"`
	Reconnects int64    `json:"reconnects"` // connections that the node closed while they were idle
	Slow       *Slow    `json:"slow,omitempty"`
	Windows    []Window `json:"windows,omitempty"`
}

// Quantiles are in milliseconds.
type Quantiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

// Schedule tells whether the generator kept up with it.
type Schedule struct {
	Kept  bool      `json:"kept"`    // at most 1 % was late, and all was handed out
	Late  int64     `json:"late"`    // lookups handed out more than a millisecond late
	LagMS Quantiles `json:"lag_ms"`  // how late they were handed out
	Cut   float64   `json:"cut_off"` // seconds of the phase that were not run
}

// Window is a part of a phase.
type Window struct {
	At     float64 `json:"at"` // seconds since the start of the phase
	OK     int64   `json:"ok"`
	Failed int64   `json:"failed"`
	P99    float64 `json:"p99_ms"`
	Max    float64 `json:"max_ms"`
}

// Failed are the lookups without an answer of status 200.
func (r *Report) Failed() int64 {
	n := int64(0)
	for _, of := range r.Errors {
		n += of
	}
	return n
}

// reports are those of the phases that began.
func (r *run) reports(ran time.Duration) []Report {
	var all []Report
	start := time.Duration(0)
	for i, p := range r.options.Phases {
		if i > 0 && start >= ran {
			break
		}
		took := min(p.Duration, ran-start)
		all = append(all, r.report(i, start, took))
		start += p.Duration
	}
	return all
}

func (r *run) report(i int, start, took time.Duration) Report {
	phase, p := r.options.Phases[i], &r.recorder.phases[i]
	seconds := math.Max(took.Seconds(), 1e-9)
	report := Report{
		Phase: phase.Name, Rate: phase.Rate, RateDone: rounded(float64(p.answers) / seconds), Goodput: rounded(float64(p.good) / seconds),
		Seconds: rounded(seconds), Lookups: p.scheduled, OK: p.ok, Empty: p.empty, Errors: p.errors, Bytes: p.bytes,
		Latency: quantiles(p.latency), Service: quantiles(p.service), Reconnects: p.reconnects,
		Schedule: Schedule{Late: p.late, LagMS: quantiles(p.lag), Cut: rounded((phase.Duration - took).Seconds())},
	}
	report.Schedule.Kept = p.late*100 <= p.scheduled
	if r.options.Slow > 0 {
		report.Slow = r.slow.report(r.options.Slow)
	}
	report.Windows = r.windows(start, took)
	return report
}

// windows are those that begin within a phase.
func (r *run) windows(start, took time.Duration) []Window {
	var all []Window
	for no, w := range r.recorder.windows {
		at := time.Duration(no)*r.recorder.window - start
		if at < 0 || at >= took {
			continue
		}
		window := Window{At: rounded(at.Seconds()), OK: w.ok, Failed: w.failed}
		if w.latency != nil {
			window.P99, window.Max = milliseconds(w.latency.ValueAtQuantile(99)), milliseconds(w.latency.Max())
		}
		all = append(all, window)
	}
	return all
}

func quantiles(h *hdrhistogram.Histogram) Quantiles {
	if h.TotalCount() == 0 {
		return Quantiles{}
	}
	of := func(q float64) float64 { return milliseconds(h.ValueAtQuantile(q)) }
	return Quantiles{P50: of(50), P90: of(90), P99: of(99), P999: of(99.9), Max: milliseconds(h.Max())}
}

func milliseconds(us int64) float64 { return float64(us) / 1000 }

// rounded keeps a tenth of a thousandth: more is noise.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }
