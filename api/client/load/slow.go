package load

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Slow is what came of the slow clients, since the start of the run.
type Slow struct {
	Clients   int   `json:"clients"`
	Connected int64 `json:"connected"` // connections that came about
	CutOff    int64 `json:"cut_off"`   // of them, ended by the node
	Refused   int64 `json:"refused"`   // connections that did not come about
}

type slowCounts struct{ connected, cutOff, refused atomic.Int64 }

func (s *slowCounts) report(clients int) *Slow {
	return &Slow{Clients: clients, Connected: s.connected.Load(), CutOff: s.cutOff.Load(), Refused: s.refused.Load()}
}

// slowClient is one of the three kinds of slow client, over and over: it sends
// the header of a lookup byte by byte, or the body, or reads the answer so.
func (r *run) slowClient(ctx context.Context, no int) {
	spread := time.Duration(no) * r.options.SlowPause / time.Duration(r.options.Slow)
	for pause := spread; wait(ctx, pause); pause = r.options.SlowPause {
		conn, err := r.options.dial(ctx, address(r.target))
		if err != nil {
			r.slow.refused.Add(1)
			continue
		}
		r.slow.connected.Add(1)
		if r.dawdle(ctx, conn, no); ctx.Err() == nil {
			r.slow.cutOff.Add(1)
		}
		_ = conn.Close() // whatever is left of it is of no interest
	}
}

// dawdle uses a connection until the node ends it, or the context.
func (r *run) dawdle(ctx context.Context, conn net.Conn, no int) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	form := newRequestForm(r.target, &Options{})
	request := form.append(nil, r.options.Positions[no%len(r.options.Positions)])
	body := len(request)
	for body > 0 && request[body-1] != '\n' {
		body--
	}
	atOnce := [...]int{0, body, len(request)}[no%3]
	if small, ok := conn.(*net.TCPConn); ok {
		_ = small.SetReadBuffer(1) // the least that the kernel allows
	}
	if _, err := conn.Write(request[:atOnce]); err != nil {
		return
	}
	for i := atOnce; i < len(request) && wait(ctx, r.options.SlowPause); i++ {
		if _, err := conn.Write(request[i : i+1]); err != nil {
			return
		}
	}
	for one := make([]byte, 1); wait(ctx, r.options.SlowPause); {
		if _, err := io.ReadFull(conn, one); err != nil {
			return
		}
	}
}

// wait reports whether the time passed before the context was done.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
