package rule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"geodrop/poi"
	"geodrop/poi/phrase"
)

// zoneRules are about places where nothing may be dropped.
func zoneRules() []*Rule {
	const much = "Zones are there to take places, so a zone is reported only if it takes a tenth of what a task drops at, or a hundredth that is 10 places or more. "
	return []*Rule{
		{
			ID: "zone-places", Group: areasGroup, Severity: Note,
			Reason: "zones take many places of a task",
			Fix:    "Look at the zone and the set on the map; if both are right, take the places out of the set, so that it says what is left.",
			Doc: "Places in a zone without times are not in the release. " + much + "Where all zones together take that much of a set, this makes a finding of its own. " +
				"A zone that was drawn too large, or a set that was chosen in the wrong area, shows itself so. Of several zones that hold a place the first by id counts.",
			Start: func(v *View, emit Emit) Check {
				c := &zoneCheck{view: v, report: emit}
				return Check{Census: c.places}
			},
		},
		{
			ID: "zone-hours", Group: areasGroup, Severity: Note,
			Reason: "a zone closes many places of a task while it is open",
			Fix:    "Move the sessions of the task out of the hours of the zone, or take the places out of its set.",
			Doc: "A zone with times hides the drops inside while it is active. " + much +
				"A task is concerned if some session of it, from now on, and the times of the zone have a moment in common; the first one is named.",
			Start: func(v *View, emit Emit) Check {
				c := &zoneCheck{view: v, report: emit, met: map[string]meeting{}}
				return Check{Census: c.hours}
			},
		},
	}
}

type zoneCheck struct {
	view   *View
	report Emit
	held   Held
	met    map[string]meeting // by the texts of two schedules
}

// A meeting is when a zone and a task are both active for the first time.
type meeting struct {
	at time.Time
	ok bool
}

// taken is how many places of a set a zone takes.
func (c *zoneCheck) taken(zone uint32, set poi.SetID) int64 {
	switch z := c.held[zone]; {
	case z == nil:
		return 0
	case set == poi.AllPOIs:
		return z.All
	default:
		return z.Sets[set]
	}
}

// A toll is what a zone takes of a task.
type toll struct {
	task  *poi.Task
	taken int64
	of    int64
	from  time.Time // of a zone with times
}

// much reports whether that is worth telling.
func (t *toll) much() bool {
	return t.taken > 0 && t.taken*10 >= t.of || t.taken >= 10 && t.taken*100 >= t.of
}

// tolls are what a zone takes of each task, most of all first.
func (c *zoneCheck) tolls(zone uint32, sets map[poi.SetID]*placed, concerns func(*poi.Task) (time.Time, bool)) (tolls []toll) {
	for i := range c.view.Config.Tasks {
		t := &c.view.Config.Tasks[i]
		p := sets[t.Set]
		found := toll{task: t, of: p.pois + p.screened, taken: c.taken(zone, t.Set)}
		if !found.much() {
			continue
		}
		var ok bool
		if found.from, ok = concerns(t); ok {
			tolls = append(tolls, found)
		}
	}
	slices.SortStableFunc(tolls, func(a, b toll) int {
		return cmp.Or(cmp.Compare(b.taken*a.of, a.taken*b.of), cmp.Compare(a.task.ID, b.task.ID))
	})
	return tolls
}

func (c *zoneCheck) places() {
	c.held = c.view.Census.Always
	sets := placesOf(c.view)
	c.each(c.view.Always.Records, func(zone uint32, z *poi.Zone) {
		tolls := c.tolls(zone, sets, func(*poi.Task) (time.Time, bool) { return time.Time{}, true })
		if len(tolls) > 0 {
			c.report(c.finding(zone, z, tolls, "takes "+tollText(&tolls[0])))
		}
	})
	c.sets(sets)
}

// sets reports sets of which many zones take much, by reasons.
func (c *zoneCheck) sets(sets map[poi.SetID]*placed) {
	told := map[poi.SetID]bool{}
	for i := range c.view.Config.Tasks {
		t := &c.view.Config.Tasks[i]
		p := sets[t.Set]
		found := toll{task: t, of: p.pois + p.screened, taken: p.screened}
		if told[t.Set] || !found.much() {
			continue
		}
		told[t.Set] = true
		zones, reasons := c.reasons(t.Set)
		if zones < 2 {
			continue // that zone is a finding
		}
		c.report(Finding{At: taskPlace(t, "poi_set"), Object: "task " + string(t.ID), Value: string(t.Set), Count: p.screened,
			Message: fmt.Sprintf("loses %s of %s to %s: %s", phrase.Number(found.taken), phrase.Count(found.of, "place"), phrase.Count(zones, "zone"), reasons)})
	}
}

// reasons are why places of a set are in zones, the commonest first, and in how
// many zones they are.
func (c *zoneCheck) reasons(set poi.SetID) (zones int64, text string) {
	by := map[string]int64{}
	for i, z := range c.view.Always.Records {
		if n := c.taken(uint32(i), set); n > 0 {
			zones++
			by[z.Reason] += n
		}
	}
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	for i, name := range names {
		names[i] = name + " " + phrase.Number(by[name])
	}
	return zones, some(names)
}

func (c *zoneCheck) hours() {
	c.held = c.view.Census.Timed
	sets := placesOf(c.view)
	c.each(c.view.Timed.Records, func(zone uint32, z *poi.Zone) {
		tolls := c.tolls(zone, sets, func(t *poi.Task) (time.Time, bool) { return c.meet(t, z) })
		if len(tolls) > 0 {
			c.report(c.finding(zone, z, tolls, fmt.Sprintf("closes %s while it is open, from %s", tollText(&tolls[0]), rfc3339(tolls[0].from))))
		}
	})
}

// each calls do for the zones that hold places, in their order.
func (c *zoneCheck) each(zones []*poi.Zone, do func(uint32, *poi.Zone)) {
	for i, z := range zones {
		if c.held[uint32(i)] != nil {
			do(uint32(i), z)
		}
	}
}

func tollText(t *toll) string {
	return fmt.Sprintf("%s of %s of task %s", phrase.Number(t.taken), phrase.Count(t.of, "place"), t.task.ID)
}

func (c *zoneCheck) finding(zone uint32, z *poi.Zone, tolls []toll, message string) Finding {
	if more := len(tolls) - 1; more > 0 {
		message += fmt.Sprintf(" (and of %s more)", phrase.Number(more))
	}
	held := c.held[zone]
	message += ", such as POI " + string(held.First)
	return Finding{At: record(poi.TableZones, string(z.ID), ""), Object: "zone " + named(string(z.ID), z.Name), Value: z.Reason,
		See: held.At, Count: held.All, Message: message}
}

// meet is when a task and a zone are first active at once. Zones and tasks often
// have their times in common, so each pair of these is looked at once.
func (c *zoneCheck) meet(t *poi.Task, z *poi.Zone) (time.Time, bool) {
	key := fmt.Sprint(t.When, "|", z.When)
	m, known := c.met[key]
	if !known {
		times := z.When
		if times.End.IsZero() {
			times.End = t.When.End // a zone may stay for ever, a task does not
		}
		times.Start = laterOf(times.Start, c.view.Now)
		other := &poi.Task{When: times}
		if !sameClock(t, other) || weekOf(t.When.Sessions).meets(weekOf(times.Sessions)) {
			m.at, m.ok = meet(t, other)
		}
		c.met[key] = m
	}
	return m.at, m.ok
}
