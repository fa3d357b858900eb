package report

import (
	"strings"
	"testing"

	"geodrop/builder/plan"
)

// TestZonesUnknown: a config is asked for where it would tell something.
func TestZonesUnknown(t *testing.T) {
	for _, tt := range []struct {
		name           string
		before, after  bool // known
		added, removed int64
		flag           string
	}{
		{"both known", true, true, 1, 1, ""},
		{"neither, and all stays", false, false, 0, 0, ""},
		{"neither, and some go", false, false, 0, 1, "--src,"},
		{"neither, and some come", false, false, 1, 0, "--against-src,"},
		{"after known, some come and go", false, true, 1, 1, "--against-src,"},
	} {
		p := &plan.Plan{Places: plan.Change{Added: tt.added, Removed: tt.removed}, Zones: plan.Zones{BeforeKnown: tt.before, AfterKnown: tt.after}}
		text := strings.Join(zones(p, 9).Words, " ")
		for _, flag := range []string{" --src,", " --against-src,"} {
			want := " "+tt.flag == flag
			if got := strings.Contains(text, flag); got != want {
				t.Errorf("%s: %q", tt.name, text)
			}
		}
	}
}

// TestShares: shares that differ never look alike by their first digits alone.
func TestShares(t *testing.T) {
	for _, tt := range []struct {
		before, after float64
		want          string
	}{
		{0.067, 0.067, "6.7 %"}, {0.067, 0.071, "6.7 % → 7.1 %"}, {0.0668, 0.0671, "6.68 % → 6.71 %"}, {0, 1, "0 % → 100 %"},
	} {
		if got := shares(tt.before, tt.after); got != tt.want {
			t.Errorf("%v, %v: %q, want %q", tt.before, tt.after, got, tt.want)
		}
	}
}
