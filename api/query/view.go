package query

import (
	"slices"
	"sync"
	"time"

	"geodrop/grid/index"
	"geodrop/poi"
)

// view is everything of a release that depends on the time, and holds from one
// change of a task or zone to the next. It is immutable.
type view struct {
	tables *tables
	from   time.Time
	next   time.Time // zero: for ever

	status      []poi.Status // by poi.TaskNo
	taskChanges []time.Time  // by poi.TaskNo: when the status changes; zero: never
	shared      []*Shared    // by poi.TaskNo: new whenever the status is
	active      []bool       // by zoneNo
	zoneChanges []time.Time  // by zoneNo

	seen    []bool          // by siteNo: what players see
	players []index.Visible // the same by segment
	others  [viewers]func() []index.Visible
}

// newView is the view at a time. What has not changed since a view before is
// taken from there; that may be nil.
func newView(t *tables, before *view, at time.Time) *view {
	if before != nil && at.Before(before.from) {
		before = nil
	}
	v := &view{
		tables: t, from: at,
		status: make([]poi.Status, len(t.order)), taskChanges: make([]time.Time, len(t.order)), shared: make([]*Shared, len(t.order)),
		active: make([]bool, len(t.catalog.Zones)), zoneChanges: make([]time.Time, len(t.catalog.Zones)),
	}
	changed := v.setTasks(before, at)
	changed = v.setZones(before, at) || changed
	for who := tester; who < viewers; who++ {
		v.others[who] = sync.OnceValue(func() []index.Visible { return v.visible(v.sites(who)) })
	}
	if changed || before == nil {
		v.seen = v.sites(player)
		v.players = v.visible(v.seen)
	} else {
		v.seen, v.players = before.seen, before.players
	}
	return v
}

// covers reports whether the view holds at that time.
func (v *view) covers(at time.Time) bool {
	return v != nil && !at.Before(v.from) && (v.next.IsZero() || at.Before(v.next))
}

// setTasks sets the states of the tasks, and reports whether what can be seen
// differs from before.
func (v *view) setTasks(before *view, at time.Time) (changed bool) {
	for i, task := range v.tables.order {
		if before != nil && holds(before.taskChanges[i], at) {
			v.status[i], v.taskChanges[i], v.shared[i] = before.status[i], before.taskChanges[i], before.shared[i]
		} else {
			v.status[i], v.shared[i] = task.StatusAt(at), &Shared{}
			v.taskChanges[i], _ = task.NextChange(at)
			changed = changed || before == nil || v.status[i].Visible != before.status[i].Visible
		}
		v.endBy(v.taskChanges[i])
	}
	return changed
}

// setZones is setTasks for the zones.
func (v *view) setZones(before *view, at time.Time) (changed bool) {
	for i := range v.tables.catalog.Zones {
		zone := &v.tables.catalog.Zones[i]
		if before != nil && holds(before.zoneChanges[i], at) {
			v.active[i], v.zoneChanges[i] = before.active[i], before.zoneChanges[i]
		} else {
			v.active[i] = zone.When.OpenAt(at)
			v.zoneChanges[i], _ = zone.When.NextFlip(at)
			changed = changed || before == nil || v.active[i] != before.active[i]
		}
		v.endBy(v.zoneChanges[i])
	}
	return changed
}

// holds reports whether what changes then is still the same at a time.
func holds(change, at time.Time) bool { return change.IsZero() || at.Before(change) }

func (v *view) endBy(change time.Time) {
	if !change.IsZero() && (v.next.IsZero() || change.Before(v.next)) {
		v.next = change
	}
}

// sites says which sites have a drop to show to somebody.
func (v *view) sites(who viewer) []bool {
	t := v.tables
	shown := make([]bool, t.tasks.len()) // lists of tasks with one to show
	for i := range shown {
		shown[i] = slices.ContainsFunc(t.tasks.of(listNo(i)), func(no poi.TaskNo) bool { return v.shows(no, who) })
	}
	hidden := make([]bool, t.zones.len()) // lists of zones with an active one
	for i := range hidden {
		hidden[i] = slices.ContainsFunc(t.zones.of(listNo(i)), func(no zoneNo) bool { return v.active[no] })
	}
	seen := make([]bool, len(t.sites))
	for i := range seen {
		seen[i] = shown[t.sites[i].tasks] && !hidden[t.sites[i].zones]
	}
	return seen
}

// visible says for each segment which of its combinations are of these sites.
func (v *view) visible(sites []bool) []index.Visible {
	segments := make([]index.Visible, len(v.tables.combos))
	for i, combos := range v.tables.combos {
		for combo, no := range combos {
			if sites[no] {
				segments[i].Show(uint32(combo))
			}
		}
	}
	return segments
}

// shows reports whether drops of the task are shown to somebody.
func (v *view) shows(no poi.TaskNo, who viewer) bool {
	status := &v.status[no]
	return status.Visible || who == operator ||
		who == tester && (status.State == poi.Upcoming || status.State == poi.BetweenSessions)
}

// segments are what somebody can see of each segment.
func (v *view) segments(who viewer) []index.Visible {
	if who == player {
		return v.players
	}
	return v.others[who]()
}
