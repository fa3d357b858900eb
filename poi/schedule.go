package poi

import (
	"strconv"
	"time"
)

// Schedule says when something is open: within a window, and within that
// during daily sessions, if there are any.
//
// Sessions follow the wall clock of their time zone, the one that players read.
// So when clocks are put forward, the skipped readings do not happen: of
// 02:30-03:30 only 03:00-03:30 is left on that day, and 02:10-02:40 is left out.
// When clocks are put back, the repeated readings happen twice: 02:00-03:00
// lasts two hours, and 02:10-02:40 opens twice.
type Schedule struct {
	Start    time.Time `json:"starts_at,omitzero"` // inclusive; zero: since ever
	End      time.Time `json:"ends_at,omitzero"`   // exclusive; zero: for ever
	Sessions []Session `json:"sessions,omitempty"` // none: all day long
	TimeZone TimeZone  `json:"time_zone,omitzero"` // of the sessions
}

// Interval is a span of time, Start inclusive, End exclusive. A zero End is
// open.
type Interval struct {
	Start, End time.Time
}

// The years that RFC 3339 and every database can write.
const minYear, maxYear = 1, 9999

// Check refuses a window that ends before it begins or lies outside the years
// 1…9999, and sessions that are none.
func (s *Schedule) Check() error {
	if err := checkInstant("starts_at", s.Start); err != nil {
		return err
	}
	if err := checkInstant("ends_at", s.End); err != nil {
		return err
	}
	if !s.Start.IsZero() && !s.End.IsZero() && !s.End.After(s.Start) {
		return invalidValue("ends_at", CodeOrder, s.End.Format(time.RFC3339Nano), "is not after starts_at %s", s.Start.Format(time.RFC3339Nano))
	}
	if len(s.Sessions) > MaxSessions {
		return invalid("sessions", CodeTooMany, "are %d, more than %d", len(s.Sessions), MaxSessions)
	}
	for i, session := range s.Sessions {
		if err := session.check("sessions[" + strconv.Itoa(i) + "]"); err != nil {
			return err
		}
	}
	return nil
}

func checkInstant(field string, t time.Time) error {
	if y := t.UTC().Year(); y < minYear || y > maxYear {
		return invalid(field, CodeRange, "is in the year %d, outside %d…%d", y, minYear, maxYear)
	}
	return nil
}

// Always reports whether the schedule names no times at all.
func (s *Schedule) Always() bool {
	return s.Start.IsZero() && s.End.IsZero() && len(s.Sessions) == 0
}

// OpenAt reports whether the schedule is open at that time.
func (s *Schedule) OpenAt(at time.Time) bool {
	if at.Before(s.Start) || !s.End.IsZero() && !at.Before(s.End) {
		return false
	}
	if len(s.Sessions) == 0 {
		return true
	}
	local := at.In(s.TimeZone.Location())
	day, minute := local.Weekday(), ClockTime(local.Hour()*60+local.Minute())
	for _, session := range s.Sessions {
		if session.openAt(day, minute) {
			return true
		}
	}
	return false
}

// searchSpan is how far ahead a change of the sessions is looked for. Sessions
// repeat each week and a jump of the clock can swallow the readings of one
// week, so what has not changed in five weeks never will.
const searchSpan = 5 * 7 * 24 * time.Hour

// NextFlip is the first time after that at which the schedule opens or closes;
// false if it never does again. The answer is in UTC.
func (s *Schedule) NextFlip(after time.Time) (time.Time, bool) {
	open := s.OpenAt(after)
	from := after
	if from.Before(s.Start) {
		from = s.Start
	}
	limit := from.Add(searchSpan)
	for at := after; at.Before(limit); {
		next, ok := s.nextEdge(at)
		if !ok {
			return time.Time{}, false
		}
		if s.OpenAt(next) != open {
			return next.UTC(), true
		}
		at = next
	}
	if open && !s.End.IsZero() {
		return s.End.UTC(), true
	}
	return time.Time{}, false
}

// Next is the first open interval that ends after at, cut off before at: it
// starts at that time when the schedule is open then, and later otherwise.
// Sessions that touch are one interval. False if it never opens again.
func (s *Schedule) Next(at time.Time) (Interval, bool) {
	if !s.OpenAt(at) {
		start, ok := s.NextFlip(at)
		if !ok {
			return Interval{}, false
		}
		at = start
	}
	end, _ := s.NextFlip(at)
	return Interval{Start: at, End: end}, true
}

// nextEdge is the first time after that at which the schedule can open or
// close: the window's bounds, a jump of the local clock, or the reading at
// which a session starts or ends.
func (s *Schedule) nextEdge(after time.Time) (time.Time, bool) {
	switch {
	case after.Before(s.Start):
		return s.Start, true
	case !s.End.IsZero() && !after.Before(s.End):
		return time.Time{}, false
	}
	next, found := s.End, !s.End.IsZero()
	if len(s.Sessions) == 0 {
		return next, found
	}
	consider := func(t time.Time) {
		if t.After(after) && (!found || t.Before(next)) {
			next, found = t, true
		}
	}
	local := after.In(s.TimeZone.Location())
	if _, jump := local.ZoneBounds(); !jump.IsZero() {
		consider(jump)
	}
	// Until the jump the local clock runs evenly, so readings are arithmetic.
	sinceMidnight := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute +
		time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	for _, session := range s.Sessions {
		for _, reading := range [2]ClockTime{session.Start, session.End} {
			ahead := time.Duration(reading)*time.Minute - sinceMidnight
			if ahead <= 0 {
				ahead += 24 * time.Hour
			}
			consider(after.Add(ahead))
		}
	}
	return next, found
}
