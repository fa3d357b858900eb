package load

import (
	"net/http"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The errors that are no answers. Those that are have the code of their problem,
// or their status as in "status_502".
const (
	Timeout   = "timeout"    // no whole answer in time
	Unsent    = "unsent"     // all connections were busy for too long
	Connect   = "connect"    // no connection came about
	Closed    = "closed"     // the connection ended before the answer did
	Reset     = "reset"      // the connection broke
	BadAnswer = "bad_answer" // it is not HTTP
)

// recorder counts what came of the lookups of all connections.
type recorder struct {
	mutex   sync.Mutex
	phases  []phaseRecord
	window  time.Duration
	windows []windowRecord // of the whole run
}

// phaseRecord is what came of the lookups that were due in a phase; but answers
// and good count what came in it, whenever that was due.
type phaseRecord struct {
	ends          time.Duration // since the start of the run
	answers, good int64

	scheduled, ok, empty, reconnects, bytes int64
	late                                    int64 // by more than tolerated
	errors                                  map[string]int64
	latency, service, lag                   *hdrhistogram.Histogram
}

type windowRecord struct {
	ok, failed int64
	latency    *hdrhistogram.Histogram // nil while ok is 0
}

// tolerated is how late the pacer may be before the report counts it.
const tolerated = time.Millisecond

// microseconds up to an hour, to three digits, or two for windows.
func newHistogram(digits int) *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Hour.Microseconds(), digits)
}

// record adds a time; one beyond an hour counts as an hour.
func record(h *hdrhistogram.Histogram, d time.Duration) {
	us := max(d.Microseconds(), 1)
	_ = h.RecordValue(min(us, time.Hour.Microseconds())) // always within
}

func newRecorder(o *Options) *recorder {
	r := &recorder{phases: make([]phaseRecord, len(o.Phases)), window: o.Window}
	ends := time.Duration(0)
	for i := range r.phases {
		p := &r.phases[i]
		ends += o.Phases[i].Duration
		p.ends = ends
		p.errors = map[string]int64{}
		p.latency, p.service, p.lag = newHistogram(3), newHistogram(3), newHistogram(3)
	}
	return r
}

// scheduled counts a job that was handed out.
func (r *recorder) scheduled(j job) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	p := &r.phases[j.phase]
	p.scheduled++
	late := j.handed - j.due
	record(p.lag, late)
	if late > tolerated {
		p.late++
	}
}

// answered counts an answer to a lookup, from when it was sent to when it had
// come.
func (r *recorder) answered(j job, a answer, sent, done time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	good := a.status == http.StatusOK
	r.came(done, good)
	if !good {
		r.fail(j, a.kind())
		return
	}
	p := &r.phases[j.phase]
	p.ok++
	p.bytes += a.bytes
	if a.empty {
		p.empty++
	}
	record(p.latency, done-j.due)
	record(p.service, done-sent)
	if w := r.windowOf(j); w != nil {
		w.ok++
		if w.latency == nil {
			w.latency = newHistogram(2)
		}
		record(w.latency, done-j.due)
	}
}

// came counts an answer in the phase in which it came; one after the last is of
// none.
func (r *recorder) came(done time.Duration, good bool) {
	for i := range r.phases {
		if p := &r.phases[i]; done < p.ends {
			p.answers++
			if good {
				p.good++
			}
			return
		}
	}
}

// failed counts a lookup without an answer.
func (r *recorder) failed(j job, kind string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.fail(j, kind)
}

func (r *recorder) fail(j job, kind string) {
	r.phases[j.phase].errors[kind]++
	if w := r.windowOf(j); w != nil {
		w.failed++
	}
}

func (r *recorder) reconnected(j job) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.phases[j.phase].reconnects++
}

// windowOf is the window in which a job was due; nil where nobody asked.
func (r *recorder) windowOf(j job) *windowRecord {
	if r.window <= 0 {
		return nil
	}
	for no := int(j.due / r.window); no >= len(r.windows); {
		r.windows = append(r.windows, windowRecord{})
	}
	return &r.windows[j.due/r.window]
}
