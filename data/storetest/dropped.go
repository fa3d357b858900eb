package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"geodrop/data/schema"
	"geodrop/poi"
)

// droppedTable: a table that is gone is no table without rows, and neither reads
// nor writes go on without it. Nothing advances the sequence when it goes.
func droppedTable(t *testing.T, f *Fixture) {
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(poi.POI{ID: "p"})) })
	before := sequence(t, f.Store)
	if err := f.Foreign("ALTER TABLE zones RENAME TO away"); err != nil {
		t.Fatal(err)
	}
	if now := sequence(t, f.Store); now != before {
		t.Errorf("the sequence went from %d to %d", before, now)
	}
	_, reading := f.Store.Snapshot(t.Context())
	writing := f.Store.Write(t.Context(), func(context.Context, poi.Writer) error { return nil })
	_, opening := f.Reopen(t.Context())
	for doing, err := range map[string]error{"a snapshot": reading, "a write": writing, "opening": opening} {
		if !errors.Is(err, schema.ErrNoTable) || !strings.Contains(err.Error(), ": zones: ") {
			t.Errorf("without a table %s gives %v", doing, err)
		}
	}
	if err := f.Foreign("ALTER TABLE away RENAME TO zones"); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, f.Store); len(got.POIs) != 1 {
		t.Errorf("with the table back there are %v", got.POIs)
	}
}
