package report

import (
	"fmt"
	"math"
	"slices"

	"geodrop/builder/plan"
	"geodrop/grid/coord"
	"geodrop/poi/phrase"
)

// frame is a part of the map: degrees of latitude, and of longitude east of the
// middle of the map, which no antimeridian breaks.
type frame struct{ south, west, north, east float64 }

// spot is a position in such degrees.
type spot struct{ lat, lng float64 }

// farAway is a place that differs, but lies out of the picture.
type farAway struct {
	Point    int // of the map
	Name     string
	Where    string
	Lat, Lng float64 // as of a spot
}

// Places are far away where they lie out of the picture by more than half its
// width. When these are more than one in ten, the picture is not where the change
// is, and has to take in what most of them are between.
const (
	farMargin = 0.5
	farMost   = 0.1
	bulkEnds  = 0.05
)

// viewOf is the picture to begin with, and the places that differ which it leaves
// out: one place with a wrong position is no reason to show half of the Earth.
func viewOf(p *plan.Plan, middle float64) (frame, []farAway) {
	var ends [][]spot // of the places that differ
	var all []spot
	for i := range p.Map.Points {
		s := spots(&p.Map.Points[i], middle)
		if p.Map.Points[i].Kind == plan.Kept {
			continue
		}
		ends, all = append(ends, s), append(all, s...)
	}
	view := borders(p, middle)
	out := outside(ends, view)
	if view == nil || float64(len(out)) > farMost*float64(len(ends)) {
		for _, s := range bulk(all) {
			view = view.with(s)
		}
		out = outside(ends, view)
	}
	if view == nil { // nothing differs, and there is no district
		for i := range p.Map.Points {
			all = append(all, spots(&p.Map.Points[i], middle)...)
		}
		for _, s := range bulk(all) {
			view = view.with(s)
		}
	}
	if view == nil {
		return frame{-60, -180, 70, 180}, nil
	}
	return view.filled(ends), listFar(p, out, ends, view)
}

// spots are where a place was and is.
func spots(pt *plan.Point, middle float64) (s []spot) {
	if pt.Kind != plan.Added {
		s = append(s, spotAt(float64(pt.Before.Lat), float64(pt.Before.Lng), middle))
	}
	if pt.Kind != plan.Removed && pt.Kind != plan.Kept {
		s = append(s, spotAt(float64(pt.After.Lat), float64(pt.After.Lng), middle))
	}
	return s
}

func spotAt(lat, lng, middle float64) spot {
	const turn = 360
	return spot{lat, math.Mod(math.Mod(lng-middle+turn/2, turn)+turn, turn) - turn/2}
}

// borders are those of the districts that differ, else of all; nil of none.
func borders(p *plan.Plan, middle float64) *frame {
	differ := map[string]bool{}
	for i := range p.Districts {
		differ[string(p.Districts[i].Adcode)] = p.Districts[i].Differs()
	}
	var some, all *frame
	for i := range p.Map.Districts {
		o := &p.Map.Districts[i]
		for _, ring := range o.Rings {
			for _, v := range ring {
				s := spotAt(float64(coord.Lat(v[1])), float64(coord.Lng(v[0])), middle)
				all = all.with(s)
				if differ[string(o.Adcode)] {
					some = some.with(s)
				}
			}
		}
	}
	if some != nil {
		return some
	}
	return all
}

func (f *frame) with(s spot) *frame {
	if f == nil {
		return &frame{s.lat, s.lng, s.lat, s.lng}
	}
	return &frame{min(f.south, s.lat), min(f.west, s.lng), max(f.north, s.lat), max(f.east, s.lng)}
}

// near reports whether a position is in the picture, or not far from it.
func (f *frame) near(s spot) bool {
	const least = 0.02 // degrees, around a single place
	up, aside := max(least, farMargin*(f.north-f.south)), max(least, farMargin*(f.east-f.west))
	return s.lat >= f.south-up && s.lat <= f.north+up && s.lng >= f.west-aside && s.lng <= f.east+aside
}

// filled is the picture with the places that are not far from it.
func (f *frame) filled(ends [][]spot) frame {
	all := f
	for _, place := range ends {
		for _, s := range place {
			if f.near(s) {
				all = all.with(s)
			}
		}
	}
	return *all
}

// outside are those of which an end is far from the picture.
func outside(ends [][]spot, f *frame) (out []int) {
	for i, place := range ends {
		if f != nil && slices.ContainsFunc(place, func(s spot) bool { return !f.near(s) }) {
			out = append(out, i)
		}
	}
	return out
}

// bulk are two corners between which most of the positions are.
func bulk(all []spot) []spot {
	if len(all) == 0 {
		return nil
	}
	lats, lngs := make([]float64, len(all)), make([]float64, len(all))
	for i, s := range all {
		lats[i], lngs[i] = s.lat, s.lng
	}
	slices.Sort(lats)
	slices.Sort(lngs)
	cut := int(math.Ceil(bulkEnds * float64(len(all)-1)))
	if len(all) <= 2 { // nobody can tell which of two is astray
		cut = 0
	}
	return []spot{{lats[cut], lngs[cut]}, {lats[len(all)-1-cut], lngs[len(all)-1-cut]}}
}

// listFar names the places that are out of the picture, by their outer end.
func listFar(p *plan.Plan, out []int, ends [][]spot, f *frame) (list []farAway) {
	var differ []int
	for i := range p.Map.Points {
		if p.Map.Points[i].Kind != plan.Kept {
			differ = append(differ, i)
		}
	}
	for _, n := range out {
		pt := &p.Map.Points[differ[n]]
		at := slices.IndexFunc(ends[n], func(s spot) bool { return !f.near(s) })
		where := pt.Before
		if pt.Kind == plan.Added || at == 1 {
			where = pt.After
		}
		list = append(list, farAway{differ[n], phrase.Plain(pt.Name), fmt.Sprintf("%.4f, %.4f", float64(where.Lat), float64(where.Lng)), ends[n][at].lat, ends[n][at].lng})
	}
	return list
}
