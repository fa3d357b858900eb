package rule

import (
	"time"

	"geodrop/poi"
)

const (
	dayMinutes  = 24 * 60
	weekMinutes = 7 * dayMinutes
)

// week is the minutes of a week, from Sunday on, at which sessions are open.
type week [(weekMinutes + 63) / 64]uint64

// weekOf is the week of some sessions; without any, all of it.
func weekOf(sessions []poi.Session) *week {
	w := &week{}
	if len(sessions) == 0 {
		for i := range w {
			w[i] = ^uint64(0)
		}
		return w
	}
	for _, s := range sessions {
		w.add(s)
	}
	return w
}

func (w *week) add(s poi.Session) {
	length := int(s.End) - int(s.Start)
	if length <= 0 { // across midnight
		length += dayMinutes
	}
	for day := range 7 {
		if !s.Days.Has(time.Weekday(day)) {
			continue
		}
		from := day*dayMinutes + int(s.Start)
		for m := from; m < from+length; m++ {
			at := m % weekMinutes
			w[at/64] |= 1 << (at % 64)
		}
	}
}

// meets reports whether the weeks have a minute in common.
func (w *week) meets(other *week) bool {
	for i := range w {
		if w[i]&other[i] != 0 {
			return true
		}
	}
	return false
}
