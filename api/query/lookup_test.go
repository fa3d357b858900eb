package query

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestLookupStates(t *testing.T) {
	r := town(t).open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	east, here, plain, pupil := "east:", "here:", "plain:", "pupil:everyone"
	for _, tt := range []struct {
		name                      string
		at                        string
		all                       bool
		here, east, plain, school string // tasks of each
	}{
		{"before all", "07:59:59", false, "", "", "", ""},
		{"window opens", "08:00:00", false, "everyone,western", "everyone", "everyone", pupil},
		{"school begins", "09:00:00", false, "everyone,western", "everyone", "everyone", ""},
		{"before the preview", "09:29:59", false, "everyone,western", "everyone", "everyone", ""},
		{"preview", "09:30:00", false, "evening,everyone,western", "evening,everyone", "everyone", ""},
		{"session", "10:00:00", false, "evening,everyone,western", "evening,everyone", "everyone", ""},
		{"between sessions", "11:00:00", false, "everyone,western", "everyone", "everyone", ""},
		{"school ends", "15:00:00", false, "everyone,western", "everyone", "everyone", pupil},
		{"window closes", "22:00:00", false, "", "", "", ""},
		{"operators between sessions", "12:00:00", true, "evening,everyone,paused,western", "evening,everyone,paused", "everyone", ""},
		{"operators after the end", "23:00:00", true, "evening,everyone,paused,western", "evening,everyone,paused", "everyone", pupil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			for _, w := range []struct{ poi, tasks string }{{here, tt.here}, {east, tt.east}, {plain, tt.plain}} {
				if tt.here != "" {
					want = append(want, w.poi+w.tasks)
				}
			}
			if tt.school != "" {
				want = append(want, tt.school)
			}
			a := ask(t, r, Request{Pos: covent, At: instant(t, tt.at), All: tt.all})
			got := drops(a)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("drops %q, want %q", got, want)
			}
		})
	}
}

func TestLookupTaskStates(t *testing.T) {
	r := town(t).open(t, Options{})
	tests := []struct {
		at     string
		all    bool
		task   poi.TaskID
		state  poi.State
		opens  string
		closes string
	}{
		{"07:00:00", true, "evening", poi.Upcoming, "10:00:00", "11:00:00"},
		{"09:30:00", false, "evening", poi.Upcoming, "10:00:00", "11:00:00"},
		{"10:30:00", false, "evening", poi.Active, "", "11:00:00"},
		{"12:00:00", true, "evening", poi.BetweenSessions, "20:00:00", "21:00:00"},
		{"12:00:00", true, "paused", poi.Paused, "", ""},
		{"21:30:00", true, "evening", poi.Ended, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.at+" "+string(tt.task), func(t *testing.T) {
			a := ask(t, r, Request{Pos: covent, At: instant(t, tt.at), All: tt.all})
			i := slices.IndexFunc(a.Tasks, func(task Task) bool { return task.ID == tt.task })
			if i < 0 {
				t.Fatalf("tasks %v have no %s", a.Tasks, tt.task)
			}
			task := a.Tasks[i]
			if task.State != tt.state || !sameClock(t, task.OpensAt, tt.opens) || !sameClock(t, task.ClosesAt, tt.closes) {
				t.Errorf("%s opens %v closes %v, want %s %s %s", task.State, task.OpensAt, task.ClosesAt, tt.state, tt.opens, tt.closes)
			}
		})
	}
}

func sameClock(t *testing.T, got time.Time, want string) bool {
	if want == "" {
		return got.IsZero()
	}
	return got.Equal(instant(t, want))
}

