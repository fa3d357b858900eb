package vitals

import "time"

// span is by how much a window moves on at a time.
const span = 5 * time.Minute

// Window keeps what was counted lately: in the last five to ten minutes, or since
// it was cut. The zero value begins with what it is first given.
type Window struct {
	begun        bool
	older, newer Lookups // counted when the window began, and when it was turned
	turned       time.Time
}

// Recent is what was counted lately, given what was counted in all by now.
func (w *Window) Recent(now time.Time, counted Lookups) Lookups {
	switch {
	case !w.begun:
		w.Cut(now, counted)
	case now.Sub(w.turned) >= span:
		w.older, w.newer, w.turned = w.newer, counted, now
	}
	return counted.Since(w.older)
}

// Cut has the window begin now.
func (w *Window) Cut(now time.Time, counted Lookups) {
	w.begun, w.older, w.newer, w.turned = true, counted, counted, now
}
