package poi

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestStatusAt(t *testing.T) {
	task := Task{
		When:    mustSchedule(t, "Asia/Shanghai", "2027-01-01T08:00:00+08:00", "2027-01-04T00:00:00+08:00", "20:00-22:00"),
		Preview: 15 * time.Minute,
	}
	tests := []struct {
		at      string
		state   State
		visible bool
		change  string
	}{
		{"2026-12-01T00:00:00+08:00", Upcoming, false, "2027-01-01T19:45:00+08:00"},
		{"2027-01-01T10:00:00+08:00", Upcoming, false, "2027-01-01T19:45:00+08:00"},
		{"2027-01-01T19:44:59+08:00", Upcoming, false, "2027-01-01T19:45:00+08:00"},
		{"2027-01-01T19:45:00+08:00", Upcoming, true, "2027-01-01T20:00:00+08:00"},
		{"2027-01-01T20:00:00+08:00", Active, true, "2027-01-01T22:00:00+08:00"},
		{"2027-01-01T21:59:59+08:00", Active, true, "2027-01-01T22:00:00+08:00"},
		{"2027-01-01T22:00:00+08:00", BetweenSessions, false, "2027-01-02T19:45:00+08:00"},
		{"2027-01-02T19:45:00+08:00", Upcoming, true, "2027-01-02T20:00:00+08:00"},
		{"2027-01-03T22:00:00+08:00", Ended, false, ""},
		{"2027-01-05T00:00:00+08:00", Ended, false, ""},
	}
	for _, tt := range tests {
		at := mustTime(t, tt.at)
		got := task.StatusAt(at)
		change, ok := task.NextChange(at)
		if got.State != tt.state || got.Visible != tt.visible || !change.Equal(mustTime(t, tt.change)) || ok != (tt.change != "") {
			t.Errorf("%s: %s, visible %v, changes %v; want %s, %v, %s", tt.at, got.State, got.Visible, change, tt.state, tt.visible, tt.change)
		}
	}
	task.Paused = true
	if got := task.StateAt(mustTime(t, "2027-01-01T20:00:00+08:00")); got != Paused {
		t.Errorf("a paused task is %s", got)
	}
	if got := task.StateAt(mustTime(t, "2027-01-04T00:00:00+08:00")); got != Ended {
		t.Errorf("a paused task after its window is %s", got)
	}
}

// Between a time and its NextChange the status is constant, and at NextChange
// it is another one. The status in between is probed at every minute near the
// two ends and at random, from the definition of a session alone.
func TestNextChangeIsExact(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	rapid.Check(t, func(t *rapid.T) {
		task := Task{When: genSchedule(t), Paused: rapid.IntRange(0, 9).Draw(t, "paused") == 0}
		task.Preview = time.Duration(rapid.SampledFrom([]int{0, 1, 15, 60, 600, 3000}).Draw(t, "preview")) * time.Minute
		after := genInstant(t, task.When.TimeZone, "after")
		if rapid.Bool().Draw(t, "in the window") {
			length := int64(task.When.End.Sub(task.When.Start) / time.Second)
			after = task.When.Start.Add(time.Duration(rapid.Int64Range(-5000, length).Draw(t, "offset")) * time.Second)
		}
		was := task.StatusAt(after)
		change, ok := task.NextChange(after)
		until := task.When.End.Add(time.Hour)
		if ok {
			now := task.StatusAt(change)
			if !change.After(after) || now.State == was.State && now.Visible == was.Visible {
				t.Fatalf("no change at %v: %+v", change, now)
			}
			until = change.Add(-1)
		}
		probe := func(at time.Time) {
			if at.Before(after) || at.After(until) {
				return
			}
			if now := task.StatusAt(at); now.State != was.State || now.Visible != was.Visible {
				t.Fatalf("%+v at %v, but already %+v at %v, before %v", was, after, now, at, change)
			}
			if open := naiveOpen(&task.When, at); !task.Paused && open != (was.State == Active) {
				t.Fatalf("%s at %v, but the wall clock says open = %v", was.State, at, open)
			}
		}
		probe(until)
		for m := range 90 {
			probe(after.Truncate(time.Minute).Add(time.Duration(m) * time.Minute))
			probe(until.Truncate(time.Minute).Add(-time.Duration(m) * time.Minute))
		}
		if span := int64(until.Sub(after) / time.Second); span > 0 {
			for range 50 {
				probe(after.Add(time.Duration(rapid.Int64Range(0, span).Draw(t, "probe")) * time.Second))
			}
		}
	})
}

// naiveOpen reads the definition of Session word by word.
func naiveOpen(s *Schedule, at time.Time) bool {
	if at.Before(s.Start) || !at.Before(s.End) {
		return false
	}
	reading := at.In(s.TimeZone.Location()).Format("Mon 15:04")
	for _, session := range s.Sessions {
		for m := int(session.Start); ; m++ {
			if m == int(session.End) || m == int(session.End)+minutesPerDay {
				break
			}
			for d := range 7 {
				day := dayNames[(d+m/minutesPerDay)%7]
				if session.Days.Has(time.Weekday(d)) && reading == day+" "+ClockTime(m%minutesPerDay).String() {
					return true
				}
			}
		}
	}
	return len(s.Sessions) == 0
}

func BenchmarkStatusAt(b *testing.B) {
	task := Task{
		When:    mustSchedule(b, "Asia/Shanghai", "2027-01-01T08:00:00+08:00", "2027-02-04T00:00:00+08:00", "12:00-13:00", "20:00-22:00"),
		Preview: 15 * time.Minute,
	}
	at := mustTime(b, "2027-01-10T12:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		task.StatusAt(at)
	}
}
