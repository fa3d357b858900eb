package storetest

import (
	"context"
	"errors"
	"testing"

	"geodrop/data/schema"
	"geodrop/poi"
)

func otherSchema(t *testing.T, f *Fixture) {
	droppedTable(t, f)
	for _, test := range []struct {
		statement string
		want      error
	}{
		{"UPDATE goose_db_version SET version_id = 999 WHERE version_id > 0", schema.ErrTooNew},
		{"DELETE FROM goose_db_version WHERE version_id > 0", schema.ErrTooOld},
		{"DROP TABLE goose_db_version", schema.ErrTooOld},
	} {
		if err := f.Foreign(test.statement); err != nil {
			t.Fatal(err)
		}
		_, err := f.Store.Snapshot(t.Context())
		if !errors.Is(err, test.want) || !errors.As(err, new(*schema.VersionError)) {
			t.Errorf("%s: a snapshot gives %v", test.statement, err)
		}
		err = f.Store.Write(t.Context(), func(context.Context, poi.Writer) error { return nil })
		if !errors.Is(err, test.want) {
			t.Errorf("%s: a write gives %v", test.statement, err)
		}
		s, err := f.Reopen(t.Context())
		if !errors.Is(err, test.want) {
			t.Errorf("%s: opening gives %v, %v", test.statement, s, err)
		}
	}
}
