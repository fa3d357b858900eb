package sample_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"geodrop/data/sample"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// london is the bundle, decoded.
type london struct {
	*poi.Config
	pois      []poi.POI
	sets      map[poi.SetID]map[poi.POIID]bool
	districts []*poi.District
	zones     []*poi.Zone
}

// decoded reads the bundle and fails on the first thing that is left out.
func decoded(t *testing.T) *london {
	t.Helper()
	dir := t.TempDir()
	if err := sample.Write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx := context.Background()
	l := &london{sets: make(map[poi.SetID]map[poi.POIID]bool)}
	if l.Config, err = b.Config(ctx); err != nil {
		t.Fatal(err)
	}
	l.districts = collect(t, b.Districts(ctx))
	l.zones = collect(t, b.Zones(ctx))
	for _, batch := range collect(t, b.POIs(ctx)) {
		for _, row := range batch.Rows {
			l.pois = append(l.pois, row.POI)
		}
	}
	for _, batch := range collect(t, b.Memberships(ctx)) {
		for _, m := range batch.Rows {
			if l.sets[m.Set] == nil {
				l.sets[m.Set] = make(map[poi.POIID]bool)
			}
			l.sets[m.Set][m.POI] = true
		}
	}
	for _, reject := range b.Rejects().Kept() {
		t.Error(reject.String())
	}
	if ignored := b.Ignored(); !slices.Equal(ignored, []string{"ATTRIBUTION.md", "rules.yaml"}) {
		t.Errorf("files that are no part of a bundle: %q", ignored)
	}
	return l
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// district is where the POI lies, empty outside all.
func (l *london) district(p *poi.POI) poi.Adcode {
	for _, d := range l.districts {
		if d.Shape.Contains(p.Pos) {
			return d.Adcode
		}
	}
	return ""
}

// drops counts the visible drops in the window of a position, one POI and task
// at a time.
func (l *london) drops(t *testing.T, pos coord.E7, at time.Time) int {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	window := g.Cells(pos, grid.DefaultRadius, nil)
	n := 0
	for i := range l.pois {
		p := &l.pois[i]
		screened := slices.ContainsFunc(l.zones, func(z *poi.Zone) bool { return z.ActiveAt(at) && z.Shape.Contains(p.Pos) })
		if screened || !slices.Contains(window, g.Cell(p.Pos)) {
			continue
		}
		for j := range l.Tasks {
			task := &l.Tasks[j]
			in := task.Set == poi.AllPOIs || l.sets[task.Set][p.ID]
			if in && task.StatusAt(at).Visible && task.DropsIn(l.district(p)) {
				n++
			}
		}
	}
	return n
}

func TestBundle(t *testing.T) {
	l := decoded(t)
	counts := []struct {
		what      string
		got, want int
	}{
		{"POIs", len(l.pois), 742},
		{"districts", len(l.districts), 33},
		{"zones", len(l.zones), 10},
		{"POI sets", len(l.Sets), 6},
		{"merchants", len(l.Merchants), 4},
		{"prizes", len(l.Prizes), 10},
		{"tasks", len(l.Tasks), 9},
	}
	for _, c := range counts {
		if c.got != c.want {
			t.Errorf("%d %s, want %d", c.got, c.what, c.want)
		}
	}
	known := make(map[poi.POIID]bool)
	for i := range l.pois {
		known[l.pois[i].ID] = true
	}
	for set, members := range l.sets {
		for id := range members {
			if !known[id] {
				t.Errorf("poi_sets.csv: %s holds %s, which is not in pois.csv", set, id)
			}
		}
	}
	for _, z := range l.zones {
		if err := z.Shape.Validate(); err != nil {
			t.Errorf("zones.geojson: %s: %v", z.ID, err)
		}
	}
}

// TestBudgets: every prize can be won somewhere, and no more of it than there is.
func TestBudgets(t *testing.T) {
	l := decoded(t)
	given := make(map[poi.PrizeID]uint64)
	for _, task := range l.Tasks {
		for _, q := range task.Quotas {
			given[q.Prize] += q.Units
			if q.District != poi.AnyDistrict && !slices.ContainsFunc(l.districts, func(d *poi.District) bool { return d.Adcode == q.District }) {
				t.Errorf("tasks.yaml: %s has a quota in %s, which is no district", task.ID, q.District)
			}
		}
	}
	for _, p := range l.Prizes {
		if got := given[p.ID]; got == 0 || got > p.Units {
			t.Errorf("prize %s: quotas of %d units in all, of %d that there are", p.ID, got, p.Units)
		}
	}
}

// TestStates: on each of these days the sample shows the states it promises.
func TestStates(t *testing.T) {
	tests := []struct {
		at   string
		task poi.TaskID
		want poi.State
	}{
		{"2026-01-01T00:00:00Z", "city-packets", poi.Active},
		{"2029-12-31T23:59:59Z", "city-packets", poi.Active},
		{"2026-07-06T06:30:00Z", "commuter-coffee", poi.Active}, // a Monday, 07:30 in London
		{"2026-07-06T05:45:00Z", "commuter-coffee", poi.Upcoming},
		{"2026-07-06T12:00:00Z", "commuter-coffee", poi.BetweenSessions},
		{"2026-07-04T07:30:00Z", "commuter-coffee", poi.BetweenSessions}, // a Saturday
		{"2027-01-15T20:30:00Z", "evening-rain", poi.Active},
		{"2027-01-15T19:15:00Z", "evening-rain", poi.Upcoming},
		{"2027-01-16T12:00:00Z", "park-weekend", poi.Active},
		{"2027-01-15T12:00:00Z", "docklands-books", poi.Paused},
		{"2026-01-01T00:00:00Z", "city-opening", poi.Ended},
		{"2028-02-29T12:00:00Z", "new-decade", poi.Upcoming},
	}
	l := decoded(t)
	for _, tt := range tests {
		i := slices.IndexFunc(l.Tasks, func(task poi.Task) bool { return task.ID == tt.task })
		if i < 0 {
			t.Errorf("no task %s", tt.task)
			continue
		}
		if got := l.Tasks[i].StateAt(moment(t, tt.at)); got != tt.want {
			t.Errorf("%s at %s is %s, want %s", tt.task, tt.at, got, tt.want)
		}
	}
}

// TestZones: the stations that each zone takes out are those that
// ATTRIBUTION.md names or counts, and no others.
func TestZones(t *testing.T) {
	tests := []struct {
		zone poi.ZoneID
		want []poi.POIID
	}{
		{"thames-central", nil},
		{"marylebone-flyover", []poi.POIID{"tfl-370", "tfl-408", "tfl-410"}},
		{"victoria-tracks", []poi.POIID{"tfl-288", "tfl-424"}},
		{"kings-cross-tracks", nil},
		{"waterloo-tracks", nil},
		{"blackwall-approach", nil},
		{"city-airport", nil},
		{"drury-lane-school", []poi.POIID{"tfl-18"}},
		{"hyde-park-night", []poi.POIID{"tfl-248", "tfl-300", "tfl-303", "tfl-304", "tfl-406", "tfl-407"}},
		{"new-year-embankment", []poi.POIID{"tfl-229", "tfl-252", "tfl-259", "tfl-273", "tfl-309", "tfl-334", "tfl-336", "tfl-354", "tfl-564"}},
	}
	l := decoded(t)
	for _, tt := range tests {
		i := slices.IndexFunc(l.zones, func(z *poi.Zone) bool { return z.ID == tt.zone })
		if i < 0 {
			t.Errorf("no zone %s", tt.zone)
			continue
		}
		var got []poi.POIID
		for j := range l.pois {
			if l.zones[i].Shape.Contains(l.pois[j].Pos) {
				got = append(got, l.pois[j].ID)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("zone %s holds %v, want %v", tt.zone, got, tt.want)
		}
	}
}

// TestAlive: whenever somebody tries the sample, central London has drops.
func TestAlive(t *testing.T) {
	coventGarden := coord.E7{Lat: 515145000, Lng: -1270000}
	tests := []struct {
		at    string
		least int
	}{
		{"2026-01-01T00:00:00Z", 20},
		{"2026-03-11T10:00:00Z", 20}, // a Wednesday: the school's zone holds
		{"2026-12-31T23:59:00Z", 20}, // the New Year's zone holds
		{"2027-08-14T03:00:00Z", 20},
		{"2028-02-29T20:30:00Z", 30}, // an evening session
		{"2029-12-31T23:59:59Z", 20},
	}
	l := decoded(t)
	for _, tt := range tests {
		if got := l.drops(t, coventGarden, moment(t, tt.at)); got < tt.least {
			t.Errorf("%d drops around Covent Garden at %s, want at least %d", got, tt.at, tt.least)
		}
	}
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
