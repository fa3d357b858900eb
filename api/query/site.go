package query

import "geodrop/poi"

// Site is what the places with one combination of labels share: what drops there
// at any time. Its lists are to be read only.
type Site struct {
	District poi.Adcode   // empty outside all districts
	Tasks    []poi.TaskID // by priority, the highest first, then by id
	Zones    []poi.ZoneID // with times, ascending
}

// Sites are the different ones of the release. SitesOf counts in them.
func (r *Release) Sites() []Site {
	t := r.tables
	tasks := make([][]poi.TaskID, t.tasks.len()) // many sites share a list
	for i := range tasks {
		for _, no := range t.tasks.of(listNo(i)) {
			tasks[i] = append(tasks[i], t.rows[no].ID)
		}
	}
	zones := make([][]poi.ZoneID, t.zones.len())
	for i := range zones {
		for _, no := range t.zones.of(listNo(i)) {
			zones[i] = append(zones[i], t.catalog.Zones[no].ID)
		}
	}
	sites := make([]Site, len(t.sites))
	for i, s := range t.sites {
		sites[i].Tasks, sites[i].Zones = tasks[s.tasks], zones[s.zones]
		if s.district != noDistrict {
			sites[i].District = t.districts[s.district].ID
		}
	}
	return sites
}

// SitesOf are the numbers of the sites of a segment of Index, by combination.
func (r *Release) SitesOf(segment int) []uint32 {
	combos := r.tables.combos[segment]
	numbers := make([]uint32, len(combos))
	for i, no := range combos {
		numbers[i] = uint32(no)
	}
	return numbers
}
