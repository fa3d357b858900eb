package answer

import (
	"io"
	"net/http"
	"time"
)

// PaceStep is how much a receiver has to take before its time begins anew. It is
// a few seconds at the least rate, and too much for the calls to count.
const PaceStep = 256 << 10

// Pace cuts off receivers that are too slow, soon after they are: those that take
// nothing would keep the places of all others for as long as a whole object may
// take.
//
//	deadline of a step   grace and the step at the rate, from its beginning
//	of all               grace and the range at the rate, from its beginning
type Pace struct {
	Grace time.Duration
	Rate  int64 // bytes a second
}

// copy sends what r has, which the kernel does where r is part of a file.
func (p *Pace) copy(w http.ResponseWriter, r io.Reader) (n int64, err error) {
	whole, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(w, r)
	}
	controller := http.NewResponseController(w)
	last := time.Now().Add(p.allows(whole.N))
	for whole.N > 0 {
		step := &io.LimitedReader{R: whole.R, N: min(whole.N, PaceStep)}
		due := time.Now().Add(p.allows(step.N))
		if due.After(last) {
			due = last
		}
		_ = controller.SetWriteDeadline(due) // a server that cannot has its own
		sent, err := io.Copy(w, step)
		n, whole.N = n+sent, whole.N-sent
		if err != nil || sent == 0 {
			return n, err
		}
	}
	return n, nil
}

func (p *Pace) allows(bytes int64) time.Duration {
	return p.Grace + time.Duration(float64(bytes)/float64(p.Rate)*float64(time.Second))
}
