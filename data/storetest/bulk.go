package storetest

import (
	"context"
	"errors"
	"testing"

	"geodrop/poi"
)

// veryMany is so many rows that they are written in bulk.
const veryMany = 1 << 20

// held is a bulk write that has put its POIs and goes on when told.
type held struct {
	goOn chan struct{}
	done chan error
}

func hold(t *testing.T, f *Fixture, end error, pois ...poi.POI) *held {
	t.Helper()
	h := &held{make(chan struct{}), make(chan error, 1)}
	put, first := make(chan struct{}), true
	go func() {
		h.done <- f.Store.WriteBulk(t.Context(), veryMany, func(ctx context.Context, w poi.Writer) error {
			if err := w.PutPOIs(ctx, rows(pois...)); err != nil {
				return err
			}
			if first { // of the attempts
				first = false
				close(put)
				<-h.goOn
			}
			return errors.Join(w.PutImported(ctx, "run", poi.ImportedFile{Name: "pois.csv", Rows: veryMany}), end)
		})
	}()
	select {
	case <-put:
	case err := <-h.done:
		t.Fatal(err)
	}
	return h
}

func (h *held) end() error {
	close(h.goOn)
	return <-h.done
}

func putOne(p poi.POI) func(context.Context, poi.Writer) error {
	return func(ctx context.Context, w poi.Writer) error { return w.PutPOIs(ctx, rows(p)) }
}

// bulk has others write in the middle of a bulk write, between its rows, too. Of
// it they see nothing until it ends, and then all.
func bulk(t *testing.T, f *Fixture) {
	impatient, err := f.Impatient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := impatient.Close(); err != nil {
			t.Error(err)
		}
	}()
	write(t, f.Store, putOne(poi.POI{ID: "c", Name: "old"}))
	since, before := markOf(t, f), sequence(t, f.Store)
	h := hold(t, f, nil, poi.POI{ID: "a"}, poi.POI{ID: "c", Name: "new"}, poi.POI{ID: "e"})
	others := []poi.POI{{ID: "b"}, {ID: "d"}, {ID: "f"}}
	for i, p := range others {
		err := impatient.Write(t.Context(), putOne(p))
		if f.BulkAlone != errors.Is(err, poi.ErrBusy) || !f.BulkAlone && err != nil {
			t.Errorf("another writer gets %v", err)
		}
		if f.BulkAlone {
			others = nil
			break
		}
		if got := Read(t, f.Store); len(got.POIs) != 2+i || got.POIs[0].ID == "a" {
			t.Errorf("a reader sees %v", got.POIs)
		}
	}
	if got := sequence(t, f.Store); got != before+uint64(len(others)) {
		t.Errorf("%d writes led the change sequence from %d to %d", len(others), before, got)
	}
	if err := h.end(); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, f.Store); len(got.POIs) != 3+len(others) || got.POIs[0].ID != "a" {
		t.Errorf("in the end there are %v", got.POIs)
	}
	if got := sequence(t, f.Store); got != before+uint64(len(others))+1 {
		t.Errorf("%d writes led the change sequence from %d to %d", len(others)+1, before, got)
	}
	if got, err := since.changes(t, f); !f.BulkAlone && !errors.Is(err, poi.ErrUntracked) {
		t.Errorf("the changes are %s, %v", got, err)
	}
	if files, err := f.Store.Imported(t.Context(), "run"); err != nil || len(files) != 1 {
		t.Errorf("imported are %v, %v", files, err)
	}
}

// bulkOfFew: what a few rows change is tracked.
func bulkOfFew(t *testing.T, f *Fixture) {
	since := markOf(t, f)
	if err := f.Store.WriteBulk(t.Context(), 1, putOne(poi.POI{ID: "a"})); err != nil {
		t.Fatal(err)
	}
	if _, err := since.changes(t, f); err != nil {
		t.Error(err)
	}
}

// bulkSameRow has another one write a row of a bulk write: it waits, or is done
// again, and neither is lost.
func bulkSameRow(t *testing.T, f *Fixture) {
	h := hold(t, f, nil, poi.POI{ID: "a"}, poi.POI{ID: "b"})
	begun, once, done := make(chan struct{}), false, make(chan error, 1)
	go func() {
		done <- f.Store.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
			if !once {
				once = true
				close(begun)
			}
			return w.PutPOIs(ctx, rows(poi.POI{ID: "b", Name: "other"}, poi.POI{ID: "c"}))
		})
	}()
	if !f.BulkAlone {
		<-begun
	}
	if err := errors.Join(h.end(), <-done); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, f.Store); len(got.POIs) != 3 {
		t.Errorf("there are %v", got.POIs)
	}
}

// bulkFails: nothing is left of one that fails.
func bulkFails(t *testing.T, f *Fixture) {
	before, failed := sequence(t, f.Store), errors.New("failed")
	if err := hold(t, f, failed, poi.POI{ID: "a"}).end(); !errors.Is(err, failed) {
		t.Errorf("it ends with %v", err)
	}
	if got := Read(t, f.Store); len(got.POIs) != 0 || sequence(t, f.Store) != before {
		t.Errorf("there are %v, and the change sequence went from %d to %d", got.POIs, before, sequence(t, f.Store))
	}
	write(t, f.Store, putOne(poi.POI{ID: "b"}))
	if after := sequence(t, f.Store); after != before+1 {
		t.Errorf("a write led the change sequence from %d to %d", before, after)
	}
}
