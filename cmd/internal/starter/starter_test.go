package starter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"geodrop/data/sqlite"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFill: the store has the sample and is one file; what a killed start left
// is no obstacle; a store that is there stays.
func TestFill(t *testing.T) {
	dir := t.TempDir()
	work := filepath.Join(dir, workName)
	must(t, os.MkdirAll(filepath.Join(work, "sample"), 0o755))
	must(t, os.WriteFile(filepath.Join(work, StoreName), []byte("half"), 0o600))
	for _, want := range []bool{true, false} {
		if made, err := Fill(t.Context(), dir); err != nil || made != want {
			t.Fatalf("made %v, %v, want %v", made, err, want)
		}
		entries, err := os.ReadDir(dir)
		must(t, err)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if !slices.Equal(names, []string{StoreName}) {
			t.Errorf("the folder has %q", names)
		}
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, StoreName), sqlite.Options{})
	must(t, err)
	src, err := store.Snapshot(t.Context())
	must(t, err)
	pois := 0
	for batch, err := range src.POIs(t.Context()) {
		must(t, err)
		pois += len(batch.Rows)
	}
	if pois != 742 {
		t.Errorf("the store has %d POIs", pois)
	}
	must(t, src.Close())
	must(t, store.Close())
}

// TestFillStops: one that is told to stop leaves no store.
func TestFillStops(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if made, err := Fill(ctx, dir); made || !errors.Is(err, context.Canceled) {
		t.Errorf("made %v, %v", made, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}
