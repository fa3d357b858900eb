package rule

import (
	"slices"

	"geodrop/grid/coord"
	"geodrop/poi"
)

const placesGroup = "Places"

// positionRules are about coordinates by themselves.
func positionRules() []*Rule {
	return []*Rule{
		{
			ID: "poi-coordinates", Group: placesGroup, Severity: Error,
			Reason: "a coordinate is impossible",
			Fix:    "Write decimal degrees with a point: lat within -90…90, lng within -180…180.",
			Doc: "A latitude or longitude that is empty, not a number, infinite or beyond the Earth. " +
				"The place is left out of the release. A latitude beyond 90 is often a longitude in the wrong column.",
			Claims: impossible,
		},
		{
			ID: "poi-zero", Group: placesGroup, Severity: Error,
			Reason: "a place is at latitude 0, longitude 0",
			Fix:    "Find out where the place is: 0, 0 is what many programs write for a position that they do not know.",
			Doc: "Within about 10 m of latitude 0, longitude 0 there is nothing but the Gulf of Guinea: " +
				"such a place has lost its coordinates on the way.",
			Start: func(_ *View, emit Emit) Check {
				return Check{POI: func(p *POI) { checkZero(p, emit) }}
			},
		},
		{
			ID: "poi-swapped", Group: placesGroup, Severity: Error,
			Reason: "latitude and longitude seem to be swapped",
			Fix:    "Swap lat and lng of the row; if all rows of a file are concerned, swap its columns.",
			Doc: "The place lies outside all districts, and would lie in one if its latitude and longitude changed places. " +
				"Places for which both are outside are not looked at further, since a config may well have places abroad.",
			Start: func(v *View, emit Emit) Check {
				return Check{POI: func(p *POI) { checkSwapped(v, p, emit) }}
			},
		},
	}
}

func impossible(r *poi.Reject) bool {
	codes := []poi.Code{poi.CodeRange, poi.CodeNumber, poi.CodeFormat, poi.CodeMissing}
	return (r.Field == "lat" || r.Field == "lng" || r.Field == "lat, lng") && slices.Contains(codes, r.Code)
}

// zeroReach is how near to 0, 0 a place has lost its coordinates.
const zeroReach = 1000 // 1e-7 degrees: 11 m

func checkZero(p *POI, emit Emit) {
	if max(p.Pos.Lat, -p.Pos.Lat, p.Pos.Lng, -p.Pos.Lng) <= zeroReach {
		emit(Finding{At: poiField(p, "lat"), Object: "POI " + string(p.ID), Value: degrees(p.Pos),
			Message: "is at latitude 0, longitude 0, in the Gulf of Guinea"})
	}
}

func checkSwapped(v *View, p *POI, emit Emit) {
	if p.District != None || p.Pos.Lng > coord.MaxLatE7 || p.Pos.Lng < -coord.MaxLatE7 {
		return
	}
	swapped := coord.E7{Lat: p.Pos.Lng, Lng: p.Pos.Lat}
	if d, ok := v.Districts.First(swapped); ok {
		emit(Finding{At: poiField(p, "lat"), Object: "POI " + string(p.ID), Value: degrees(p.Pos), Nearest: degrees(swapped),
			Message: "lies outside all districts, and in " + districtName(d) + " if latitude and longitude are swapped"})
	}
}

// trySwapped says of a latitude beyond 90 in which district the place would be
// if it were a longitude.
func (v *View) trySwapped(r *poi.Reject, f *Finding) {
	if r.Swapped == (coord.E7{}) || v.Districts.Index == nil {
		return
	}
	if d, ok := v.Districts.First(r.Swapped); ok {
		f.Nearest = degrees(r.Swapped)
		f.Message += "; if latitude and longitude are swapped, it is in " + districtName(d)
	}
}
