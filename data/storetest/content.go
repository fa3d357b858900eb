package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
)

func roundTrip(t *testing.T, f *Fixture) {
	want := sample()
	for range 2 { // the second time all of it is there
		write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return Put(ctx, w, want) })
		equal(t, Read(t, f.Store), want)
	}
}

func upsertAndDelete(t *testing.T, f *Fixture) {
	want := sample()
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return Put(ctx, w, want) })
	want.POIs[0] = poi.POI{ID: "1", Name: "moved", Pos: coord.E7{Lat: 1, Lng: 2}}
	want.Config.Tasks[0].Quotas = want.Config.Tasks[0].Quotas[:1]
	want.Config.Tasks[0].Prizes = want.Config.Tasks[0].Prizes[:1]
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		return errors.Join(w.PutPOIs(ctx, rows(want.POIs[0])), w.PutTasks(ctx, want.Config.Tasks[:1]))
	})
	equal(t, Read(t, f.Store), want)
	before := sequence(t, f.Store)
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		return errors.Join(
			w.DeletePOIs(ctx, []poi.POIID{"1", "none"}), w.DeleteMemberships(ctx, want.Memberships),
			w.DeleteTasks(ctx, []poi.TaskID{"t1", "t2"}), w.DeleteSets(ctx, []poi.SetID{"parks", "empty"}),
			w.DeletePrizes(ctx, []poi.PrizeID{"p1", "p2"}), w.DeleteMerchants(ctx, []poi.MerchantID{"m1", "m2"}),
			w.DeleteDistricts(ctx, []poi.Adcode{"d1", "d2"}), w.DeleteZones(ctx, []poi.ZoneID{"z1", "z2"}))
	})
	equal(t, Read(t, f.Store), &State{POIs: want.POIs[1:]})
	if after := sequence(t, f.Store); after <= before {
		t.Errorf("deleting led the change sequence from %d to %d", before, after)
	}
}

func counts(t *testing.T, f *Fixture) {
	want := sample()
	for range 2 {
		write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
			if err := Put(ctx, w, want); err != nil {
				return err
			}
			for table, n := range map[poi.Table]int{poi.TableMerchants: 2, poi.TablePrizes: 2, poi.TableTasks: 2,
				poi.TableDistricts: 2, poi.TableZones: 2, poi.TablePOIs: 2} {
				if got, err := w.Count(ctx, table); err != nil || got != int64(n) {
					t.Errorf("table %s has %d rows, %v; want %d", table, got, err, n)
				}
			}
			if n, err := w.Count(ctx, "changes"); err == nil {
				t.Errorf("a table that is none of the config has %d rows", n)
			}
			return nil
		})
	}
}

// altered: a row counts when a value of it, or a part, differs from what is there.
func altered(t *testing.T, f *Fixture) {
	s := sample()
	const rows, sets = 12, 2 // of the sample, in tables that have a Count
	for _, tt := range []struct {
		name        string
		edit        func()
		added, want int64
	}{
		{"all new", func() {}, rows + sets, 0},
		{"all the same", func() {}, 0, 0},
		{"a place moves", func() { s.POIs[0].Pos.Lat++ }, 0, 1},
		{"a place has no attributes", func() { s.POIs[0].Attrs = nil }, 0, 1},
		{"a prize is renamed", func() { s.Config.Prizes[0].Name += "!" }, 0, 1},
		{"a district and a zone are renamed", func() { s.Districts[0].Name += "!"; s.Zones[1].Name += "!" }, 0, 2},
		{"a task is renamed", func() { s.Config.Tasks[0].Title += "!" }, 0, 1},
		{"a quota differs", func() { s.Config.Tasks[0].Quotas[0].Units++ }, 0, 1},
		{"a weight differs", func() { s.Config.Tasks[0].Prizes[0].Weight++ }, 0, 1},
		{"a task loses a quota and is renamed", func() { k := &s.Config.Tasks[0]; k.Title, k.Quotas = "x", k.Quotas[:1] }, 0, 1},
		{"all the same again", func() {}, 0, 0},
	} {
		tt.edit()
		write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
			err := Put(ctx, w, s)
			if got := w.Altered(tt.added); got != tt.want {
				t.Errorf("%s: %d rows are altered, want %d", tt.name, got, tt.want)
			}
			return err
		})
		equal(t, Read(t, f.Store), s)
	}
}

func orderOfKeys(t *testing.T, f *Fixture) {
	ids := []string{"b", "B", "a", "a!", "a b", "aa", "é", "e", "😀", "中", "～", "10", "9", "ß", "ss"}
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
		for _, id := range ids {
			m := []poi.MembershipRow{{Membership: poi.Membership{Set: "s", POI: poi.POIID(id)}}}
			if err := errors.Join(w.PutPOIs(ctx, rows(poi.POI{ID: poi.POIID(id)})), w.PutMemberships(ctx, m)); err != nil {
				return err
			}
		}
		return w.PutSets(ctx, []poi.SetID{"s"})
	})
	got := Read(t, f.Store)
	slices.Sort(ids)
	for i, id := range ids {
		if i >= len(got.POIs) || i >= len(got.Memberships) || string(got.POIs[i].ID) != id || string(got.Memberships[i].POI) != id {
			t.Fatalf("want POIs and memberships in the order %q, got\n%v\n%v", ids, got.POIs, got.Memberships)
		}
	}
}
