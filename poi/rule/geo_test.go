package rule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/poi"
)

// polygon is the GeoJSON of a feature, with its properties, and rings given as
// corners "lng,lat lng,lat …", closed or not.
func polygon(properties string, rings ...string) string {
	var texts []string
	for _, ring := range rings {
		var corners []string
		for corner := range strings.FieldsSeq(ring) {
			corners = append(corners, "["+corner+"]")
		}
		texts = append(texts, "["+strings.Join(append(corners, corners[0]), ",")+"]")
	}
	return `{"type":"Feature","properties":{` + properties + `},"geometry":{"type":"Polygon","coordinates":[` + strings.Join(texts, ",") + `]}}`
}

// The rings of the districts of the clean bundle as it has them.
const (
	west  = `[[[0,0],[1,0],[1,1],[0,1],[0,0]]]`
	east  = `[[[1,0],[2,0],[2,1],[1,1],[1,0]]]`
	yard  = `[[[0.5,0.5],[0.6,0.5],[0.6,0.6],[0.5,0.5]]]`
	pois  = "pois.csv"
	areas = "districts.geojson"
	zones = "zones.geojson"
)

// rows are n rows of POIs.
func rows(n int, row func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

// plantedGeo are defects of geography.
var plantedGeo = []defect{
	{"poi-coordinates", "pois.csv:6:8", [][3]string{{pois, "", "e,Barn,91,0.5\n"}}},
	{"poi-coordinates", "pois.csv:6:12", [][3]string{{pois, "", "e,Barn,0.5,-180.1\n"}}},
	{"poi-coordinates", "pois.csv:6:8", [][3]string{{pois, "", "e,Barn,NaN,0.5\n"}}},
	{"poi-zero", "pois.csv:6:8", [][3]string{{pois, "", "e,Barn,0,0.000001\n"}}},
	{"poi-swapped", "pois.csv:6:8", [][3]string{{pois, "", "e,Barn,1.5,0.5\n"}}},
	{"bad-geometry", "districts.geojson:4:106", [][3]string{{areas, east + "}}", east + "}},\n" + `{"type":"Feature","properties":{"adcode":"1003","name":"Bow"},"geometry":{"type":"Polygon","coordinates":[[[3,0],[4,1],[4,0],[3,1],[3,0]]]}}`}}},
	{"bad-geometry", "zones.geojson:2:123", [][3]string{{zones, yard, "[[[0.5,0.5],[0.6,0.6],[0.5,0.5]]]"}}},
	{"district-shape", "districts.geojson:3:1", [][3]string{{areas, east, `[[[1,0],[2,0],[2,1],[1,1],[1,0]],[[5,5],[5.1,5],[5.1,5.1],[5,5]]]`}}},
	{"district-shape", "districts.geojson:3:1", [][3]string{{areas, `"Polygon","coordinates":` + east, `"MultiPolygon","coordinates":[` + east + `,[[[1.9,0.2],[2.5,0.2],[2.5,0.3],[1.9,0.2]]]]`}}},
	{"district-overlap", "districts.geojson:4:1", [][3]string{{areas, east + "}}", east + "}},\n" + polygon(`"adcode":"1003","name":"Twin"`, "1.2,0.5 1.21,0.5 1.21,0.51")}}},
	{"district-seam", "districts.geojson:2:1", [][3]string{{areas, west, `[[[0,0],[1.001,0],[1.001,1],[0,1],[0,0]]]`}}},
	{"district-seam", "districts.geojson:2:1", [][3]string{{areas, west, `[[[0,0],[0.9995,0],[0.9995,1],[0,1],[0,0]]]`}}},
	{"zone-places", "zones.geojson:2:1", [][3]string{{zones, yard, `[[[0.015,0.015],[0.025,0.015],[0.025,0.025],[0.015,0.025],[0.015,0.015]]]`}}},
	{"zone-hours", "zones.geojson:3:1", [][3]string{{zones, yard + "}}", yard + "}},\n" + polygon(`"id":"fair","reason":"fair","daily":"21:00-23:00","time_zone":"UTC"`, "0.015,0.015 0.025,0.015 0.025,0.025 0.015,0.025")}}},
	{"dense-cell", "pois.csv:6", [][3]string{{pois, "", rows(201, func(i int) string { return fmt.Sprintf("x%d,Stall %d,0.7%05d,0.7", i, i, i) })}}},
	{"dense-cell", "pois.csv:7", [][3]string{{pois, "", rows(250, func(i int) string { return fmt.Sprintf("x%d,Stall %d,0.70%d,0.70%04d", i, i, i%4*2, i) })}}},
	{"shared-point", "pois.csv:6", [][3]string{{pois, "", rows(10, func(i int) string { return fmt.Sprintf("x%d,Area %d,0.7,0.7", i, i) })}}},
	{"near-duplicate", "pois.csv:2:3", [][3]string{{pois, "", "e,\"GATE \",0.0101,0.0103\n"}}},
}

// expectOnly validates a bundle in which one rule finds one thing, with and
// without the rule.
func expectOnly(t *testing.T, files map[string]string, rule, says string) {
	t.Helper()
	r := validated(t, files, Options{})
	if len(r.Findings) != 1 || r.Findings[0].Rule != rule || !strings.Contains(r.Findings[0].Message, says) {
		t.Errorf("found %q, want %s that %q\n%s", found(r), rule, says, messages(r))
	}
	off := validated(t, files, Options{Severity: map[string]Severity{rule: Off}})
	if got := found(off); len(got) > 0 {
		t.Errorf("without the rule, others find %q", got)
	}
}

func expectNothing(t *testing.T, files map[string]string) {
	t.Helper()
	if r := validated(t, files, Options{}); len(r.Findings) > 0 {
		t.Errorf("found %q, want nothing\n%s", found(r), messages(r))
	}
}

// A bundle whose places say where they are: what is right is not reported, and
// fewer than 20 prove nothing.
func TestDeclaredPlaces(t *testing.T) {
	declared := func(edit func(i int) (lat, lng float64, adcode, country string)) map[string]string {
		files := clean()
		files[pois] = "id,name,lat,lng,adcode,country\n" +
			"a,Gate,0.01,0.01,1001,AA\nb,Well,0.02,0.02,West,AA\nc,Mill,0.03,1.01,1002,BB\nd,Inn,0.04,1.02,,BB\n" +
			rows(40, func(i int) string {
				lat, lng, adcode, country := edit(i)
				return fmt.Sprintf("x%d,Stall %d,%v,%v,%s,%s", i, i, lat, lng, adcode, country)
			})
		return files
	}
	right := func(i int) (lat, lng float64, adcode, country string) { return 0.3 + float64(i)/100, 0.3, "1001", "AA" }
	expectNothing(t, declared(right))
	for _, tc := range []struct {
		name, rule, says string
		wrong            func(i int) (lat, lng float64, adcode, country string)
	}{
		{"in the neighbour", "poi-district", "names the district West (1001) and lies in East (1002)", func(int) (float64, float64, string, string) { return 0.3, 1.3, "1001", "BB" }},
		{"by name", "poi-district", "names the district West (1001) and lies in East (1002)", func(int) (float64, float64, string, string) { return 0.3, 1.3, "West", "BB" }},
		{"50 m outside", "", "", func(int) (float64, float64, string, string) { return 0.5, 1.00045, "1001", "BB" }},
		{"an unknown district", "", "", func(int) (float64, float64, string, string) { return 0.3, 1.3, "Suburbs", "BB" }},
		{"in another country", "poi-country", "names the country BB in West (1001), where 41 of 42 name AA", func(int) (float64, float64, string, string) { return 0.3, 0.7, "", "BB" }},
		{"at sea", "poi-country", "names the country AA and lies far outside all districts", func(int) (float64, float64, string, string) { return 3, 0.7, "", "AA" }},
		{"few of a country", "", "", func(int) (float64, float64, string, string) { return 3, 0.7, "", "BB" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := declared(func(i int) (float64, float64, string, string) {
				if i == 3 {
					return tc.wrong(i)
				}
				return right(i)
			})
			if tc.rule == "" {
				expectNothing(t, files)
			} else {
				expectOnly(t, files, tc.rule, tc.says)
			}
		})
	}
}

// A column of which every row has another value names no countries, and costs
// nothing.
func TestNoCountries(t *testing.T) {
	for values, want := range map[int]int{maxCountries: maxCountries - 1, maxCountries + 1: 0} {
		var found []Finding
		c := All()[slices.IndexFunc(All(), func(r *Rule) bool { return r.ID == "poi-country" })].
			Start(&View{Districts: Areas[*poi.District]{Records: []*poi.District{{Name: "West"}}}}, func(f Finding) { found = append(found, f) })
		for i := range 20 * values {
			country := "AA"
			if i < values-1 {
				country = fmt.Sprint(i)
			}
			c.POI(&POI{POI: &poi.POI{ID: "x", Attrs: []poi.Attr{{Name: "country", Value: country}}}})
		}
		c.Done()
		if len(found) != want {
			t.Errorf("%d findings in a column of %d values, want %d", len(found), values, want)
		}
	}
}

// One district that does not fit among many that do is told by itself.
func TestSingleSeam(t *testing.T) {
	row := func(edit func(i int, west, east *float64)) map[string]string {
		var features []string
		for i := range 40 {
			left, right := float64(i)/10, float64(i+1)/10
			edit(i, &left, &right)
			features = append(features, polygon(fmt.Sprintf(`"adcode":"2%03d","name":"Lot %d"`, i, i),
				fmt.Sprintf("%[1]v,10 %[2]v,10 %[2]v,10.1 %[1]v,10.1", left, right)))
		}
		files := clean()
		files[areas] = strings.Replace(files[areas], east+"}}", east+"}},\n"+strings.Join(features, ",\n"), 1)
		return files
	}
	expectNothing(t, row(func(int, *float64, *float64) {}))
	expectOnly(t, row(func(i int, _, east *float64) {
		if i == 7 {
			*east += 0.0005
		}
	}), "district-seam", "overlaps Lot 7 (2007), up to 55 m wide at 10.")
	expectOnly(t, row(func(i int, west, _ *float64) {
		if i == 7 {
			*west += 0.0005
		}
	}), "district-seam", "leaves a gap to Lot 6 (2006), up to 55 m wide at 10.")
}

// A longitude in the column of the latitude is known by the district that the
// place would be in; elsewhere nothing is guessed.
func TestImpossibleLatitudeIsSwapped(t *testing.T) {
	files := china(0, same, same)
	files[pois] += "e,Barn,116.3,39.9\nf,Hut,91,0.5\n"
	r := validated(t, files, Options{})
	if len(r.Findings) != 2 {
		t.Fatalf("found %q\n%s", found(r), messages(r))
	}
	if f := &r.Findings[0]; f.Nearest != "39.900000, 116.300000" || !strings.HasSuffix(f.Message, "if latitude and longitude are swapped, it is in Dongcheng (110101)") {
		t.Errorf("%+v", f)
	}
	if f := &r.Findings[1]; f.Nearest != "" || !strings.HasSuffix(f.Message, "degrees") {
		t.Errorf("%+v", f)
	}
}

// Twins are found across the borders of cells and of blocks, and where there are
// many; places of other names, without one, or farther off are none.
func TestTwins(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	_, corner, err := g.Bounds(g.Cell(coord.WGS84{Lat: 0.3, Lng: 0.3}.E7()))
	if err != nil {
		t.Fatal(err)
	}
	_, far, err := g.Bounds(g.Cell(coord.WGS84{Lat: corner.Lat + 63*0.0018, Lng: corner.Lng + 63*0.0018}.E7()))
	if err != nil {
		t.Fatal(err)
	}
	beside := func(name string, lat, lng coord.Lat, others ...string) map[string]string {
		files := clean()
		for i, other := range append([]string{name}, others...) {
			by := float64(i%2) * 0.0001
			files[pois] += fmt.Sprintf("x%d,%s,%.7f,%.7f\n", i, other, float64(lat)-0.00005+by, float64(lng)-0.00005+by)
		}
		return files
	}
	for lat := corner.Lat; lat <= far.Lat+0.0001; lat += 200 * 100 / coord.Lat(grid.CentimetresPerDegree) {
		expectOnly(t, beside("Old oak", lat, coord.Lat(corner.Lng), "old OAK!"), "near-duplicate", "has a twin 16 m away: POI x1")
	}
	expectOnly(t, beside("Oak", 0.3, 0.3, "OAK", "o-a-k", "Oak."), "near-duplicate", "has a twin 0 m away: POI x2, and 2 more")
	expectNothing(t, beside("Oak", 0.3, 0.3, "Oak 2"))
	expectNothing(t, beside("!", 0.3, 0.3, "?"))
	files := clean()
	files[pois] += "x0,Oak,0.3,0.3\nx1,Oak,0.3,0.30046\n"
	expectNothing(t, files)
}

// Of all places where four POIs can be, a few make a bad hash.
func TestBadHash(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(43, 44))
	for range 1_000_000 {
		var blocks []grid.Block
		text := "id,name,lat,lng\n"
		for i, name := range []string{"Gate", "Well", "Mill", "Inn"} {
			p := coord.WGS84{Lat: coord.Lat(0.01 + 0.4*rng.Float64()), Lng: coord.Lng(float64(i/2) + 0.01 + 0.98*rng.Float64())}
			blocks = append(blocks, g.Cell(p.E7()).Block())
			text += fmt.Sprintf("%c,%s,%.7f,%.7f\n", 'a'+i, name, float64(p.Lat), float64(p.Lng))
		}
		slices.Sort(blocks)
		if len(slices.Compact(blocks)) == 4 && index.TryHash(blocks).Probes > maxProbes {
			files := clean()
			files[pois] = text
			expectOnly(t, files, "tile-hash", "4 will be found by looking at 2.")
			return
		}
	}
	t.Fatal("no four blocks have a bad hash")
}

