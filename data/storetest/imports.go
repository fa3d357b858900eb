package storetest

import (
	"context"
	"slices"
	"testing"

	"geodrop/poi"
)

func imports(t *testing.T, f *Fixture) {
	one, two := poi.ImportedFile{Name: "a.csv", Rows: 1}, poi.ImportedFile{Name: "b.csv", Rows: 2}
	put := func(run string, file poi.ImportedFile) {
		write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.PutImported(ctx, run, file) })
	}
	check := func(when, run string, want ...poi.ImportedFile) {
		t.Helper()
		got, err := f.Store.Imported(t.Context(), run)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", when, got, err, want)
		}
	}
	check("at first", "r")
	put("r", one)
	put("r", two)
	check("after two files", "r", one, two)
	check("of another import", "other")
	if err := f.Foreign("INSERT INTO poi_sets (id) VALUES ('s')"); err != nil {
		t.Fatal(err)
	}
	check("after a foreign write", "r")
	put("r", two)
	check("going on all the same", "r", one, two)
	put("other", one)
	check("after another import", "r")
	check("of the other import", "other", one)
	write(t, f.Store, func(ctx context.Context, w poi.Writer) error { return w.ForgetImports(ctx) })
	check("at the end", "other")
}
