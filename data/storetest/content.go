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
