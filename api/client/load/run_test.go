package load

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// near allows for the three digits of a histogram.
func near(got, want float64) bool { return math.Abs(got-want) <= 0.002*want+0.002 }

func runOne(t *testing.T, o Options) Report {
	t.Helper()
	reports, err := Run(t.Context(), o)
	if err != nil || len(reports) != 1 {
		t.Fatalf("%d reports, %v", len(reports), err)
	}
	return reports[0]
}

func TestRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	synctest.Test(t, func(t *testing.T) {
		got := runOne(t, serve(t, drops(2*time.Millisecond)).options(100, 10*time.Second))
		if got.Lookups != 1000 || got.OK != 1000 || got.Failed() != 0 || got.Empty != 0 || got.Goodput != 100 || got.RateDone != 100 {
			t.Errorf("%+v", got)
		}
		if l := got.Latency; !near(l.P50, 2) || !near(l.P999, 2) || got.Service != l {
			t.Errorf("latency %+v, service %+v", got.Latency, got.Service)
		}
		if !got.Schedule.Kept || got.Schedule.Late != 0 || got.Seconds != 10 {
			t.Errorf("%+v", got)
		}
	})
}

// TestCoordinatedOmission: while the node stands still for a second, lookups
// become due all the same, and each waits until the second is over.
func TestCoordinatedOmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		n := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if at := time.Since(began); at >= 5*time.Second && at < 6*time.Second {
				time.Sleep(6*time.Second - at)
			}
			drops(0)(w, r)
		})
		o := n.options(100, 10*time.Second)
		o.Connections = 1
		got := runOne(t, o)
		if got.OK != 1000 || !near(got.Latency.Max, 1000) || got.Latency.P50 > 1 || !near(got.Latency.P99, 900) {
			t.Errorf("from when due: %+v", got.Latency)
		}
		if got.Service.P99 > 1 || !near(got.Service.Max, 1000) { // one lookup met the stop
			t.Errorf("from when sent: %+v", got.Service)
		}
	})
}

// TestBehind: what a node answers after the end is not in its rate.
func TestBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serve(t, drops(10*time.Millisecond)).options(200, 2*time.Second)
		o.Connections, o.Timeout = 1, time.Minute
		got := runOne(t, o)
		if got.OK != 400 || math.Abs(got.Goodput-100) > 1 || !near(got.Latency.Max, 2005) {
			t.Errorf("%+v", got)
		}
		o.Patience = 100 * time.Millisecond
		got = runOne(t, o)
		if got.OK+got.Errors[Unsent] != 400 || math.Abs(float64(got.OK)-210) > 3 || got.Latency.Max > 111 {
			t.Errorf("%+v", got)
		}
	})
}

func TestErrors(t *testing.T) {
	hijack := func(w http.ResponseWriter, write string) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = c.Write([]byte(write))
		_ = c.Close()
	}
	handlers := map[string]http.HandlerFunc{
		"overloaded": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(503)
			_, _ = w.Write([]byte(problem))
		},
		"status_502": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) },
		Timeout:      drops(time.Minute),
		Closed:       func(w http.ResponseWriter, _ *http.Request) { hijack(w, "HTTP/1.1 200 OK\r\nContent-Len") },
		BadAnswer:    func(w http.ResponseWriter, _ *http.Request) { hijack(w, "HELLO THERE AND GOOD BYE\r\n\r\n") },
	}
	for kind, h := range handlers {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := serve(t, h).options(10, time.Second)
				got := runOne(t, o)
				if got.Errors[kind] != 10 || got.OK != 0 || len(got.Errors) != 1 {
					t.Errorf("%+v", got)
				}
				if answered := kind == "overloaded" || kind == "status_502"; (got.RateDone == 10) != answered {
					t.Errorf("rate done %v", got.RateDone)
				}
			})
		})
	}
}

func TestConnectErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, dialed := serve(t, drops(0)).options(10, time.Second), 0
		through := o.dial
		o.dial = func(ctx context.Context, address string) (net.Conn, error) {
			if dialed++; dialed > 1 {
				return nil, errors.New("connection refused")
			}
			return through(ctx, address)
		}
		o.Connections = 1
		if got := runOne(t, o); got.Errors[Connect] != 10 {
			t.Errorf("%+v", got)
		}
		if _, err := Run(t.Context(), o); err == nil {
			t.Error("a node that cannot be reached is no error")
		}
	})
}