func TestLookupKinds(t *testing.T) {
	r := town(t).open(t, Options{Now: fixed(instant(t, "10:30:00"))})
	tests := []struct {
		name  string
		kinds []poi.PrizeKind
		want  []string
	}{
		{"cash", []poi.PrizeKind{poi.Cash}, []string{"here:evening,western", "east:evening"}},
		{"collectable", []poi.PrizeKind{poi.Collectable}, []string{"here:evening,everyone", "east:evening,everyone", "plain:everyone"}},
		{"both", []poi.PrizeKind{poi.Cash, poi.Collectable}, []string{"here:evening,everyone,western", "east:evening,everyone", "plain:everyone"}},
		{"unknown beside known", []poi.PrizeKind{"gold", poi.Cash}, []string{"here:evening,western", "east:evening"}},
		{"unknown", []poi.PrizeKind{"gold"}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, r, Request{Pos: covent, Kinds: tt.kinds})
			if got := drops(a); !slices.Equal(got, tt.want) {
				t.Errorf("drops %q, want %q", got, tt.want)
			}
			for _, task := range a.Tasks {
				if !slices.ContainsFunc(a.Drops, func(d Drop) bool { return slices.Contains(d.Tasks, task.ID) }) {
					t.Errorf("task %s is listed and in no drop", task.ID)
				}
			}
		})
	}
}

func TestLookupLimitAndSort(t *testing.T) {
	c := &config{catalog: town(t).catalog}
	c.catalog.Zones, c.catalog.Districts = nil, nil
	// Rings of four POIs at one place each, so that ids decide.
	for ring := range 50 {
		for _, id := range []string{"d", "b", "c", "aa"} {
			c.spots = append(c.spots, newSpot(fmt.Sprintf("%s%02d", id, ring), at(covent.Lat+coord.Lat(ring)*0.00005, covent.Lng)))
		}
	}
	r := c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	var want []string
	for ring := range 50 {
		for _, id := range []string{"aa", "b", "c", "d"} {
			want = append(want, fmt.Sprintf("%s%02d:everyone", id, ring))
		}
	}
	for _, limit := range []int{1, 2, 3, 50, 199, 200, 201, MaxLimit, 0} {
		a := ask(t, r, Request{Pos: covent, Limit: limit})
		n := min(len(want), (&Request{Limit: limit}).limit())
		if got := drops(a); !slices.Equal(got, want[:n]) || a.Truncated != (n < len(want)) {
			t.Errorf("limit %d: truncated %v, drops %q, want %q", limit, a.Truncated, got, want[:n])
		}
		sorted := drops(ask(t, r, Request{Pos: covent, Limit: limit, Sort: ByIndex}))
		slices.Sort(sorted)
		nearest := slices.Sorted(slices.Values(want[:n]))
		if !slices.Equal(sorted, nearest) {
			t.Errorf("limit %d in index order keeps %q, want %q", limit, sorted, nearest)
		}
	}
	all, _ := r.Inspect(r.grid.Text(r.grid.Cell(covent.E7())))
	inOrder := drops(ask(t, r, Request{Pos: covent, Sort: ByIndex}))
	for i, p := range all {
		j := slices.Index(inOrder, string(p.ID)+":everyone")
		if i > 0 && j != slices.Index(inOrder, string(all[i-1].ID)+":everyone")+1 {
			t.Fatalf("in index order %s is not after %s", p.ID, all[i-1].ID)
		}
	}
}

func TestLookupDistrict(t *testing.T) {
	r := town(t).open(t, Options{})
	tests := []struct {
		pos  coord.WGS84
		want string
	}{
		{covent, "E1 East"},
		{at(covent.Lat, covent.Lng-0.0001), "W1 West"},
		{at(covent.Lat, covent.Lng+0.001), "E1 East"},
		{at(0, 0), ""},
		{at(90, 0), ""},
		{at(-90, 180), ""},
	}
	for _, tt := range tests {
		got := ""
		if d := ask(t, r, Request{Pos: tt.pos}).District; d != nil {
			got = string(d.ID) + " " + d.Name
		}
		if got != tt.want {
			t.Errorf("district of %v is %q, want %q", tt.pos, got, tt.want)
		}
	}
}

