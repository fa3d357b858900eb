package query

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"geodrop/poi"
)

// handClock is a clock that is set by hand.
type handClock struct{ at atomic.Pointer[time.Time] }

func newHandClock(at time.Time) *handClock {
	c := &handClock{}
	c.set(at)
	return c
}

func (c *handClock) now() time.Time   { return *c.at.Load() }
func (c *handClock) set(at time.Time) { c.at.Store(&at) }

// TestViewIsRefreshedAtEachChange walks a day from change to change: one
// nanosecond before a change the view is the one before, and at it the next.
func TestViewIsRefreshedAtEachChange(t *testing.T) {
	clock := newHandClock(instant(t, "00:00:00"))
	r := town(t).open(t, Options{Now: clock.now})
	var changes []string
	for range 12 {
		before := r.timeline.current.Load()
		next := ask(t, r, Request{Pos: covent}).NextChange
		if r.timeline.current.Load() != before {
			t.Fatal("a lookup without a change made a view")
		}
		clock.set(next.Add(-1))
		if ask(t, r, Request{Pos: covent}); r.timeline.current.Load() != before {
			t.Fatalf("a view was made before %v", next)
		}
		clock.set(next)
		if ask(t, r, Request{Pos: covent}); r.timeline.current.Load() == before {
			t.Fatalf("no view was made at %v", next)
		}
		changes = append(changes, next.Format("02 15:04"))
	}
	want := []string{
		"01 08:00", "01 09:00", "01 09:30", "01 10:00", "01 11:00", "01 15:00",
		"01 19:30", "01 20:00", "01 21:00", "01 22:00", "02 09:00", "02 15:00",
	}
	if !slices.Equal(changes, want) {
		t.Errorf("changes at %q, want %q", changes, want)
	}
}

// TestViewsAgree holds a view that was made from the one before against one
// that was made from nothing.
func TestViewsAgree(t *testing.T) {
	tables := town(t).open(t, Options{}).tables
	v := newView(tables, nil, instant(t, "00:00:00"))
	for i := range 300 {
		at := instant(t, "00:00:00").Add(time.Duration(i) * 7 * time.Minute)
		if i%50 == 49 {
			at = at.Add(-3 * time.Hour) // the clock was put back
		}
		v = newView(tables, v, at)
		want := newView(tables, nil, at)
		if !slices.Equal(v.status, want.status) || !slices.Equal(v.active, want.active) || !v.next.Equal(want.next) {
			t.Fatalf("at %v: %v %v %v, want %v %v %v", at, v.status, v.active, v.next, want.status, want.active, want.next)
		}
		for n := range tables.combos {
			for combo := range tables.combos[n] {
				c := uint32(combo)
				for who := player; who < viewers; who++ {
					if sees := v.segments(who)[n].Sees(c); sees != want.segments(who)[n].Sees(c) {
						t.Fatalf("at %v: segment %d, combination %d: viewer %d sees it: %v", at, n, c, who, sees)
					}
				}
			}
		}
	}
}

func TestClockPutBack(t *testing.T) {
	clock := newHandClock(instant(t, "10:30:00"))
	r := town(t).open(t, Options{Now: clock.now})
	session := drops(ask(t, r, Request{Pos: covent}))
	clock.set(instant(t, "07:00:00"))
	if got := drops(ask(t, r, Request{Pos: covent})); len(got) != 0 {
		t.Errorf("before the window %q, want none", got)
	}
	clock.set(instant(t, "10:31:00"))
	if got := drops(ask(t, r, Request{Pos: covent})); !slices.Equal(got, session) {
		t.Errorf("in the session %q, want %q", got, session)
	}
}

// TestTimeMachine: a time that is asked for leaves the present alone, and the
// views kept for it are few.
func TestTimeMachine(t *testing.T) {
	r := town(t).open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	present := r.timeline.current.Load()
	start := instant(t, "00:30:00")
	for hour := range 48 {
		at := start.Add(time.Duration(hour) * time.Hour)
		a := ask(t, r, Request{Pos: covent, At: at.In(time.FixedZone("", 8*3600))})
		if !a.AsOf.Equal(at) || a.AsOf.Location() != time.UTC {
			t.Errorf("as of %v, want %v in UTC", a.AsOf, at)
		}
		i := slices.IndexFunc(a.Tasks, func(task Task) bool { return task.ID == "evening" })
		if open := hour == 10 || hour == 20; open != (i >= 0 && a.Tasks[i].State == poi.Active) {
			t.Errorf("at %v the evening is %v", at, a.Tasks)
		}
	}
	if r.timeline.current.Load() != present {
		t.Error("asking for other times replaced the view of the present")
	}
	if n := len(r.timeline.asked); n != keptViews {
		t.Errorf("%d views kept, want %d", n, keptViews)
	}
	first := r.timeline.asked[0]
	if v, _ := r.timeline.at(first.from); v != first || len(r.timeline.asked) != keptViews {
		t.Error("a view that is kept was made again")
	}
	if v, _ := r.timeline.at(instant(t, "12:30:00")); v != present {
		t.Error("a time that the present view covers got a view of its own")
	}
}

// TestLookupsWhileTheViewChanges is for the race detector: every answer is that
// of one side of the change.
func TestLookupsWhileTheViewChanges(t *testing.T) {
	clock := newHandClock(instant(t, "09:59:00"))
	r := town(t).open(t, Options{Now: clock.now})
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			a := &Answer{}
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := r.Lookup(Request{Pos: covent, At: time.Time{}}, a); err != nil {
					t.Error(err)
					return
				}
				for i := range a.Tasks {
					want := poi.Active
					if a.Tasks[i].ID == "evening" && a.AsOf.Before(instant(t, "10:00:00")) {
						want = poi.Upcoming
					}
					if a.Tasks[i].State != want {
						t.Errorf("as of %v: %s is %s, want %s", a.AsOf, a.Tasks[i].ID, a.Tasks[i].State, want)
						return
					}
				}
			}
		})
	}
	a := &Answer{}
	for i := range 400 {
		clock.set(instant(t, "09:59:00").Add(time.Duration(i%2) * 90 * time.Second))
		must(t, r.Lookup(Request{Pos: covent, At: instant(t, "00:00:00").Add(time.Duration(i) * time.Hour)}, a))
		must(t, r.Lookup(Request{Pos: covent, All: i%3 == 0}, a))
	}
	close(done)
	readers.Wait()
}
