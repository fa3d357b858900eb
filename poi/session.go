package poi

import (
	"fmt"
	"strings"
	"time"
)

// minutesPerDay is also the clock reading 24:00, the end of a day.
const minutesPerDay = 24 * 60

// ClockTime is a reading of a wall clock in minutes since midnight, 0…1440.
type ClockTime uint16

// ParseClockTime reads "00:00"…"24:00".
func ParseClockTime(s string) (ClockTime, error) {
	if len(s) != len("15:04") || s[2] != ':' || !digits(s[:2]) || !digits(s[3:]) {
		return 0, fmt.Errorf("%q is not a time of day such as 20:00", s)
	}
	hour, minute := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if minute > 59 || hour*60+minute > minutesPerDay {
		return 0, fmt.Errorf("%q is not within 00:00…24:00", s)
	}
	return ClockTime(hour*60 + minute), nil
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String is the form that ParseClockTime reads.
func (c ClockTime) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// Weekdays is a set of days; bit 0 is Sunday, as in time.Weekday. The zero
// value stands for every day.
type Weekdays uint8

const everyDay Weekdays = 1<<7 - 1

// Has reports whether the day is in the set.
func (w Weekdays) Has(d time.Weekday) bool { return w == 0 || w>>d&1 == 1 }

var dayNames = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// ParseWeekdays reads days and ranges of days: "Mon-Fri", "Sat,Sun",
// "Fri-Mon".
func ParseWeekdays(s string) (Weekdays, error) {
	var w Weekdays
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, ok := dayOf(from)
		last := first
		if ok && isRange {
			last, ok = dayOf(to)
		}
		if !ok {
			return 0, fmt.Errorf("%q is not a day or a range of days such as Mon-Fri", part)
		}
		for d := first; ; d = (d + 1) % 7 {
			w |= 1 << d
			if d == last {
				break
			}
		}
	}
	if w == everyDay {
		return 0, nil
	}
	return w, nil
}

func dayOf(s string) (int, bool) {
	for i, name := range dayNames {
		if s == name {
			return i, true
		}
	}
	return 0, false
}

// String lists the days from Monday on, "" for every day.
func (w Weekdays) String() string {
	if w == 0 || w == everyDay {
		return ""
	}
	var parts []string
	for i := 1; i <= 7; i++ {
		if d := i % 7; w>>d&1 == 1 {
			parts = append(parts, dayNames[d])
		}
	}
	return strings.Join(parts, ",")
}

// Session is a part of the day, on every day or on some days of the week. It is
// open while a wall clock of the schedule's time zone reads a time within
// [Start, End). When End is not after Start, the session runs across midnight
// and belongs to the day on which it starts: "Fri 22:00-02:00" ends on Saturday.
type Session struct {
	Start ClockTime // 00:00…23:59
	End   ClockTime // 00:01…24:00; never equal to Start
	Days  Weekdays
}

// ParseSession reads "20:00-22:00", with days in front if wanted:
// "Mon-Fri 08:00-16:00".
func ParseSession(s string) (Session, error) {
	days, hours, hasDays := strings.Cut(s, " ")
	if !hasDays {
		days, hours = "", s
	}
	var out Session
	from, to, ok := strings.Cut(hours, "-")
	if !ok {
		return out, invalidText("session", CodeFormat, s, "is not written like 20:00-22:00 or Mon-Fri 08:00-16:00")
	}
	var err error
	if hasDays {
		if out.Days, err = ParseWeekdays(days); err != nil {
			return Session{}, err
		}
	}
	if out.Start, err = ParseClockTime(from); err != nil {
		return Session{}, err
	}
	if out.End, err = ParseClockTime(to); err != nil {
		return Session{}, err
	}
	if err := out.check("session"); err != nil {
		return Session{}, err
	}
	return out, nil
}

// String is the form that ParseSession reads.
func (s Session) String() string {
	hours := s.Start.String() + "-" + s.End.String()
	if days := s.Days.String(); days != "" {
		return days + " " + hours
	}
	return hours
}

// MarshalText is String.
func (s Session) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseSession.
func (s *Session) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSession(string(b))
	return err
}

func (s Session) check(field string) error {
	switch {
	case s.Start >= minutesPerDay:
		return invalidValue(field, CodeRange, s, "starts at 24:00; write 00:00")
	case s.End > minutesPerDay:
		return invalidValue(field, CodeRange, s, "ends after 24:00")
	case s.End == 0:
		return invalidValue(field, CodeRange, s, "ends at 00:00; write 24:00")
	case s.Start == s.End:
		return invalidValue(field, CodeOrder, s, "starts and ends at the same time; write 00:00-24:00 for the whole day")
	case s.Days > everyDay:
		return invalid(field, CodeRange, "has days outside Sunday…Saturday: %#x", uint8(s.Days))
	}
	return nil
}

// openAt reports whether the session is open when the wall clock reads that
// minute of that day.
func (s Session) openAt(day time.Weekday, minute ClockTime) bool {
	if s.Start < s.End {
		return s.Days.Has(day) && minute >= s.Start && minute < s.End
	}
	return s.Days.Has(day) && minute >= s.Start || s.Days.Has((day+6)%7) && minute < s.End
}