// A zone takes places, each once: neither rows of a set that are twice nor rows
// with an id that another place has make more of them.
func TestZonesCountPlaces(t *testing.T) {
	for rule, properties := range map[string]string{"zone-places": "", "zone-hours": `,"daily":"21:00-23:00","time_zone":"UTC"`} {
		files := clean()
		files[zones] = strings.Replace(files[zones], yard+"}}", yard+"}},\n"+polygon(`"id":"fair","reason":"fair"`+properties, "0.3,0.3 0.4,0.3 0.4,0.4 0.3,0.4"), 1)
		files[pois] += rows(20, func(i int) string { return fmt.Sprintf("x%d,Stall %d,0.7%02d,0.7", i, i, i) })
		files[pois] += "in,Barn,0.31,0.31\n" + rows(5, func(int) string { return "in,Barn,0.32,0.32" }) + rows(5, func(i int) string { return fmt.Sprintf("x%d,Stall,0.33,0.33", i) })
		files["poi_sets.csv"] += rows(20, func(i int) string { return fmt.Sprintf("west,x%d", i) }) + rows(12, func(int) string { return "west,in" })
		r := validated(t, files, Options{})
		for _, f := range r.Findings {
			if f.Rule == rule {
				t.Errorf("a place of 23 in a zone is told:\n%+v", f)
			}
		}
		files[zones] = strings.Replace(files[zones], "[0.3,0.3],[0.4,0.3]", "[0.3,0.3],[0.8,0.3]", 1) // a triangle of them
		files[zones] = strings.Replace(files[zones], "[0.4,0.4],[0.3,0.4]", "[0.8,0.8],[0.3,0.8]", 1)
		r = validated(t, files, Options{})
		n := 0
		for _, f := range r.Findings {
			if f.Rule == rule {
				n++
				if f.Count != 21 || !strings.Contains(f.Message, "21 of 23 places of task rides") || !strings.HasSuffix(f.Message, "such as POI x0") || f.See.String() != "pois.csv:6" {
					t.Errorf("%+v, want 21 places of 23", f)
				}
			}
		}
		if n != 1 {
			t.Errorf("%d findings of %s\n%s", n, rule, messages(r))
		}
	}
}
