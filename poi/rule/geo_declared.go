package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/phrase"
)

// declaredRules hold the position of a place against what the row itself says of
// it.
func declaredRules() []*Rule {
	return []*Rule{
		{
			ID: "poi-district", Group: placesGroup, Severity: Warning,
			Reason: "a place is not in the district that it names",
			Fix:    "Correct the position or the district.",
			Doc: "A column adcode or district that holds the adcode or the name of a district says where a place should be. " +
				"Places up to 100 m outside are let pass, since borders are drawn that roughly. Values that no district has are not judged.",
			Start: func(v *View, emit Emit) Check {
				c := &declaredDistrict{view: v, emit: emit}
				return Check{Areas: c.areas, POI: c.poi}
			},
		},
		{
			ID: "poi-country", Group: placesGroup, Severity: Warning,
			Reason: "a place is not in the country that it names",
			Fix:    "Correct the position or the country.",
			Doc: "A column country says where a place should be. What belongs to which country is learnt from the places themselves: " +
				"where 19 of 20 or more of the places in a district name one country, those that name another are reported; " +
				"and where 19 of 20 of those that name a country lie in districts, those that are 10 km outside all districts are. " +
				"Fewer than 20 places prove nothing, and a column of more than 1,000 values names no countries: it is not judged.",
			Start: func(v *View, emit Emit) Check {
				c := &declaredCountry{view: v, emit: emit, names: map[string]bool{}, seen: map[countryDistrict]*sighting{}}
				return Check{POI: c.poi, Done: c.done}
			},
		},
	}
}

// attr is the first attribute that has one of the names; "" if none does.
func attr(p *poi.POI, names ...string) string {
	for i := range p.Attrs {
		if slices.Contains(names, p.Attrs[i].Name) {
			return p.Attrs[i].Value
		}
	}
	return ""
}

// A directory finds districts by adcode, and by names that only one has.
type directory map[string]uint32

func newDirectory(v *View) directory {
	d := make(directory, 2*len(v.Districts.Records))
	for i, district := range v.Districts.Records {
		if _, twice := d[district.Name]; twice {
			d[district.Name] = None
		} else {
			d[district.Name] = uint32(i)
		}
	}
	for i, district := range v.Districts.Records {
		d[string(district.Adcode)] = uint32(i)
	}
	return d
}

// declared is the district that a POI says it is in; None if it names none.
func (d directory) declared(p *poi.POI) uint32 {
	name := attr(p, "adcode", "district")
	if name == "" {
		return None
	}
	if n, ok := d[name]; ok {
		return n
	}
	return None
}

type declaredDistrict struct {
	view  *View
	emit  Emit
	names directory
	buf   []uint32
}

func (c *declaredDistrict) areas() { c.names = newDirectory(c.view) }

// seamTolerance is how far outside its district a place may lie.
const seamTolerance = coord.Metres(100)

func (c *declaredDistrict) poi(p *POI) {
	want := c.names.declared(p.POI)
	if want == None || want == p.District || holds(c.view.Districts.Index, p.Pos, want, &c.buf) {
		return
	}
	d := c.view.Districts.Records[want]
	if d.Shape.Distance(p.Pos, seamTolerance) < seamTolerance {
		return
	}
	message := "names the district " + districtName(d) + " and lies outside all districts"
	nearest := ""
	if p.District != None {
		in := c.view.Districts.Records[p.District]
		message, nearest = "names the district "+districtName(d)+" and lies in "+districtName(in), string(in.Adcode)
	}
	c.emit(Finding{At: poiField(p, "lat"), Object: "POI " + string(p.ID), Value: degrees(p.Pos), Nearest: nearest, Message: message})
}

type countryDistrict struct {
	country  string
	district uint32
}

// A sighting is the places that name one country in one district.
type sighting struct {
	count int64
	kept  []Finding // of the first, without a message
}

// keptSightings bounds the places that are remembered of a sighting: more than
// these are told in one finding.
const keptSightings = 10

// The values beyond which a column names no countries, in all and with the
// districts in which they are.
const (
	maxCountries = 1_000
	maxSightings = 50_000
)

type declaredCountry struct {
	view  *View
	emit  Emit
	names map[string]bool
	seen  map[countryDistrict]*sighting // nil: the values are no countries
}

func (c *declaredCountry) poi(p *POI) {
	country := attr(p.POI, "country")
	if country == "" || c.seen == nil {
		return
	}
	if p.District == None && c.nearDistrict(p.Pos) {
		return // coasts are drawn roughly
	}
	s := c.seen[countryDistrict{country, p.District}]
	if s == nil {
		s = &sighting{}
		country = strings.Clone(country)
		c.seen[countryDistrict{country, p.District}], c.names[country] = s, true
		if len(c.names) > maxCountries || len(c.seen) > maxSightings {
			c.names, c.seen = nil, nil
			return
		}
	}
	if s.count++; len(s.kept) < keptSightings {
		s.kept = append(s.kept, Finding{At: poiField(p, "country"), Object: "POI " + string(p.ID), Value: strings.Clone(country)})
	}
}

// nearDistrict reports whether a district is within some kilometres of a place.
func (c *declaredCountry) nearDistrict(p coord.E7) bool {
	for _, reach := range [2]coord.Metres{3_000, 10_000} {
		for _, by := range [8][2]coord.Metres{{1, 0}, {0.7, 0.7}, {0, 1}, {-0.7, 0.7}, {-1, 0}, {-0.7, -0.7}, {0, -1}, {0.7, -0.7}} {
			if _, ok := c.view.Districts.Index.First(moved(p, reach*by[0], reach*by[1])); ok {
				return true
			}
		}
	}
	return false
}

// A majority is what most of something are.
type majority struct {
	total, most int64
	what        string
}

// clear reports whether 19 of 20 agree, and are enough to tell.
func (m majority) clear() bool { return m.most >= 20 && m.most >= m.total-m.total/20 }

func (c *declaredCountry) done() {
	keys := make([]countryDistrict, 0, len(c.seen))
	for key := range c.seen {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b countryDistrict) int {
		return cmp.Or(cmp.Compare(a.country, b.country), cmp.Compare(a.district, b.district))
	})
	districts, countries := map[uint32]majority{}, map[string]majority{}
	for _, key := range keys {
		n, in, of := c.seen[key].count, districts[key.district], countries[key.country]
		in.total, of.total = in.total+n, of.total+n
		if n > in.most {
			in.most, in.what = n, key.country
		}
		if key.district != None {
			of.most += n
		}
		districts[key.district], countries[key.country] = in, of
	}
	for _, key := range keys {
		switch in, of := districts[key.district], countries[key.country]; {
		case key.district == None && of.clear():
			c.report(key, fmt.Sprintf("names the country %s and lies far outside all districts, where %s of %s of that country are inside",
				key.country, phrase.Number(of.most), phrase.Number(of.total)), "")
		case key.district != None && in.clear() && in.what != key.country:
			d := c.view.Districts.Records[key.district]
			c.report(key, fmt.Sprintf("names the country %s in %s, where %s of %s name %s",
				key.country, districtName(d), phrase.Number(in.most), phrase.Number(in.total), in.what), in.what)
		}
	}
}

func (c *declaredCountry) report(key countryDistrict, message, nearest string) {
	s := c.seen[key]
	for i := range s.kept {
		f := s.kept[i]
		f.Message, f.Nearest = message, nearest
		if rest := s.count - int64(i); i == keptSightings-1 && rest > 1 {
			f.Count = rest
		}
		c.emit(f)
	}
}