// TestIdleClose: a connection that the node closed while it was idle costs
// nothing but another connection.
func TestIdleClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := serve(t, func(w http.ResponseWriter, r *http.Request) {
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n" + `{"drops":[{}]}`)
			_ = rw.Flush()
			_ = c.Close()
		})
		o := n.options(10, time.Second)
		o.Connections = 1
		if got := runOne(t, o); got.OK != 10 || got.Reconnects != 9 {
			t.Errorf("%+v", got)
		}
	})
}

// TestStop: the end of the context is that of the run, and what was measured
// until then is told.
func TestStop(t *testing.T) {
	defer goleak.VerifyNone(t)
	synctest.Test(t, func(t *testing.T) {
		o := serve(t, drops(200*time.Millisecond)).options(10, time.Hour)
		o.Phases = append([]Phase{{Name: "warm-up", Rate: 10, Duration: time.Second}}, append(o.Phases, o.Phases...)...)
		o.Slow = 3
		ctx, cancel := context.WithTimeout(t.Context(), 3050*time.Millisecond)
		defer cancel()
		reports, err := Run(ctx, o)
		if err != nil || len(reports) != 2 {
			t.Fatalf("%d reports, %v", len(reports), err)
		}
		got := reports[1]
		if reports[0].OK != 10 || got.Lookups != 21 || got.OK != 19 || got.Failed() != 0 {
			t.Errorf("%+v", reports)
		}
		if math.Abs(got.Seconds-2.05) > 0.03 || math.Abs(got.Schedule.Cut-3598) > 1 {
			t.Errorf("%v s measured, %v s cut off", got.Seconds, got.Schedule.Cut)
		}
	})
}

// TestWindows: when it was slow can be seen.
func TestWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		n := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if at := time.Since(began); at >= 2*time.Second && at < 3*time.Second {
				w.WriteHeader(503)
				return
			}
			drops(5*time.Millisecond)(w, r)
		})
		o := n.options(10, 4*time.Second)
		o.Window = time.Second
		got := runOne(t, o).Windows
		if len(got) != 4 {
			t.Fatalf("%+v", got)
		}
		for i, w := range got {
			bad := i == 2
			if w.At != float64(i) || (w.Failed == 10) != bad || (w.OK == 10) == bad || (w.P99 > 4.9 && w.Max < 5.1) == bad {
				t.Errorf("window %d: %+v", i, w)
			}
		}
	})
}

func TestSlowClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := serve(t, drops(0))
		o := n.options(10, 24*time.Second)
		o.Slow = 30
		got := runOne(t, o)
		if got.OK != 240 || got.Failed() != 0 {
			t.Errorf("good clients: %+v", got)
		}
		// The node has patience of 5 s with a header and as much with who does
		// not read, so those that dawdle there are cut off again and again; with
		// a body it waits.
		if s := got.Slow; s == nil || s.Clients != 30 || s.CutOff < 40 || s.CutOff > 60 || s.Connected < s.CutOff || s.Connected > s.CutOff+30 || s.Refused != 0 {
			t.Errorf("slow clients: %+v", s)
		}
	})
}

func TestOptions(t *testing.T) {
	good := (&node{}).options(1, time.Second)
	wrong := map[string]func(*Options){
		"target":      func(o *Options) { o.Target = "x" },
		"positions":   func(o *Options) { o.Positions = nil },
		"phases":      func(o *Options) { o.Phases = nil },
		"rate":        func(o *Options) { o.Phases = []Phase{{Rate: math.NaN(), Duration: 1}} },
		"rate 0":      func(o *Options) { o.Phases = []Phase{{Duration: 1}} },
		"duration":    func(o *Options) { o.Phases = []Phase{{Rate: 1}} },
		"connections": func(o *Options) { o.Connections = -1 },
		"slow":        func(o *Options) { o.Slow = -1 },
		"timeout":     func(o *Options) { o.Timeout = time.Microsecond },
		"patience":    func(o *Options) { o.Patience = time.Hour },
	}
	for name, change := range wrong {
		o := good
		change(&o)
		if _, err := Run(t.Context(), o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