func TestLookupRefuses(t *testing.T) {
	r := town(t).open(t, Options{})
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name string
		req  Request
		want error
	}{
		{"NaN lat", Request{Pos: at(coord.Lat(nan), 0)}, coord.ErrRange},
		{"NaN lng", Request{Pos: at(0, coord.Lng(nan))}, coord.ErrRange},
		{"infinite", Request{Pos: at(0, coord.Lng(-inf))}, coord.ErrRange},
		{"one ulp north", Request{Pos: at(coord.Lat(math.Nextafter(90, inf)), 0)}, coord.ErrRange},
		{"one ulp west", Request{Pos: at(0, coord.Lng(math.Nextafter(-180, -inf)))}, coord.ErrRange},
		{"limit", Request{Limit: MaxLimit + 1}, ErrRequest},
		{"negative limit", Request{Limit: -1}, ErrRequest},
		{"sort", Request{Sort: ByIndex + 1}, ErrRequest},
		{"kinds", Request{Kinds: make([]poi.PrizeKind, MaxKinds+1)}, ErrRequest},
		{"year 10000", Request{At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, ErrRequest},
		{"year 0", Request{At: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}, ErrRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, r, Request{Pos: covent, All: true})
			if err := r.Lookup(tt.req, a); !errors.Is(err, tt.want) || len(a.Drops) != 0 || a.Release != "" {
				t.Errorf("Lookup = %v with the answer %+v, want %v and an empty one", err, a, tt.want)
			}
		})
	}
	if err := r.Damaged(); err != nil {
		t.Errorf("wrong requests damage the release: %v", err)
	}
}

// TestErrorsNameNoPosition: where people are must not reach a log.
func TestErrorsNameNoPosition(t *testing.T) {
	r := town(t).open(t, Options{})
	err := r.Lookup(Request{Pos: at(91.7654321, 12.3456789)}, &Answer{})
	if err == nil || strings.Contains(err.Error(), "91.76") || strings.Contains(err.Error(), "12.34") {
		t.Errorf("Lookup = %v, want an error without the position", err)
	}
}

