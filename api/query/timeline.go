package query

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// keptViews is how many views of times that were asked for are kept.
const keptViews = 8

// timeline keeps the view of the present, and a few of other times.
type timeline struct {
	tables  *tables
	now     func() time.Time
	current atomic.Pointer[view]
	refresh sync.Mutex // held to replace current

	asking sync.Mutex // held to read or change asked
	asked  []*view    // the last one asked for first
}

// at is the view of a time, and that time in UTC. Zero is now.
func (t *timeline) at(at time.Time) (*view, time.Time) {
	if at.IsZero() {
		return t.present()
	}
	at = at.Round(0).UTC()
	if v := t.current.Load(); v.covers(at) {
		return v, at
	}
	return t.ask(at), at
}

// clock reads the clock without its monotonic part: tasks go by the wall clock.
func (t *timeline) clock() time.Time { return t.now().Round(0).UTC() }

// present is the view of now. The first lookup after a change makes the new
// view and others wait for it: nobody sees a task after its end.
func (t *timeline) present() (*view, time.Time) {
	now := t.clock()
	if v := t.current.Load(); v.covers(now) {
		return v, now
	}
	t.refresh.Lock()
	defer t.refresh.Unlock()
	// Read again: while this lookup waited another may have made the view of a
	// later time, and only a clock that was put back makes one of an earlier.
	now = t.clock()
	v := t.current.Load()
	if !v.covers(now) {
		v = newView(t.tables, v, now)
		t.current.Store(v)
	}
	return v, now
}

// ask is the view of a time that was asked for.
func (t *timeline) ask(at time.Time) *view {
	t.asking.Lock()
	defer t.asking.Unlock()
	i := slices.IndexFunc(t.asked, func(v *view) bool { return v.covers(at) })
	var v *view
	if i >= 0 {
		v = t.asked[i]
		t.asked = slices.Delete(t.asked, i, i+1)
	} else {
		v = newView(t.tables, nil, at)
		t.asked = t.asked[:min(len(t.asked), keptViews-1)]
	}
	t.asked = slices.Insert(t.asked, 0, v)
	return v
}
