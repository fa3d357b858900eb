package query

import (
	"cmp"
	"fmt"
	"slices"

	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

type (
	siteNo uint32 // numbers the sites of a release
	zoneNo uint32 // numbers the zones of its catalog
	kindNo uint32 // numbers the kinds of its prizes
)

// noDistrict is the district of a site outside all of them.
const noDistrict = ^uint32(0)

// site is what postings with one combination of labels share.
type site struct {
	district uint32 // in tables.districts, or noDistrict
	tasks    listNo // in tables.tasks
	zones    listNo // in tables.zones
}

// tables are what drops where, whatever the time. They are immutable.
type tables struct {
	catalog *catalog.Catalog
	// order is that of an answer, by priority, the highest first, then by id; a
	// poi.TaskNo is an index in it.
	order     []*poi.Task
	rows      []Task     // by poi.TaskNo, without state
	kinds     [][]kindNo // by poi.TaskNo: the kinds of its prizes
	kindNos   map[poi.PrizeKind]kindNo
	kindNames []poi.PrizeKind // by kindNo
	districts []District
	sites     []site
	tasks     *lists[poi.TaskNo]
	zones     *lists[zoneNo]
	combos    [][]siteNo // by segment, by combination
}

// newTables reads the labels of the segments, so it must run inside
// index.Protect. The error wraps catalog.ErrCorrupt where segments and catalog
// do not belong together.
func newTables(c *catalog.Catalog, segments []*index.Segment) (*tables, error) {
	t := &tables{catalog: c, kindNos: map[poi.PrizeKind]kindNo{}, tasks: newLists[poi.TaskNo](), zones: newLists[zoneNo]()}
	for i := range c.Districts {
		t.districts = append(t.districts, District{ID: c.Districts[i].Adcode, Name: c.Districts[i].Name})
	}
	for i := range c.Tasks {
		t.order = append(t.order, &c.Tasks[i])
	}
	slices.SortStableFunc(t.order, func(a, b *poi.Task) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.ID, b.ID))
	})
	t.describe()
	b := newSiteBuilder(t)
	for _, s := range segments {
		combos, err := b.combos(s)
		if err != nil {
			return nil, err
		}
		t.combos = append(t.combos, combos)
	}
	t.tasks.freeze()
	t.zones.freeze()
	return t, nil
}

// describe fills what answers say of each task.
func (t *tables) describe() {
	merchants := map[poi.MerchantID]string{}
	for _, m := range t.catalog.Merchants {
		merchants[m.ID] = cmp.Or(m.Name, string(m.ID))
	}
	prizes := map[poi.PrizeID]kindNo{}
	for _, p := range t.catalog.Prizes {
		if _, ok := t.kindNos[p.Kind]; !ok {
			t.kindNos[p.Kind] = kindNo(len(t.kindNos))
			t.kindNames = append(t.kindNames, p.Kind)
		}
		prizes[p.ID] = t.kindNos[p.Kind]
	}
	for _, task := range t.order {
		row := Task{
			ID: task.ID, Title: task.Title, Merchant: cmp.Or(merchants[task.Merchant], string(task.Merchant)),
			StartsAt: task.When.Start, EndsAt: task.When.End, ClaimRadius: task.ClaimRadius,
		}
		var kinds []kindNo
		for _, p := range task.Prizes {
			row.Prizes = append(row.Prizes, p.Prize)
			if kind, ok := prizes[p.Prize]; ok && !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
		t.rows, t.kinds = append(t.rows, row), append(t.kinds, kinds)
	}
}

// A siteBuilder turns labels into sites.
type siteBuilder struct {
	tables     *tables
	supply     *poi.Supply
	sites      map[site]siteNo
	districtNo map[poi.Adcode]uint32
	zoneNo     map[poi.ZoneID]zoneNo
	labels     []string
	tasks      []poi.TaskNo
	zones      []zoneNo
}

func newSiteBuilder(t *tables) *siteBuilder {
	b := &siteBuilder{
		tables: t, supply: poi.NewSupply(t.order), sites: map[site]siteNo{},
		districtNo: map[poi.Adcode]uint32{"": noDistrict}, zoneNo: map[poi.ZoneID]zoneNo{},
	}
	for i := range t.districts {
		b.districtNo[t.districts[i].ID] = uint32(i)
	}
	for i := range t.catalog.Zones {
		b.zoneNo[t.catalog.Zones[i].ID] = zoneNo(i)
	}
	return b
}

// combos are the sites of the segment's combinations.
func (b *siteBuilder) combos(s *index.Segment) ([]siteNo, error) {
	sites := make([]siteNo, s.Combos())
	for i := range sites {
		b.labels = s.Combo(uint32(i), b.labels[:0])
		place, ok := catalog.ParsePlace(b.labels)
		if !ok {
			return nil, fmt.Errorf("%w: %s has labels %.200q, which this program does not know", catalog.ErrCorrupt, s.Path(), b.labels)
		}
		at, err := b.site(&place)
		if err != nil {
			return nil, fmt.Errorf("%w: %s %w", catalog.ErrCorrupt, s.Path(), err)
		}
		no, ok := b.sites[at]
		if !ok {
			no = siteNo(len(b.tables.sites))
			b.tables.sites = append(b.tables.sites, at)
			b.sites[at] = no
		}
		sites[i] = no
	}
	return sites, nil
}

func (b *siteBuilder) site(p *catalog.Place) (site, error) {
	district, ok := b.districtNo[p.District]
	if !ok {
		return site{}, fmt.Errorf("names district %q, which the catalog does not have", p.District)
	}
	b.zones = b.zones[:0]
	for _, id := range p.Zones {
		// A zone without its times cannot be enforced, so it is no detail.
		no, ok := b.zoneNo[id]
		if !ok {
			return site{}, fmt.Errorf("names zone %q, which the catalog does not have", id)
		}
		b.zones = append(b.zones, no)
	}
	slices.Sort(b.zones)
	b.tasks = b.supply.Append(b.tasks[:0], p.Sets, p.District)
	return site{district: district, tasks: b.tables.tasks.add(b.tasks), zones: b.tables.zones.add(b.zones)}, nil
}

// appendKinds appends the numbers of the kinds that the release has to dst.
func (t *tables) appendKinds(dst []kindNo, kinds []poi.PrizeKind) []kindNo {
	for _, kind := range kinds {
		if no, ok := t.kindNos[kind]; ok {
			dst = append(dst, no)
		}
	}
	return dst
}

// hasKind reports whether the task has a prize of one of the kinds.
func (t *tables) hasKind(no poi.TaskNo, kinds []kindNo) bool {
	for _, kind := range t.kinds[no] {
		if slices.Contains(kinds, kind) {
			return true
		}
	}
	return false
}
