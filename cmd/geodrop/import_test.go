package main

import (
	"testing"

	"geodrop/data/transfer"
)

func TestBecame(t *testing.T) {
	for _, tt := range []struct {
		part transfer.Imported
		want string
	}{
		{transfer.Imported{Rows: 9}, ""},
		{transfer.Imported{}, ""},
		{transfer.Imported{Rows: 9, Known: true}, ", by the import before"},
		{transfer.Imported{Rows: 9, Same: 9}, ", unchanged"},
		{transfer.Imported{Rows: 9, Replaced: 9}, ", of which 9 replaced what was there"},
		{transfer.Imported{Rows: 9, Same: 1}, ", of which 1 is unchanged"},
		{transfer.Imported{Rows: 9, Replaced: 2, Same: 3}, ", of which 2 replaced what was there and 3 are unchanged"},
	} {
		if got := became(tt.part); got != tt.want {
			t.Errorf("what became of %+v: %q, want %q", tt.part, got, tt.want)
		}
	}
}
