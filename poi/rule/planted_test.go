package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A defect is edits of the clean bundle, and where they are to be found.
type defect struct {
	rule  string
	at    string // place of the only finding
	edits [][3]string
}

// planted are bundles with one defect each.
var planted = []defect{
	{"duplicate-id", "pois.csv:6:1", [][3]string{{"pois.csv", "", "a,Other,0.05,0.05\n"}}},
	{"duplicate-id", "merchants.csv:4:1", [][3]string{{"merchants.csv", "", "tea,Again,\n"}}},
	{"duplicate-id", "districts.geojson:4:42", [][3]string{{"districts.geojson", "\n]}", `,
{"type":"Feature","properties":{"adcode":"1001","name":"Again"},"geometry":{"type":"Polygon","coordinates":[[[4,0],[5,0],[5,1],[4,0]]]}}
]}`}}},
	{"dangling-reference", "poi_sets.csv:4:6", [][3]string{{"poi_sets.csv", "", "west,x\n"}}},
	{"dangling-reference", "quotas.csv:3:1", [][3]string{{"quotas.csv", "", "ridez,badge,1001,1\n"}}},
	{"dangling-district", "tasks.yaml:15:35", [][3]string{{"tasks.yaml", "district: 1001", "district: 1003"}}},
	{"dangling-district", "quotas.csv:3:13", [][3]string{
		{"quotas.csv", "rides,badge,1001,500", "rides,badge,1001,490"}, {"quotas.csv", "", "rides,badge,1009,10\n"}}},
	{"membership-twice", "poi_sets.csv:4:6", [][3]string{{"poi_sets.csv", "", "west,a\n"}}},
	{"merchant-unused", "merchants.csv:4:1", [][3]string{{"merchants.csv", "", "idle,Idle,\n"}}},
	{"prize-unused", "prizes.csv:4:1", [][3]string{{"prizes.csv", "", "idle,Idle,collectable,tea,0,,0,\n"}}},
	{"set-unused", "poi_sets.csv:4:1", [][3]string{{"poi_sets.csv", "", "idle,a\n"}}},
	{"set-unused", "sets/idle.csv", [][3]string{{"sets/idle.csv", "", "poi_id\na\n"}}},

	{"task-without-prizes", "tasks.yaml:26:5", [][3]string{{"tasks.yaml", "", task("bare", "tea", "all", "09:00-10:00", "")}}},
	{"task-without-districts", "tasks.yaml:36:7", [][3]string{{"tasks.yaml", "", task("bare", "tea", "all", "09:00-10:00", "    prizes: [{prize: badge}]\n    quotas:\n      - {prize: badge, district: 1001, units: 0}\n")}}},
	{"task-without-pois", "tasks.yaml:29:14", [][3]string{
		{"sets/none.csv", "", "poi_id\n"}, {"prizes.csv", ",600,", ",610,"},
		{"tasks.yaml", "", task("bare", "tea", "none", "09:00-10:00", badges(10))}}},
	{"quota-without-pois", "quotas.csv:3:13", [][3]string{
		{"quotas.csv", "rides,badge,1001,500", "rides,badge,1001,490"}, {"quotas.csv", "", "rides,badge,1002,10\n"}}},
	{"quota-without-pois", "quotas.csv:3:13", [][3]string{
		{"quotas.csv", "rides,badge,1001,500", "rides,badge,1001,490"}, {"quotas.csv", "", "rides,badge,*,10\n"}}},
	{"pois-without-tasks", "pois", [][3]string{
		{"tasks.yaml", `{prize: packet, district: "*"`, `{prize: packet, district: 1002`},
		{"tasks.yaml", `{prize: badge, district: "*"`, `{prize: badge, district: 1001`},
		{"pois.csv", "", "e,Far,50,50\n"}}},
	{"config-empty", "pois", [][3]string{{"pois.csv", "a,Gate,0.01,0.01\nb,Well,0.02,0.02\nc,Mill,0.03,1.01\nd,Inn,0.04,1.02\n", ""},
		{"poi_sets.csv", "west,a\nwest,b\n", ""}, {"tasks.yaml", clean()["tasks.yaml"], "tasks: []\n"}, {"prizes.csv", clean()["prizes.csv"], "id,name,kind,merchant\n"},
		{"merchants.csv", clean()["merchants.csv"], "id,name\n"}, {"quotas.csv", "rides,badge,1001,500\n", ""}}},

	{"config-without-tasks", "tasks", [][3]string{{"tasks.yaml", clean()["tasks.yaml"], "tasks: []\n"},
		{"poi_sets.csv", "west,a\nwest,b\n", ""}, {"prizes.csv", clean()["prizes.csv"], "id,name,kind,merchant\n"},
		{"merchants.csv", clean()["merchants.csv"], "id,name\n"}, {"quotas.csv", "rides,badge,1001,500\n", ""}}},

	{"window-reversed", "tasks.yaml:31:14", [][3]string{{"tasks.yaml", "", strings.Replace(
		task("bare", "tea", "all", "", "    prizes: [{prize: badge}]\n"), "2028", "2026", 1)}}},
	{"window-past", "tasks.yaml:31:14", [][3]string{{"prizes.csv", ",600,", ",610,"}, {"tasks.yaml", "", strings.Replace(
		task("bare", "tea", "all", "", badges(10)), "2028-01", "2027-02", 1)}}},
	{"window-past", "zones.geojson:2:123", [][3]string{{"zones.geojson", `"reason":"railway"`, `"reason":"railway","starts_at":"2026-01-01T00:00:00Z","ends_at":"2027-01-01T00:00:00Z"`}}},
	{"task-without-sessions", "tasks.yaml:33:15", [][3]string{{"prizes.csv", ",600,", ",610,"}, {"tasks.yaml", "", strings.Replace(
		task("bare", "tea", "all", "Mon 09:00-10:00", badges(10)), "2028-01-01", "2027-01-03", 1)}}},
	{"session-overlap", "tasks.yaml:9:31", [][3]string{{"tasks.yaml", `["20:00-22:00"]`, `["20:00-22:00", "Fri 21:00-23:00"]`}}},
	{"caps-contradict", "tasks.yaml:10:21", [][3]string{{"tasks.yaml", "per_day: 3", "per_day: 30"}}},

	{"amount-illegal", "quotas.csv:3:18", [][3]string{{"quotas.csv", "", "rides,badge,1002,-1\n"}}},
	{"amount-illegal", "tasks.yaml:33:32", [][3]string{{"tasks.yaml", "", task("bare", "tea", "all", "", "    prizes:\n      - {prize: badge, weight: 9223372036854775808}\n")}}},
	{"quota-over-budget", "prizes.csv:2:32", [][3]string{{"prizes.csv", ",1500,", ",1499,"}}},
	{"quota-under-budget", "prizes.csv:2:32", [][3]string{{"prizes.csv", ",1500,", ",1501,"}}},
	{"sum-overflow", "prizes.csv:2:24", [][3]string{{"prizes.csv", ",188,", ",9007199254740991,"}}},
	{"prize-worthless", "prizes.csv:2:24", [][3]string{{"prizes.csv", ",188,CNY,", ",0,,"}}},
	{"prize-unobtainable", "tasks.yaml:13:17", [][3]string{{"tasks.yaml", `      - {prize: badge, district: "*", units: 100}` + "\n", ""}, {"prizes.csv", ",600,", ",500,"}}},
	{"prize-improbable", "tasks.yaml:13:32", [][3]string{{"tasks.yaml", "weight: 9", "weight: 1000000"}, {"prizes.csv", ",600,", ",100500,"},
		{"tasks.yaml", "units: 100}", "units: 100000}"}}},

	{"window-overlap", "tasks.yaml:22:16", [][3]string{{"prizes.csv", ",600,", ",610,"}, {"tasks.yaml", "", task("bare", "bikes", "all", "09:00-10:00", badges(10))}}},
	{"answer-too-large", "tasks.yaml:30:14", [][3]string{{"tasks.yaml", "", crowd(400)}, {"prizes.csv", ",600,", ",1000,"}}},
	{"pace-over-business", "merchants.csv:2:15", [][3]string{{"prizes.csv", ",1500,1", ",1500,3"}}},
	{"pace-over-business", "merchants.csv:2:15", [][3]string{{"prizes.csv", ",1500,1", ",1500,"}, {"merchants.csv", "Tea house,2", "Tea house,0.0001"}}},
	{"pace-over-business", "prizes.csv:3:38", [][3]string{{"prizes.csv", ",600,", ",600,fast"}}},

	{"text-control", "pois.csv:6:3", [][3]string{{"pois.csv", "", "e,A\u0092B,0.05,0.05\n"}}},
	{"text-control", "merchants.csv:4:6", [][3]string{{"merchants.csv", "", "idle,\xff,\n"}}},
	{"name-empty", "pois.csv:3:3", [][3]string{{"pois.csv", "Well", ""}}},
	{"name-empty", "tasks.yaml:3:12", [][3]string{{"tasks.yaml", "title: Lantern evening", `title: ""`}}},
	{"name-empty", "districts.geojson:2:56", [][3]string{{"districts.geojson", `"West"`, `" "`}}},
	{"name-long", "pois.csv:3:3", [][3]string{{"pois.csv", "Well", strings.Repeat("井", 121)}}},
	{"text-bidi", "prizes.csv:2:8", [][3]string{{"prizes.csv", "Packet", "Pa\u202ecket"}}},
	{"text-bidi", "zones.geojson:2:52", [][3]string{{"zones.geojson", "Yard", "Ya\u200brd"}}},
	{"text-formula", "pois.csv:3:3", [][3]string{{"pois.csv", "Well", `"=cmd|' /C calc'!A1"`}}},
	{"text-formula", "merchants.csv:3:7", [][3]string{{"merchants.csv", "Bike club", "+SUM(A1)"}}},

	{"unreadable-file", "tasks.yaml:2", [][3]string{{"tasks.yaml", "  - id: lanterns", "  - id: [lanterns"}}},
	{"unreadable-file", "pois.csv:1", [][3]string{{"pois.csv", "id,name,lat,lng", "id,name,latitude,lng"}}},
	{idMisnamed, "rules.yml", [][3]string{{"rules.yml", "", "severity: {name-empty: off}\n"}}},
	{idMisnamed, "sets/east.txt", [][3]string{{"sets/east.txt", "", "poi_id\nc\n"}}},
	{idUnknownFile, "data.csv", [][3]string{{"data.csv", "", "id\n"}}},
	{idUnknownFile, "tasks.yml", [][3]string{{"tasks.yml", "", "tasks: []\n"}}},
	{"bad-row", "pois.csv:6", [][3]string{{"pois.csv", "", "e,E\n"}}},
	{"bad-row", "tasks.yaml:32:5", [][3]string{{"tasks.yaml", "", task("bare", "tea", "all", "", "    prices: [{prize: badge}]\n")}}},
	{"bad-value", "tasks.yaml:32:16", [][3]string{{"tasks.yaml", "", task("bare", "tea", "all", "", "    time_zone: Mars/Base\n    prizes: [{prize: badge}]\n")}}},
}

