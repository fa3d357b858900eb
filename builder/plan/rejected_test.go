package plan

import (
	"testing"

	"geodrop/builder"
	"geodrop/poi"
)

// TestRejectedBy: the first rows are named, the others counted.
func TestRejectedBy(t *testing.T) {
	rows := func(n int) (all []poi.Reject) {
		for line := range n {
			all = append(all, poi.Reject{File: "pois.csv", Line: line + 2, Field: "lat", Value: "91", Code: poi.CodeRange, Reason: "is too much"})
		}
		return all
	}
	for _, tt := range []struct {
		name  string
		of    *builder.Summary
		rows  int64
		named int
	}{
		{"no build", nil, 0, 0},
		{"none", &builder.Summary{}, 0, 0},
		{"two", &builder.Summary{Rejected: 2, Rejects: rows(2)}, 2, 2},
		{"more than are named", &builder.Summary{Rejected: 900, Rejects: rows(100)}, 900, rejectedShown},
	} {
		got := rejectedBy(tt.of)
		if tt.rows == 0 {
			if got != nil {
				t.Errorf("%s: %+v", tt.name, got)
			}
			continue
		}
		if got.Rows != tt.rows || len(got.First) != tt.named {
			t.Errorf("%s: %+v", tt.name, got)
		}
		if want := `pois.csv:2: lat "91" is too much (out_of_range)`; got.First[0].Text != want || got.First[0].Line != 2 {
			t.Errorf("%s: the first is %+v, want %s", tt.name, got.First[0], want)
		}
	}
}
