package poi

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustTime(t testing.TB, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func mustSchedule(t testing.TB, zone, start, end string, sessions ...string) Schedule {
	t.Helper()
	s := Schedule{Start: mustTime(t, start), End: mustTime(t, end)}
	var err error
	if s.TimeZone, err = ParseTimeZone(zone); err != nil {
		t.Fatal(err)
	}
	for _, text := range sessions {
		session, err := ParseSession(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Sessions = append(s.Sessions, session)
	}
	return s
}

func TestScheduleFlips(t *testing.T) {
	const from, to = "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"
	tests := []struct {
		name     string
		zone     string
		start    string
		end      string
		sessions []string
		after    string
		open     bool
		next     string // "" for never
	}{
		{"before the window", "UTC", from, to, nil, "2026-12-31T00:00:00Z", false, from},
		{"in the window", "UTC", from, to, nil, from, true, to},
		{"at the window's end", "UTC", from, to, nil, to, false, ""},
		{"no times at all", "UTC", "", "", nil, from, true, ""},
		{"evening, before", "Asia/Shanghai", from, to, []string{"20:00-22:00"}, "2027-03-01T11:59:59.999999999Z", false, "2027-03-01T12:00:00Z"},
		{"evening, at the start", "Asia/Shanghai", from, to, []string{"20:00-22:00"}, "2027-03-01T12:00:00Z", true, "2027-03-01T14:00:00Z"},
		{"evening, at the end", "Asia/Shanghai", from, to, []string{"20:00-22:00"}, "2027-03-01T14:00:00Z", false, "2027-03-02T12:00:00Z"},
		{"across midnight", "UTC", from, to, []string{"23:00-01:00"}, "2027-03-01T23:30:00Z", true, "2027-03-02T01:00:00Z"},
		{"across midnight on Friday", "UTC", from, to, []string{"Fri 23:00-01:00"}, "2027-03-05T23:30:00Z", true, "2027-03-06T01:00:00Z"},
		{"not on Saturday night", "UTC", from, to, []string{"Fri 23:00-01:00"}, "2027-03-06T01:00:00Z", false, "2027-03-12T23:00:00Z"},
		{"touching sessions are one", "UTC", from, to, []string{"20:00-22:00", "22:00-24:00", "00:00-01:00"}, "2027-03-01T20:00:00Z", true, "2027-03-02T01:00:00Z"},
		{"all day every day", "UTC", from, to, []string{"00:00-24:00"}, "2027-03-01T20:00:00Z", true, to},
		{"all day in halves, for ever", "Europe/London", "", "", []string{"00:00-12:00", "12:00-24:00"}, "2027-03-01T20:00:00Z", true, ""},
		{"all day on weekdays", "UTC", from, to, []string{"Mon-Fri 00:00-24:00"}, "2027-03-01T00:00:00Z", true, "2027-03-06T00:00:00Z"},
		{"window ends in a session", "UTC", from, "2027-03-01T21:00:00Z", []string{"20:00-22:00"}, "2027-03-01T20:30:00Z", true, "2027-03-01T21:00:00Z"},
		{"window ends before a session", "UTC", from, "2027-03-01T19:00:00Z", []string{"20:00-22:00"}, "2027-03-01T18:00:00Z", false, ""},

		// Clocks go forward in London on 2027-03-28: 01:00 GMT becomes 02:00 BST.
		{"gap swallows the start", "Europe/London", from, to, []string{"01:30-02:30"}, "2027-03-28T00:59:00Z", false, "2027-03-28T01:00:00Z"},
		{"gap, up to the end", "Europe/London", from, to, []string{"01:30-02:30"}, "2027-03-28T01:00:00Z", true, "2027-03-28T01:30:00Z"},
		{"gap swallows the end", "Europe/London", from, to, []string{"00:30-01:30"}, "2027-03-28T00:30:00Z", true, "2027-03-28T01:00:00Z"},
		{"gap swallows it all", "Europe/London", from, to, []string{"01:10-01:40"}, "2027-03-28T00:00:00Z", false, "2027-03-29T00:10:00Z"},
		{"gap swallows a week", "Europe/London", from, to, []string{"Sun 01:10-01:40"}, "2027-03-27T00:00:00Z", false, "2027-04-04T00:10:00Z"},
		// Clocks go back in London on 2027-10-31: 02:00 BST becomes 01:00 GMT.
		{"overlap lengthens", "Europe/London", from, to, []string{"01:00-02:00"}, "2027-10-31T00:00:00Z", true, "2027-10-31T02:00:00Z"},
		{"overlap, first opening", "Europe/London", from, to, []string{"01:10-01:40"}, "2027-10-31T00:10:00Z", true, "2027-10-31T00:40:00Z"},
		{"overlap, second opening", "Europe/London", from, to, []string{"01:10-01:40"}, "2027-10-31T00:40:00Z", false, "2027-10-31T01:10:00Z"},
		// Samoa had no 2011-12-30.
		{"a day left out", "Pacific/Apia", "", "", []string{"Fri 12:00-13:00"}, "2011-12-30T00:00:00Z", false, "2012-01-05T22:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := mustSchedule(t, tt.zone, tt.start, tt.end, tt.sessions...)
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			after := mustTime(t, tt.after)
			if got := s.OpenAt(after); got != tt.open {
				t.Errorf("OpenAt(%s) = %v, want %v", tt.after, got, tt.open)
			}
			got, ok := s.NextFlip(after)
			if want := mustTime(t, tt.next); !got.Equal(want) || ok != (tt.next != "") {
				t.Errorf("NextFlip(%s) = %v, %v, want %q", tt.after, got, ok, tt.next)
			}
		})
	}
}

func TestScheduleCheck(t *testing.T) {
	tests := []struct {
		name string
		in   Schedule
		want string
	}{
		{"zero", Schedule{}, ""},
		{"reversed", mustSchedule(t, "UTC", "2027-01-02T00:00:00Z", "2027-01-01T00:00:00Z"),
			"ends_at 2027-01-01T00:00:00Z is not after starts_at 2027-01-02T00:00:00Z"},
		{"empty", mustSchedule(t, "UTC", "2027-01-02T00:00:00Z", "2027-01-02T00:00:00Z"),
			"ends_at 2027-01-02T00:00:00Z is not after starts_at 2027-01-02T00:00:00Z"},
		{"year", Schedule{End: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
			"ends_at is in the year 10000, outside 1…9999"},
		{"session", Schedule{Sessions: []Session{{Start: 60, End: 60}}},
			"sessions[0] 01:00-01:00 starts and ends at the same time; write 00:00-24:00 for the whole day"},
		{"many", Schedule{Sessions: make([]Session, MaxSessions+1)}, "sessions are 25, more than 24"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := tt.in.Check(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
}

// zones holds no DST, DST in both hemispheres, a jump of half an hour, one at
// midnight, and a day left out.
var zones = []string{"UTC", "Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe",
	"America/Havana", "Pacific/Apia", "Asia/Kathmandu", "America/Sao_Paulo"}

func genSession(t *rapid.T) Session {
	// Few distinct readings, so that sessions touch, overlap and meet the jumps.
	readings := []ClockTime{0, 15, 30, 60, 90, 120, 125, 150, 180, 720, 1200, 1380, 1439}
	s := Session{Start: rapid.SampledFrom(readings).Draw(t, "start")}
	s.End = rapid.SampledFrom(append(readings[1:], minutesPerDay)).
		Filter(func(c ClockTime) bool { return c != s.Start }).Draw(t, "end")
	if rapid.Bool().Draw(t, "some days") {
		s.Days = Weekdays(rapid.IntRange(0, 127).Draw(t, "days"))
	}
	return s
}

// genInstant prefers the neighbourhood of jumps of the clocks.
func genInstant(t *rapid.T, zone TimeZone, label string) time.Time {
	at := time.Unix(rapid.Int64Range(1_290_000_000, 1_420_000_000).Draw(t, label), 0) // 2010-11 … 2014-12
	if rapid.Bool().Draw(t, label+" near a jump") {
		if _, jump := at.In(zone.Location()).ZoneBounds(); !jump.IsZero() && jump.Year() < 2030 {
			at = jump.Add(time.Duration(rapid.IntRange(-3000, 3000).Draw(t, label+" minutes")) * time.Minute)
		}
	}
	return at.UTC()
}

func genSchedule(t *rapid.T) Schedule {
	var s Schedule
	s.TimeZone, _ = ParseTimeZone(rapid.SampledFrom(zones).Draw(t, "zone"))
	s.Start = genInstant(t, s.TimeZone, "window")
	s.End = s.Start.Add(time.Duration(rapid.IntRange(1, 40*24*60).Draw(t, "length")) * time.Minute)
	s.Sessions = rapid.SliceOfN(rapid.Custom(genSession), 0, 4).Draw(t, "sessions")
	return s
}

func TestSessionText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genSession(t)
		got, err := ParseSession(want.String())
		if err != nil {
			t.Fatal(err)
		}
		if want.Days == everyDay {
			want.Days = 0
		}
		if got != want {
			t.Fatalf("%v read back as %v", want, got)
		}
	})
}

func TestParseSession(t *testing.T) {
	tests := []struct{ in, want, fault string }{
		{"20:00-22:00", "20:00-22:00", ""},
		{"00:00-24:00", "00:00-24:00", ""},
		{"22:00-02:00", "22:00-02:00", ""},
		{"Mon-Fri 08:00-16:00", "Mon,Tue,Wed,Thu,Fri 08:00-16:00", ""},
		{"Sat-Mon 08:00-16:00", "Mon,Sat,Sun 08:00-16:00", ""},
		{"Mon-Sun 08:00-16:00", "08:00-16:00", ""},
		{"", "", `session "" is not written like 20:00-22:00 or Mon-Fri 08:00-16:00`},
		{"20:00", "", `session "20:00" is not written like 20:00-22:00 or Mon-Fri 08:00-16:00`},
		{"8:00-16:00", "", `"8:00" is not a time of day such as 20:00`},
		{"20:00-25:00", "", `"25:00" is not within 00:00…24:00`},
		{"20:00-22:60", "", `"22:60" is not within 00:00…24:00`},
		{"24:00-02:00", "", "session 24:00-02:00 starts at 24:00; write 00:00"},
		{"20:00-00:00", "", "session 20:00-00:00 ends at 00:00; write 24:00"},
		{"20:00-20:00", "", "session 20:00-20:00 starts and ends at the same time; write 00:00-24:00 for the whole day"},
		{"Mo 08:00-16:00", "", `"Mo" is not a day or a range of days such as Mon-Fri`},
		{"Mon-Fr 08:00-16:00", "", `"Mon-Fr" is not a day or a range of days such as Mon-Fri`},
		{"Mon-Fri", "", `"Mon" is not a time of day such as 20:00`},
	}
	for _, tt := range tests {
		got, err := ParseSession(tt.in)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if fault != tt.fault || err == nil && got.String() != tt.want {
			t.Errorf("ParseSession(%q) = %q, %q, want %q, %q", tt.in, got, fault, tt.want, tt.fault)
		}
	}
}

func TestParseTimeZone(t *testing.T) {
	for _, bad := range []string{"", "Local", "Mars/Base", "../etc/passwd", "UTC+8"} {
		if z, err := ParseTimeZone(bad); err == nil {
			t.Errorf("ParseTimeZone(%q) = %v, want an error", bad, z)
		}
	}
}
