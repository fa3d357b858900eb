package catalog

import (
	"slices"
	"strings"

	"geodrop/poi"
)

// Place is what the labels of a posting say: where the POI lies and which sets
// it is in.
type Place struct {
	District poi.Adcode // empty outside all districts
	Sets     []poi.SetID
	Zones    []poi.ZoneID // with times
}

const (
	districtPrefix = "d:"
	setPrefix      = "s:"
	zonePrefix     = "z:"
)

// Labels appends the labels of the place to dst, in ascending order and without
// duplicates.
func (p *Place) Labels(dst []string) []string {
	first := len(dst)
	if p.District != "" {
		dst = append(dst, districtPrefix+string(p.District))
	}
	for _, s := range p.Sets {
		dst = append(dst, setPrefix+string(s))
	}
	for _, z := range p.Zones {
		dst = append(dst, zonePrefix+string(z))
	}
	slices.Sort(dst[first:])
	return slices.Compact(dst)
}

// ParsePlace reads labels. ok is false where one of them is none of this
// package's, or there are two districts.
func ParsePlace(labels []string) (p Place, ok bool) {
	for _, label := range labels {
		id, found := "", false
		if id, found = strings.CutPrefix(label, districtPrefix); found && p.District == "" {
			p.District = poi.Adcode(id)
		} else if id, found = strings.CutPrefix(label, setPrefix); found {
			p.Sets = append(p.Sets, poi.SetID(id))
		} else if id, found = strings.CutPrefix(label, zonePrefix); found {
			p.Zones = append(p.Zones, poi.ZoneID(id))
		}
		if !found || id == "" {
			return Place{}, false
		}
	}
	return p, true
}
