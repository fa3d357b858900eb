package query

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// crowd is a release of n POIs within about 400 m of each of some corners, ten
// tasks at each POI.
func crowd(b *testing.B, corners, n int) (*Release, []coord.WGS84) {
	r := rand.New(rand.NewPCG(1, 2))
	c := &config{catalog: catalog.Catalog{
		Merchants: []poi.Merchant{{ID: "m", Name: "Merchant"}},
		Prizes:    []poi.Prize{{ID: "cash", Kind: poi.Cash, Merchant: "m"}},
	}}
	for i := range 10 {
		c.catalog.Tasks = append(c.catalog.Tasks, newTask(b, poi.TaskID(fmt.Sprintf("task-%d", i)), poi.AllPOIs, "cash"))
	}
	var positions []coord.WGS84
	for i := range corners {
		p := at(coord.Lat(20+float64(i%100)*0.1), coord.Lng(float64(i/100)*0.1))
		positions = append(positions, p)
		for j := range n {
			near := at(p.Lat+coord.Lat(r.Float64()*0.006-0.003), p.Lng+coord.Lng(r.Float64()*0.006-0.003))
			c.spots = append(c.spots, newSpot(fmt.Sprintf("node-%d-%d", i, j), near))
		}
	}
	return c.open(b, Options{Now: fixed(instant(b, "12:00:00"))}), positions
}

func BenchmarkLookup(b *testing.B) {
	for _, bm := range []struct{ corners, pois int }{{2000, 24}, {20, 1000}, {2, 10_000}} {
		b.Run(fmt.Sprintf("pois=%d", bm.pois), func(b *testing.B) {
			r, positions := crowd(b, bm.corners, bm.pois)
			a := &Answer{}
			for _, p := range positions {
				must(b, r.Lookup(Request{Pos: p}, a))
			}
			b.ReportAllocs()
			found := 0
			for i := 0; b.Loop(); i++ {
				if err := r.Lookup(Request{Pos: positions[i*7919%len(positions)]}, a); err != nil {
					b.Fatal(err)
				}
				found += len(a.Drops)
			}
			b.ReportMetric(float64(found)/float64(b.N), "drops/op")
		})
	}
}

func BenchmarkAnswerJSON(b *testing.B) {
	r, positions := crowd(b, 1, 24)
	a := ask(b, r, Request{Pos: positions[0]})
	b.ReportAllocs()
	for b.Loop() {
		must(b, json.NewEncoder(io.Discard).Encode(a))
	}
}

// BenchmarkView makes the view of a national event: 10^4 tasks with sessions in
// 3,000 districts, 10^5 combinations.
func BenchmarkView(b *testing.B) {
	tables := nation(b, 10_000, 100_000)
	at := instant(b, "00:00:00")
	b.Run("from nothing", func(b *testing.B) {
		for b.Loop() {
			newView(tables, nil, at)
		}
	})
	b.Run("next change", func(b *testing.B) {
		v := newView(tables, nil, at)
		for b.Loop() {
			v = newView(tables, v, v.next)
		}
	})
}

// nation are tables without segments behind them.
func nation(tb testing.TB, tasks, combos int) *tables {
	zone, err := poi.ParseTimeZone("Asia/Shanghai")
	must(tb, err)
	c := &catalog.Catalog{Merchants: []poi.Merchant{{ID: "m"}}, Prizes: []poi.Prize{{ID: "cash", Kind: poi.Cash, Merchant: "m"}}}
	const districts = 3000
	for i := range districts {
		c.Districts = append(c.Districts, catalog.District{Adcode: poi.Adcode(fmt.Sprint(100_000 + i))})
	}
	for i := range tasks {
		task := newTask(tb, poi.TaskID(fmt.Sprintf("task-%05d", i)), poi.SetID(fmt.Sprint(i%20)), "cash")
		task.When.End = task.When.Start.AddDate(0, 0, 30)
		task.When.TimeZone = zone
		task.When.Sessions = []poi.Session{{Start: poi.ClockTime(i % 700), End: poi.ClockTime(i%700 + 60)}, {Start: 20 * 60, End: 21 * 60}}
		task.Preview = 10 * time.Minute
		task.Quotas = nil
		for d := range 3 {
			task.Quotas = append(task.Quotas, poi.Quota{Prize: "cash", District: c.Districts[(i*3+d)%districts].Adcode, Units: 5})
		}
		c.Tasks = append(c.Tasks, task)
	}
	t, err := newTables(c, nil)
	must(tb, err)
	// Labels as the segments would have them, in 50 segments.
	s := newSiteBuilder(t)
	t.tasks, t.zones = newLists[poi.TaskNo](), newLists[zoneNo]()
	t.combos = make([][]siteNo, 50)
	for i := range combos {
		place := catalog.Place{District: c.Districts[i%districts].Adcode}
		for set := range 20 {
			if (i/districts*2654435761)>>set&1 == 1 {
				place.Sets = append(place.Sets, poi.SetID(fmt.Sprint(set)))
			}
		}
		at, err := s.site(&place)
		must(tb, err)
		t.sites = append(t.sites, at)
		t.combos[i%50] = append(t.combos[i%50], siteNo(i))
	}
	return t
}

// BenchmarkSites is the part of Open that grows with the config.
func BenchmarkSites(b *testing.B) {
	for b.Loop() {
		nation(b, 10_000, 100_000)
	}
}

const benchPOIs = 1_000_000

// BenchmarkTile is tiles of a release of 10^6 POIs all over the map, a third of
// them in cities: the whole world, one around a city, one inside it.
func BenchmarkTile(b *testing.B) {
	r := scattered(b, benchPOIs).open(b, Options{Now: fixed(instant(b, "12:00:00"))})
	b.Run("survey", func(b *testing.B) {
		for b.Loop() {
			if _, err := newSurvey(b.Context(), r.tables, r.index.Segments(), maxCounts); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchPOIs, "ns/POI")
	})
	must(b, r.Survey(b.Context()))
	counts := 0
	for _, l := range r.survey.Load().levels {
		counts += cap(l.counts)
	}
	city := at(9, 0)
	for _, zoom := range []int{0, 5, 10, 12, 14, 16} {
		b.Run(fmt.Sprintf("zoom=%d", zoom), func(b *testing.B) {
			w, _ := project(city.E7())
			tile := MapTile{zoom, uint32(w.x >> (worldBits - zoom)), uint32(w.y >> (worldBits - zoom))}
			a := &Tile{}
			must(b, r.Tile(b.Context(), tile, a))
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Tile(b.Context(), tile, a); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(a.Drops)+len(a.Clusters)), "features")
			b.ReportMetric(float64(counts)*float64(unsafe.Sizeof(count{})), "survey-bytes")
		})
	}
}
