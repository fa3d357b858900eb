package server

import (
	"slices"
	"testing"
	"time"
)

// look sends an echo and takes it back after a delay in which requests begin;
// it returns the time after.
func look(b *brake, now time.Time, delay time.Duration, requests int) time.Time {
	const pause = 5 * time.Millisecond
	sent := b.echo(now)
	for range requests {
		b.admit(now.Add(delay))
	}
	now = now.Add(delay)
	if sent {
		b.echoed(now)
	}
	return now.Add(pause)
}

// TestBrakeOnset: only a queue that stands, and is one of requests, sets a limit.
func TestBrakeOnset(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name   string
		delays []time.Duration // of one echo after the other
		ahead  int             // requests before each
		on     bool
	}{
		{"nothing waits", []time.Duration{ms}, 100, false},
		{"bursts", []time.Duration{20 * ms, 30 * ms, ms}, 100, false},
		{"the processors are busy with something else", []time.Duration{20 * ms}, 3, false},
		{"a standing queue", []time.Duration{3 * ms}, 100, true},
		{"a long standing queue", []time.Duration{200 * ms}, 100, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, now := newBrake(2*ms, 2), noon
			for i := range 100 {
				b.begun.Add(1) // there is something to learn from an echo
				now = look(b, now, tt.delays[i%len(tt.delays)], tt.ahead)
			}
			if b.on.Load() != tt.on || (b.state() > 0) != tt.on {
				t.Errorf("on %v with a limit of %v, want on %v", b.on.Load(), b.state(), tt.on)
			}
		})
	}
}

// TestBrakeAfterRest: the limit is of what is asked now, not of a time when
// nobody asked.
func TestBrakeAfterRest(t *testing.T) {
	b, now := newBrake(2*time.Millisecond, 1), noon
	for began := true; began || b.window.echoes > 0; began = false {
		b.begun.Add(1)
		now = look(b, now, 10*time.Microsecond, 1)
	}
	now = now.Add(time.Hour)
	for i := 0; i < 20 && !b.on.Load(); i++ {
		b.begun.Add(1)
		now = look(b, now, 5*time.Millisecond, 50) // 51 in 10 ms
	}
	if limit := b.state(); limit < 4000 || limit > 6000 {
		t.Errorf("a limit of %.0f where 5100 requests a second were answered", limit)
	}
}

// TestBrakeAges: an echo that does not come back is a queue, too.
func TestBrakeAges(t *testing.T) {
	b, now := newBrake(time.Millisecond, 1), noon
	b.begun.Add(1)
	if !b.echo(now) {
		t.Fatal("no echo was sent")
	}
	for range 20 {
		now = now.Add(5 * time.Millisecond)
		for range 10 {
			b.admit(now)
		}
		if _, is := b.waiting(now); !is {
			t.Fatal("no echo is under way")
		}
	}
	if !b.on.Load() {
		t.Error("no limit")
	}
	if _, ok := b.admit(now); ok {
		t.Error("a request was admitted that came before an echo which waits for long")
	}
	b.echoed(now)
	if _, ok := b.admit(now.Add(time.Second)); !ok {
		t.Error("a request was not admitted after the echo came back")
	}
}

// TestBrakePaces: whoever is turned away waits for a turn, and no longer than is
// agreed.
func TestBrakePaces(t *testing.T) {
	b := newBrake(time.Millisecond, 1)
	b.on.Store(true)
	b.limit, b.credited = 800, noon
	pause := time.Second / 100 // an eighth of the limit
	for i := range 100 {
		if wait, ok := b.admit(noon); ok || wait != time.Duration(i)*pause {
			t.Fatalf("%d: admitted %v, wait %v", i, ok, wait)
		}
	}
	b.admit(noon)
	for range 100 {
		if wait, ok := b.admit(noon); ok || wait < maxWait || wait >= 2*maxWait {
			t.Fatalf("beyond all turns: admitted %v, wait %v", ok, wait)
		}
	}
	admitted := 0
	for i := range 1000 {
		if _, ok := b.admit(noon.Add(time.Duration(i) * time.Millisecond)); ok {
			admitted++
		}
	}
	if admitted < 790 || admitted > 810 {
		t.Errorf("%d requests of a second were admitted at a limit of 800", admitted)
	}
}

// queueModel is a node that does one thing after the other, in the order of
// arrival, and clients with so many connections in all, who ask at a rate as long
// as a connection is free.
type queueModel struct {
	brake       *brake
	cost, shed  time.Duration // of an answer, and of turning away
	gap         time.Duration // between requests
	connections int
	others      time.Duration // that other processes keep the processor when there is work again

	now, arrived, echoed, freed time.Time
	queue                       []time.Time // when what waits has come
	echoAt                      int         // place of the echo in it; -1: none is under way
	back                        []time.Time // when connections come free
	waits                       []time.Duration
}

