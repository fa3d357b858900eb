package rule

import (
	"cmp"
	"context"
	"slices"

	"geodrop/poi"
)

// census walks POIs and memberships by id, says what is twice or leads nowhere,
// and counts the rest.
func (v *validation) census(ctx context.Context) error {
	it, err := v.sorters.byID.Sort(ctx)
	if err != nil {
		return err
	}
	j := joiner{v: v, groups: map[groupKey]*Group{}, total: Census{Always: Held{}, Timed: Held{}}}
	for it.Next() {
		if err := j.next(it.Payload()); err != nil {
			return err
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	j.finish()
	v.view.Census = j.take()
	if err := it.Close(); err != nil {
		return err
	}
	for i := range v.checks {
		if hook := v.checks[i].Census; hook != nil {
			hook()
		}
	}
	return nil
}

// joiner is at one id, of which it has seen the POI, if there is one, and some
// memberships.
type joiner struct {
	v      *validation
	groups map[groupKey]*Group
	total  Census

	id       []byte
	exists   bool
	at       origin // of the POI
	district uint32
	zone     uint32   // without times
	timed    []uint32 // zones with times
	sets     []uint32
}

type groupKey struct{ combo, district uint32 }

func (j *joiner) next(payload []byte) error {
	r := reader{b: payload}
	id := r.text()
	role, at := r.take(1)[0], r.origin()
	if string(id) != string(j.id) {
		j.finish()
		j.id = append(j.id[:0], id...)
	}
	if role == roleMembership {
		j.membership(r.uint32(), at)
		return r.done()
	}
	district, zone := r.uint32(), r.uint32()
	if j.total.Read++; j.exists {
		r.numbers(nil)
		j.total.Duplicate++
		j.twice(at)
		return r.done()
	}
	j.exists, j.at, j.district, j.zone = true, at, district, zone
	j.timed = r.numbers(j.timed[:0])
	return r.done()
}

func (j *joiner) membership(set uint32, at origin) {
	if !j.exists {
		j.orphan(set, at)
		return
	}
	if slices.Contains(j.sets, set) {
		j.memberTwice(set, at)
		return
	}
	j.sets = append(j.sets, set)
}

// finish counts the POI whose id it is at, and forgets it.
func (j *joiner) finish() {
	if j.exists {
		j.count()
	}
	j.exists, j.sets = false, j.sets[:0]
}

func (j *joiner) count() {
	t := &j.total
	t.Unique++
	combo := j.v.sets.combo(j.sets)
	g := j.group(groupKey{combo, j.district})
	if j.zone != None {
		j.hold(t.Always, j.zone)
		g.Screened++
		t.Screened++
		return
	}
	for _, zone := range j.timed {
		j.hold(t.Timed, zone)
	}
	g.POIs++
	t.Postings++
	if g.District == "" {
		t.Outside++
	}
	if len(j.sets) > 0 {
		t.InSets++
	}
}

// hold counts the place as one of a zone.
func (j *joiner) hold(zones Held, zone uint32) {
	z := zones[zone]
	if z == nil {
		z = &ZonePlaces{Sets: map[poi.SetID]int64{}}
		zones[zone] = z
	}
	if z.All == 0 || cmp.Or(j.at.compare(z.at), cmp.Compare(string(j.id), string(z.First))) < 0 {
		z.at, z.First, z.At = j.at, poi.POIID(j.id), j.v.placeOf(j.at, string(j.id))
	}
	z.All++
	for _, set := range j.sets {
		z.Sets[j.v.sets.ids[set]]++
	}
}

func (j *joiner) group(key groupKey) *Group {
	g, ok := j.groups[key]
	if !ok {
		g = &Group{Sets: j.v.sets.combos[key.combo]}
		if key.district != None {
			g.District = j.v.view.Districts.Records[key.district].Adcode
		}
		j.groups[key] = g
	}
	return g
}

// take is the census, in an order that depends on the config alone.
func (j *joiner) take() *Census {
	for _, g := range j.groups {
		j.total.Groups = append(j.total.Groups, *g)
	}
	slices.SortFunc(j.total.Groups, func(a, b Group) int {
		return cmp.Or(slices.Compare(a.Sets, b.Sets), cmp.Compare(a.District, b.District))
	})
	return &j.total
}

// givenBefore is what is said of an id that is there twice; the other place is
// that of the first.
const givenBefore = "is given before, and the first stays"

func (j *joiner) twice(at origin) {
	v, id := j.v, string(j.id)
	f := Finding{At: v.placeOf(at, id), Object: "POI " + id, Value: id}
	f.At.Field = "id"
	f.See, f.Message = v.placeOf(j.at, id), givenBefore
	v.collector.emit(idDuplicate, f)
}

func (j *joiner) memberTwice(set uint32, at origin) {
	v, id := j.v, string(j.id)
	v.collector.emit(idMemberTwice, Finding{At: v.memberPlace(at, set, id), Object: "set " + string(v.sets.ids[set]), Value: id,
		Message: "has the POI " + id + " twice"})
}

func (j *joiner) orphan(set uint32, at origin) {
	v, id := j.v, string(j.id)
	v.collector.emit(idDangling, Finding{At: v.memberPlace(at, set, id), Object: "set " + string(v.sets.ids[set]), Value: id,
		Message: "has a POI " + id + " that does not exist"})
}

func (v *validation) placeOf(at origin, id string) poi.Place {
	return poiPlace(v.sorters.files[at.file], at.line, id)
}

// memberPlace is the place of a membership.
func (v *validation) memberPlace(at origin, set uint32, id string) poi.Place {
	if at.line == 0 {
		return record(poi.Table(v.sorters.files[at.file]), string(v.sets.ids[set])+", "+id, "poi_id")
	}
	return poi.Place{File: v.sorters.files[at.file], Line: at.line, Field: "poi_id"}
}
