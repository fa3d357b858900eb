package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"geodrop/grid/coord"
	"geodrop/poi"
)

func refusedWrites(t *testing.T, f *Fixture) {
	ctx := t.Context()
	for _, test := range []struct {
		name string
		fn   func(w poi.Writer) error
		code poi.Code
	}{
		{"no id", func(w poi.Writer) error { return w.PutPOIs(ctx, rows(poi.POI{})) }, poi.CodeMissing},
		{"south of the pole", func(w poi.Writer) error {
			return w.PutPOIs(ctx, rows(poi.POI{ID: "x", Pos: coord.E7{Lat: -900_000_001}}))
		}, poi.CodeRange},
		{"reserved", func(w poi.Writer) error {
			return w.PutPOIs(ctx, rows(poi.POI{ID: "x", Attrs: []poi.Attr{{Name: "lat", Value: "1"}}}))
		}, poi.CodeReserved},
		{"twice", func(w poi.Writer) error {
			return w.PutMerchants(ctx, []poi.Merchant{{ID: "x", Attrs: []poi.Attr{{Name: "a", Value: "1"}, {Name: "a", Value: "1"}}}})
		}, poi.CodeDuplicate},
		{"set all", func(w poi.Writer) error { return w.PutSets(ctx, []poi.SetID{poi.AllPOIs}) }, poi.CodeReserved},
		{"no prizes", func(w poi.Writer) error {
			k := sample().Config.Tasks[0]
			k.Prizes = nil
			return w.PutTasks(ctx, []poi.Task{k})
		}, poi.CodeMissing},
	} {
		before := sequence(t, f.Store)
		err := f.Store.Write(ctx, func(ctx context.Context, w poi.Writer) error {
			if err := w.PutPOIs(ctx, rows(many("half")...)); err != nil {
				return err
			}
			return test.fn(w)
		})
		inv, ok := errors.AsType[*poi.Invalid](err)
		if !ok || inv.Code != test.code {
			t.Errorf("%s: got the error %v, want code %s", test.name, err, test.code)
		}
		if after := sequence(t, f.Store); after != before {
			t.Errorf("%s: the change sequence went from %d to %d though nothing was written", test.name, before, after)
		}
	}
	if got := Read(t, f.Store); len(got.POIs) > 0 {
		t.Errorf("%d POIs of failed writes are there", len(got.POIs))
	}
}

func writersTakeTurns(t *testing.T, f *Fixture) {
	const writers, each = 4, 3
	done := make(chan error)
	before := sequence(t, f.Store)
	for n := range writers {
		go func() {
			var err error
			for i := range each {
				err = errors.Join(err, f.Store.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
					return errors.Join(w.PutPOIs(ctx, rows(poi.POI{ID: "shared", Name: fmt.Sprint(n)})),
						w.PutPOIs(ctx, rows(poi.POI{ID: poi.POIID(fmt.Sprintf("%d-%d", n, i))})))
				}))
			}
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := Read(t, f.Store); len(got.POIs) != writers*each+1 {
		t.Errorf("%d POIs are there, want %d", len(got.POIs), writers*each+1)
	}
	if n := sequence(t, f.Store) - before; n != writers*each {
		t.Errorf("%d writes advanced the sequence by %d", writers*each, n)
	}
}