// run runs until a time, and returns how many were answered.
func (m *queueModel) run(until time.Time) (answered int) {
	idle := false
	for m.now.Before(until) {
		m.arrive()
		if idle && (len(m.queue) > 0 || m.echoAt == 0) {
			idle = false
			m.now = m.now.Add(m.others)
			m.arrive()
		}
		if m.echoAt == 0 {
			m.brake.echoed(m.now)
			m.echoAt, m.echoed = -1, m.now
		}
		m.tick()
		if len(m.queue) == 0 {
			m.now = m.now.Add(50 * time.Microsecond)
			idle = true
			continue
		}
		answered += m.serve()
	}
	return answered
}

// arrive takes in what has come until now.
func (m *queueModel) arrive() {
	if m.now.Sub(m.freed) >= time.Millisecond {
		m.freed = m.now
		m.connections += len(m.back)
		m.back = slices.DeleteFunc(m.back, func(at time.Time) bool { return !at.After(m.now) })
		m.connections -= len(m.back)
	}
	for ; !m.arrived.After(m.now); m.arrived = m.arrived.Add(m.gap) {
		if m.connections > 0 {
			m.connections--
			m.queue = append(m.queue, m.arrived)
		}
	}
}

// tick is what watchQueue does.
func (m *queueModel) tick() {
	if m.now.Sub(m.echoed) < 5*time.Millisecond {
		return
	}
	m.echoed = m.now
	if _, is := m.brake.waiting(m.now); !is && m.brake.echo(m.now) {
		m.echoAt = len(m.queue)
	}
}

func (m *queueModel) serve() int {
	came := m.queue[0]
	m.queue = m.queue[1:]
	m.echoAt = max(m.echoAt-1, -1)
	wait, ok := m.brake.admit(m.now)
	if !ok {
		m.now = m.now.Add(m.shed)
		m.back = append(m.back, m.now.Add(wait))
		return 0
	}
	m.now = m.now.Add(m.cost)
	m.waits = append(m.waits, m.now.Sub(came))
	m.back = append(m.back, m.now)
	return 1
}

// TestBrakeOverload holds the brake against ten times what the model can do:
// most of that is still done, without anybody waiting for long, and soon after
// there is no limit any more.
func TestBrakeOverload(t *testing.T) {
	for _, connections := range []int{50, 1000} {
		b := newBrake(2*time.Millisecond, 1)
		m := &queueModel{
			brake: b, cost: 200 * time.Microsecond, shed: 20 * time.Microsecond, connections: connections,
			now: noon, arrived: noon, echoed: noon, echoAt: -1,
		}
		run := func(d time.Duration, rate float64) float64 {
			m.gap, m.waits = time.Duration(float64(time.Second)/rate), m.waits[:0]
			return float64(m.run(m.now.Add(d))) / d.Seconds()
		}
		if got := run(2*time.Second, 2000); got < 1990 || b.on.Load() {
			t.Errorf("%d connections: %.0f/s of 2000, limit %.0f", connections, got, b.state())
		}
		run(time.Second, 50_000) // finds the limit
		got := run(4*time.Second, 50_000)
		slices.Sort(m.waits)
		p99 := m.waits[len(m.waits)*99/100]
		t.Logf("%d connections: %.0f/s of 5000, p99 %v, limit %.0f", connections, got, p99, b.state())
		if got < 0.8*5000 || p99 > 10*time.Millisecond {
			t.Errorf("%d connections: %.0f/s of 5000, p99 %v, limit %.0f", connections, got, p99, b.state())
		}
		run(4*time.Second, 1000)
		if got := run(time.Second, 1000); got < 990 || b.on.Load() {
			t.Errorf("%d connections: after the overload %.0f/s of 1000, limit %.0f", connections, got, b.state())
		}
	}
}

// TestBrakeBesideOthers: where other processes keep the processor busy, so that
// every queue waits for it, requests far below what the node can do are not shed.
func TestBrakeBesideOthers(t *testing.T) {
	for _, rate := range []int{20, 50, 100, 200} {
		for _, others := range []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond} {
			b := newBrake(2*time.Millisecond, 1)
			m := &queueModel{
				brake: b, cost: 200 * time.Microsecond, shed: 20 * time.Microsecond, connections: 1000, others: others,
				gap: time.Second / time.Duration(rate), now: noon, arrived: noon, echoed: noon, echoAt: -1,
			}
			if got := m.run(noon.Add(10 * time.Second)); got < 10*rate*99/100 || b.on.Load() {
				t.Errorf("%v of others: %d of %d requests were answered, limit %.0f", others, got, 10*rate, b.state())
			}
		}
	}
}
