package origin

import (
	"io"
	"net/http"
	"time"
)

// paceStep is how much a receiver has to take before its time begins anew. It is
// a few seconds at the least rate, and too much for the calls to count.
const paceStep = 256 << 10

// pace cuts off receivers that are too slow, soon after they are: those that take
// nothing would keep the places of all others for as long as a whole object may
// take.
//
//	deadline of a step   grace and the step at the rate, from its beginning
//	of all               grace and the range at the rate, from its beginning
type pace struct {
	grace time.Duration
	rate  int64 // bytes a second
}

// copy sends what r has, which the kernel does where r is part of a file.
func (p *pace) copy(w http.ResponseWriter, r io.Reader) (n int64, err error) {
	whole, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(w, r)
	}
	controller := http.NewResponseController(w)
	last := time.Now().Add(p.allows(whole.N))
	for whole.N > 0 {
		step := &io.LimitedReader{R: whole.R, N: min(whole.N, paceStep)}
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

func (p *pace) allows(bytes int64) time.Duration {
	return p.grace + time.Duration(float64(bytes)/float64(p.rate)*float64(time.Second))
}
