package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"geodrop/data/sqlstore"
	"geodrop/poi"
)

// isolation holds a snapshot to its state while others write between and during
// its streams.
func isolation(t *testing.T, f *Fixture) {
	first := many("first")
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(first...)) })
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if !src.KeyOrder() {
		t.Error("a store's rows are in the order of their keys")
	}
	before, err := src.Revision(t.Context())
	if err != nil || before.Sequence != sequence(t, f.Store) {
		t.Errorf("revision %+v, %v; the change sequence is %d", before, err, sequence(t, f.Store))
	}
	for round := range 2 {
		var got []poi.POI
		for batch, err := range src.POIs(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range batch.Rows {
				got = append(got, row.POI)
			}
			write(t, f.Store, func(ctx context.Context, w poi.Writer) error {
				if err := w.DeletePOIs(ctx, []poi.POIID{"001499"}); err != nil {
					return err
				}
				return w.PutPOIs(ctx, rows(many(fmt.Sprint("second", round))[:700]...))
			})
		}
		equal(t, got, first)
	}
	if after := sequence(t, f.Store); after <= before.Sequence {
		t.Errorf("writing led the change sequence from %d to %d", before.Sequence, after)
	}
	if now := Read(t, f.Store); len(now.POIs) != manyRows-1 || now.POIs[0].Name != "second1" {
		t.Errorf("a new snapshot has %d POIs, the first is %+v", len(now.POIs), now.POIs[0])
	}
}

func oneStream(t *testing.T, f *Fixture) {
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(many("x")...)) })
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for range src.POIs(t.Context()) {
		for _, err := range src.Zones(t.Context()) {
			if !errors.Is(err, sqlstore.ErrStream) {
				t.Errorf("a second stream has the error %v", err)
			}
		}
		break
	}
	for _, err := range src.Zones(t.Context()) { // the first one was left early
		t.Error(err)
	}
}

func cancelled(t *testing.T, f *Fixture) {
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(many("x")...)) })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	src, err := f.Store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range src.POIs(ctx) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled stream ends with %v", last)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	err = f.Store.Write(ctx, func(context.Context, poi.Writer) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled write ends with %v", err)
	}
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.DeletePOIs(ctx, []poi.POIID{"000001"}) })
}
