package storetest

import (
	"context"
	"errors"
	"testing"

	"geodrop/poi"
)

// busy has one writer in the middle of what takes long, as an import of a large
// file does: readers do not notice, another writer is told, and neither does harm
// to the other.
func busy(t *testing.T, f *Fixture) {
	impatient, err := f.Impatient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := impatient.Close(); err != nil {
			t.Error(err)
		}
	}()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- f.Store.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
			err := w.PutPOIs(ctx, rows(poi.POI{ID: "of the import"}))
			close(begun)
			<-end
			return err
		})
	}()
	<-begun
	before, ran := sequence(t, f.Store), false
	put := func(ctx context.Context, w poi.Writer) error {
		ran = true
		return w.PutPOIs(ctx, rows(poi.POI{ID: "of the other"}))
	}
	if err := impatient.Write(t.Context(), put); !errors.Is(err, poi.ErrBusy) || ran {
		t.Errorf("another writer gets %v; what it writes ran: %v", err, ran)
	}
	if got := Read(t, impatient); len(got.POIs) != 0 || sequence(t, impatient) != before {
		t.Errorf("a reader sees %v", got.POIs)
	}
	close(end)
	if err := <-done; err != nil {
		t.Errorf("the import: %v", err)
	}
	if err := impatient.Write(t.Context(), put); err != nil {
		t.Errorf("after the import: %v", err)
	}
	if got := Read(t, f.Store); len(got.POIs) != 2 || sequence(t, f.Store) != before+2 {
		t.Errorf("in the end there are %v", got.POIs)
	}
}