// task is the text of a task behind those of the clean bundle; it begins on line
// 26, its merchant is on 28.
func task(id, merchant, set, session, rest string) string {
	sessions := ""
	if session != "" {
		sessions = fmt.Sprintf("    time_zone: UTC\n    sessions: [%q]\n", session)
	}
	return fmt.Sprintf("  - id: %s\n    title: Task\n    merchant: %s\n    poi_set: %s\n    starts_at: 2027-01-01T00:00:00Z\n    ends_at: 2028-01-01T00:00:00Z\n%s%s",
		id, merchant, set, sessions, rest)
}

func badges(units int) string {
	return fmt.Sprintf("    prizes: [{prize: badge}]\n    quotas:\n      - {prize: badge, district: \"*\", units: %d}\n", units)
}

// crowd is so many tasks, each of a minute of its own but for those of one
// evening.
func crowd(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Replace(task(fmt.Sprintf("crowd-%03d", i), "tea", "all", "20:00-22:00", badges(1)), "title:", fmt.Sprintf("priority: %d\n    title:", i+1), 1))
	}
	return b.String()
}

func TestPlantedDefects(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	for _, p := range slices.Concat(planted, plantedGeo) {
		t.Run(p.rule+" "+p.at, func(t *testing.T) {
			files := edited(t, clean(), p.edits...)
			r := validated(t, files, Options{})
			if got, want := found(r), []string{p.rule + " " + p.at}; !slices.Equal(got, want) {
				t.Fatalf("found %q, want %q\n%s", got, want, messages(r))
			}
			if f := &r.Findings[0]; f.Message == "" || f.Severity == Off {
				t.Errorf("the finding says nothing: %+v", f)
			}
			if p.rule == idUnreadable {
				return // which cannot be off
			}
			off := validated(t, files, Options{Severity: map[string]Severity{p.rule: Off}})
			if got := found(off); len(got) > 0 {
				t.Errorf("without the rule, others find %q", got)
			}
		})
	}
}

