package report

import (
	"fmt"
	"testing"

	"geodrop/builder/plan"
	"geodrop/grid/coord"
	"geodrop/grid/outline"
)

// town is a district of a tenth of a degree, and places that were added in it.
func town(lng float64, places int, more ...plan.Point) *plan.Plan {
	p := &plan.Plan{Districts: []plan.District{{Adcode: "t", Presence: plan.InAfter}}}
	ring := outline.Ring{{lng, 51}, {lng + 0.1, 51}, {lng + 0.1, 51.1}, {lng, 51.1}}
	p.Map.Districts = []plan.Outline{{Adcode: "t", Rings: []outline.Ring{ring}}}
	for i := range places {
		p.Map.Points = append(p.Map.Points, added(fmt.Sprint("in ", i), 51.05, lng+0.001*float64(i%100)))
	}
	p.Map.Points = append(p.Map.Points, more...)
	return p
}

func added(name string, lat, lng float64) plan.Point {
	return plan.Point{Name: name, Kind: plan.Added, After: coord.WGS84{Lat: coord.Lat(lat), Lng: coord.Lng(lng)}}
}

// TestView: what lies far off is listed and leaves the picture as it is.
func TestView(t *testing.T) {
	astray := plan.Point{Name: "astray", Kind: plan.Moved, Before: coord.WGS84{Lat: 51.05, Lng: 0.05}, After: coord.WGS84{}}
	noDistrict := town(0, 40, added("null island", -40, 0))
	noDistrict.Map.Districts = nil
	for _, tt := range []struct {
		name   string
		plan   *plan.Plan
		middle float64
		far    []string
		wide   float64 // at most
	}{
		{"all in it", town(0, 40), 0, nil, 0.11},
		{"one far off", town(0, 40, added("null island", 0, 0)), 0, []string{"null island"}, 0.11},
		{"one moved far off", town(0, 40, astray), 0, []string{"astray"}, 0.11},
		{"one close by", town(0, 40, added("close", 51.12, 0.12)), 0, nil, 0.13},
		{"no district", noDistrict, 0, []string{"null island"}, 0.11},
		{"nothing", &plan.Plan{}, 0, nil, 360},
		{"at the antimeridian", town(179.95, 40, added("home", 51, 0)), 180, []string{"home"}, 0.11},
		{"half of them elsewhere", town(0, 40, town(3, 40).Map.Points...), 0, nil, 3.2},
	} {
		view, far := viewOf(tt.plan, tt.middle)
		var names []string
		for _, f := range far {
			names = append(names, f.Name)
			if tt.plan.Map.Points[f.Point].Name != f.Name {
				t.Errorf("%s: point %d is not %s", tt.name, f.Point, f.Name)
			}
		}
		if fmt.Sprint(names) != fmt.Sprint(tt.far) {
			t.Errorf("%s: far away are %v, want %v", tt.name, names, tt.far)
		}
		if wide := view.east - view.west; wide > tt.wide || wide <= 0 {
			t.Errorf("%s: %v degrees wide, want %v at most", tt.name, wide, tt.wide)
		}
	}
}
