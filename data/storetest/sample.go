package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// sample is a config with something in every column.
func sample() *State {
	shanghai, _ := poi.ParseTimeZone("Asia/Shanghai")
	session, _ := poi.ParseSession("Sat,Sun 23:00-01:00")
	start := time.Date(2027, 1, 1, 0, 0, 0, 123456789, time.UTC)
	hole := grid.Ring{{Lat: 200, Lng: 200}, {Lat: 200, Lng: 300}, {Lat: 300, Lng: 300}}
	withHole := box(-7, -1_800_000_000, 515_000_001, 1_270_000_000)
	withHole[0] = append(withHole[0], hole)
	return &State{
		Config: poi.Config{
			Merchants: []poi.Merchant{{ID: "m1", Name: "茶馆 “Tea\"", Attrs: []poi.Attr{{Name: "z", Value: "1"}, {Name: "a", Value: "x\\\n\ty"}}}, {ID: "m2"}},
			Prizes: []poi.Prize{{ID: "p1", Name: "P", Kind: poi.Cash, Merchant: "m1", Value: 188, Currency: "CNY", Units: poi.MaxUnits},
				{ID: "p2", Name: "Q", Kind: poi.Collectable, Merchant: "m2", Attrs: []poi.Attr{{Name: "c", Value: "<&>"}}}},
			Sets: []poi.SetID{"empty", "parks"},
			Tasks: []poi.Task{{ID: "t1", Title: "T", Merchant: "m1", Set: "parks",
				When:    poi.Schedule{Start: start, End: start.AddDate(1, 0, 0), Sessions: []poi.Session{session}, TimeZone: shanghai},
				Preview: 15 * time.Minute, ClaimRadius: 12.345678901234567, Caps: poi.Caps{PerDay: 3, Total: 10, Cooldown: 90 * time.Second},
				Prizes: []poi.TaskPrize{{Prize: "p2", Weight: 10}, {Prize: "p1", Weight: 90}},
				Quotas: []poi.Quota{{Prize: "p2", District: "d2", Units: 5}, {Prize: "p1", District: "*", Units: 7}, {Prize: "p1", District: "d1"}},
				Paused: true, Priority: -3},
				{ID: "t2", Title: "U", Merchant: "m2", Set: poi.AllPOIs, When: poi.Schedule{Start: start, End: start.Add(time.Hour)},
					ClaimRadius: 50, Prizes: []poi.TaskPrize{{Prize: "p2", Weight: 1}}}},
		},
		POIs: []poi.POI{
			{ID: "1", Name: "River Street", Pos: coord.E7{Lat: 515291630, Lng: -1099710}, Kind: "cycle_hire",
				Attrs: []poi.Attr{{Name: "source", Value: "tfl"}, {Name: "area", Value: `Clerkenwell "x", y`}}},
			{ID: "2", Pos: coord.E7{Lat: -900_000_000, Lng: -1_800_000_000}},
		},
		Memberships: []poi.Membership{{Set: "parks", POI: "1"}, {Set: "parks", POI: "nowhere"}},
		Districts:   []poi.District{{Adcode: "d1", Name: "One", Parent: "d", Shape: withHole}, {Adcode: "d2", Shape: append(box(0, 0, 9, 9), box(20, 20, 30, 30)...)}},
		Zones: []poi.Zone{{ID: "z1", Name: "Z", Reason: "school", Shape: box(0, 0, 1e7, 1e7),
			When: poi.Schedule{Start: start, Sessions: []poi.Session{session, session}, TimeZone: shanghai}}, {ID: "z2", Reason: "rail", Shape: box(5, 5, 8, 8)}},
	}
}

func box(south, west, north, east int32) grid.Shape {
	return grid.Shape{{{{Lat: south, Lng: west}, {Lat: south, Lng: east}, {Lat: north, Lng: east}, {Lat: north, Lng: west}}}}
}

func rows(pois ...poi.POI) []poi.POIRow {
	var list []poi.POIRow
	for _, p := range pois {
		list = append(list, poi.POIRow{POI: p})
	}
	return list
}

// manyRows is more than any batch or statement holds.
const manyRows = 1500

func many(name string) []poi.POI {
	pois := make([]poi.POI, manyRows)
	for i := range pois {
		pois[i] = poi.POI{ID: poi.POIID(fmt.Sprintf("%06d", i)), Name: name, Pos: coord.E7{Lat: int32(i), Lng: int32(i)},
			Attrs: []poi.Attr{{Name: "long", Value: strings.Repeat("x", i%700+1)}}}
	}
	return pois
}

// Put writes all of a state in one transaction.
func Put(ctx context.Context, w poi.Writer, s *State) error {
	var members []poi.MembershipRow
	for _, m := range s.Memberships {
		members = append(members, poi.MembershipRow{Membership: m})
	}
	return errors.Join(
		w.PutZones(ctx, pointers(s.Zones)), w.PutDistricts(ctx, pointers(s.Districts)),
		w.PutMemberships(ctx, members), w.PutPOIs(ctx, rows(s.POIs...)), w.PutTasks(ctx, s.Config.Tasks),
		w.PutSets(ctx, s.Config.Sets), w.PutPrizes(ctx, s.Config.Prizes), w.PutMerchants(ctx, s.Config.Merchants),
	)
}

func pointers[T any](list []T) (out []*T) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}