// TestAnswerJSON holds the JSON against the contract's shape.
func TestAnswerJSON(t *testing.T) {
	r := town(t).open(t, Options{Now: fixed(instant(t, "10:30:00"))})
	for name, req := range map[string]Request{
		"covent":  {Pos: at(covent.Lat, covent.Lng-0.0001)},
		"nothing": {Pos: at(-33.8, 151.2)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(ask(t, r, req), "", " ")
			must(t, err)
			golden(t, filepath.Join("testdata", name+".json"), append(got, '\n'))
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if string(got) != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
	}
}

func TestAnswerStaysValidAfterClose(t *testing.T) {
	dir := t.TempDir()
	town(t).write(t, dir)
	r, err := Open(dir, Options{Now: fixed(instant(t, "12:00:00"))})
	must(t, err)
	a := ask(t, r, Request{Pos: covent})
	want, err := json.Marshal(a)
	must(t, err)
	must(t, r.Close())
	must(t, r.Close()) // twice is harmless
	if got, err := json.Marshal(a); err != nil || string(got) != string(want) {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if err := r.Lookup(Request{Pos: covent}, a); !errors.Is(err, ErrClosed) || len(a.Drops) != 0 {
		t.Errorf("Lookup after Close = %v with %d drops, want ErrClosed", err, len(a.Drops))
	}
	if _, err := r.Inspect(r.grid.Text(r.grid.Cell(covent.E7()))); !errors.Is(err, ErrClosed) {
		t.Errorf("Inspect after Close = %v, want ErrClosed", err)
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	r := town(t).open(t, Options{Now: fixed(instant(t, "10:30:00"))})
	a := &Answer{}
	requests := []Request{
		{Pos: covent}, {Pos: covent, Limit: 1}, {Pos: covent, Sort: ByIndex}, {Pos: at(0, 0)},
		{Pos: covent, Kinds: []poi.PrizeKind{poi.Cash}}, {Pos: covent, All: true},
		{Pos: covent, At: instant(t, "20:30:00")},
	}
	all := func() {
		for i := range requests {
			if err := r.Lookup(requests[i], a); err != nil {
				t.Fatal(err)
			}
		}
	}
	all()
	if n := testing.AllocsPerRun(100, all); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// TestLookupAtTheEdges looks across the antimeridian and around the poles,
// where the window is five of the columns that meet there.
func TestLookupAtTheEdges(t *testing.T) {
	c := &config{catalog: town(t).catalog}
	c.catalog.Zones, c.catalog.Districts = nil, nil
	for id, p := range map[string]coord.WGS84{
		"west of 180": at(10, 179.9995), "east of 180": at(10, -179.9995), "on 180": at(10, 180),
		"pole": at(90, 0), "pole again": at(90, 4), "near the pole": at(89.9995, 0), "over the pole": at(90, 120),
		"south pole": at(-90, 77),
	} {
		c.spots = append(c.spots, newSpot(id, p))
	}
	r := c.open(t, Options{Now: fixed(instant(t, "12:00:00"))})
	antimeridian := []string{"on 180:everyone", "east of 180:everyone", "west of 180:everyone"}
	tests := []struct {
		name string
		pos  coord.WGS84
		want []string
	}{
		{"from the west", at(10, 179.9999), []string{"on 180:everyone", "west of 180:everyone", "east of 180:everyone"}},
		{"from the east", at(10, -179.9999), antimeridian},
		{"north pole", at(90, 2), []string{"pole:everyone", "pole again:everyone", "near the pole:everyone"}},
		{"south pole", at(-90, 75), []string{"south pole:everyone"}},
		{"south pole from beside", at(-89.9995, 79), []string{"south pole:everyone"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := drops(ask(t, r, Request{Pos: tt.pos}))
			if tt.name == "north pole" { // equally near up to rounding
				slices.Sort(got)
				slices.Sort(tt.want)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("drops %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCell(t *testing.T) {
	r := town(t).open(t, Options{Now: fixed(instant(t, "10:30:00"))})
	a := &Answer{}
	seen := 0
	for _, c := range r.grid.Cells(covent.E7(), 2, nil) {
		text := r.grid.Text(c)
		must(t, r.Cell(text, Request{}, a))
		if a.Cell.String() != text {
			t.Errorf("cell %s answers for %s", text, a.Cell)
		}
		places, err := r.Inspect(text)
		must(t, err)
		for _, d := range a.Drops {
			if !slices.ContainsFunc(places, func(p Place) bool { return string(p.ID) == d.POI.String() }) {
				t.Errorf("%s is a drop of cell %s and no place", d.POI, text)
			}
		}
		seen += len(a.Drops)
	}
	if want := len(ask(t, r, Request{Pos: covent}).Drops); seen != want {
		t.Errorf("%d drops in the cells of the window, want %d", seen, want)
	}
	for _, text := range []string{"", "100-1-1", "200-1", "200-78788-99999999"} {
		if err := r.Cell(text, Request{}, a); !errors.Is(err, grid.ErrCell) {
			t.Errorf("Cell(%q) = %v, want ErrCell", text, err)
		}
		if _, err := r.Inspect(text); !errors.Is(err, grid.ErrCell) {
			t.Errorf("Inspect(%q) = %v, want ErrCell", text, err)
		}
	}
	if err := r.Cell(r.grid.Text(r.grid.Cell(covent.E7())), Request{Limit: -1}, a); !errors.Is(err, ErrRequest) {
		t.Errorf("Cell with limit -1 = %v, want ErrRequest", err)
	}
}

func TestInspect(t *testing.T) {
	c := town(t)
	r := c.open(t, Options{Now: fixed(instant(t, "10:30:00"))})
	found := 0
	for i := range c.spots {
		s := &c.spots[i]
		places, err := r.Inspect(r.grid.Text(r.grid.Cell(s.Pos)))
		must(t, err)
		for _, p := range places {
			if p.ID != s.ID {
				continue
			}
			found++
			if p.Pos != s.Pos || p.Name != s.Name || p.Kind != s.Kind || !slices.Equal(p.Attrs, s.Attrs) ||
				p.District != s.District || !slices.Equal(p.Sets, s.Sets) || !slices.Equal(p.Zones, s.Zones) {
				t.Errorf("place %+v, want %+v", p, s)
			}
			if s.ID == "here" && !slices.Equal(p.Tasks, []poi.TaskID{"evening", "everyone", "paused", "western"}) {
				t.Errorf("tasks of here are %q", p.Tasks)
			}
		}
	}
	if found != len(c.spots) {
		t.Errorf("%d places found, want %d", found, len(c.spots))
	}
}