// Every rule has a planted defect here or, where it needs more than a bundle, a
// test of its own.
func TestEveryRuleIsPlanted(t *testing.T) {
	has := map[string]bool{"counts-moved": true, idExpired: true, idBeyond: true, idUnused: true,
		"poi-district": true, "poi-country": true, "datum": true, "datum-shift": true, "tile-hash": true}
	for _, p := range slices.Concat(planted, plantedGeo) {
		has[p.rule] = true
	}
	for _, r := range All() {
		if !has[r.ID] {
			t.Errorf("rule %s has no planted defect", r.ID)
		}
	}
}

func TestCountsMoved(t *testing.T) {
	same := map[string]int64{"pois": 4, "without_tasks": 0, "in_sets": 2, "tasks": 2, "quotas": 4, "districts": 2, "zones": 1}
	tests := []struct {
		name string
		base map[string]int64
		max  float64
		want []string
	}{
		{"no release", nil, 0, nil},
		{"the same", same, -1, nil},
		{"fewer POIs", with(same, "pois", 6), 0, []string{"counts-moved pois"}},
		{"more POIs", with(same, "pois", 3), 0, []string{"counts-moved pois"}},
		{"approved", with(same, "pois", 6), 0.5, nil},
		{"half of the tasks", with(same, "tasks", 4), 0, nil},
		{"most of the tasks", with(same, "tasks", 5), 0, []string{"counts-moved tasks"}},
		{"tasks elsewhere", with(same, "without_tasks", 3), 0, []string{"counts-moved pois"}},
		{"sets gone", with(same, "in_sets", 5), 0, []string{"counts-moved poi_sets"}},
		{"quotas gone", with(same, "quotas", 9), 0, []string{"counts-moved tasks"}},
		{"districts gone", with(same, "districts", 5), 0, []string{"counts-moved districts"}},
		{"zones gone", with(same, "zones", 3), 0, []string{"counts-moved zones"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := validated(t, clean(), Options{Base: tt.base, MaxMoved: tt.max})
			if got := found(r); !slices.Equal(got, tt.want) {
				t.Errorf("found %q, want %q\n%s", got, tt.want, messages(r))
			}
		})
	}
}

func with(counts map[string]int64, name string, n int64) map[string]int64 {
	other := map[string]int64{}
	for k, v := range counts {
		other[k] = v
	}
	other[name] = n
	return other
}

// What findings say, where it takes more than a place.
func TestWords(t *testing.T) {
	tests := []struct {
		name, message, nearest string
		edits                  [][3]string
	}{
		{"too many to the unit", "has a budget of 1,499 units, the quotas of its task come to 1,500: 1 too many", "1500",
			[][3]string{{"prizes.csv", ",1500,", ",1499,"}}},
		{"reference", `task_id "ridez" is no task of this bundle`, "rides", [][3]string{{"quotas.csv", "", "ridez,badge,1001,1\n"}}},
		{"district", `has a quota of 1,000 units for the district "10001", which does not exist`, "1001", [][3]string{{"tasks.yaml", "district: 1001", "district: 10001"}}},
		{"amount", `units "-1" is not within 0…9007199254740991`, "0", [][3]string{{"quotas.csv", "", "rides,badge,1002,-1\n"}}},
		{"twice", "is given before, and the first stays", "", [][3]string{{"pois.csv", "", "a,Other,0.05,0.05\n"}}},
		{"one point", "shares the point 0.700000, 0.700000 with 9 others, the most of its file, where 10 places share 1 point", "", [][3]string{
			{"pois.csv", "", rows(10, func(i int) string { return fmt.Sprintf("x%d,Area %d,0.7,0.7", i, i) })}}},
		{"zones", "has no places: all 2 of the set west lie in zones", "", [][3]string{
			{"zones.geojson", "[[[0.5,0.5],[0.6,0.5],[0.6,0.6],[0.5,0.5]]]", "[[[0,0],[0.1,0],[0.1,0.1],[0,0.1],[0,0]]]"},
			{"tasks.yaml", "district: 1001", "district: 1002"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := validated(t, edited(t, clean(), tt.edits...), Options{})
			if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Message == tt.message && f.Nearest == tt.nearest }) {
				t.Errorf("found\n%swant %q, nearest %q", messages(r), tt.message, tt.nearest)
			}
		})
	}
}

// A finding about two places names the other one apart, so that a report can put
// its folder in front.
func TestSecondPlace(t *testing.T) {
	for see, edit := range map[string][3]string{
		"pois.csv:2":          {"pois.csv", "", "a,Other,0.05,0.05\n"},
		"pois_2.csv:2":        {"pois_2.csv", "", "id,name,lat,lng\ne,WELL,0.02,0.02\n"},
		"districts.geojson:2": {"districts_2.geojson", "", strings.Replace(clean()["districts.geojson"], "1002", "1003", 1)},
	} {
		r := validated(t, edited(t, clean(), edit), Options{})
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.See.String() == see && !strings.Contains(f.Message, see) }) {
			t.Errorf("found\n%swant one that points to %s", messages(r), see)
		}
	}
}

// A rule that needs a moment gets the one that it was told.
func TestMoment(t *testing.T) {
	r := validated(t, clean(), Options{Now: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)})
	if got, want := found(r), []string{"window-past tasks.yaml:23:14", "window-past tasks.yaml:7:14"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
