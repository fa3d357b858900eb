package catalog

import (
	"reflect"
	"slices"
	"testing"

	"geodrop/poi"
)

func TestLabels(t *testing.T) {
	tests := []struct {
		name  string
		place Place
		want  []string
	}{
		{"nowhere", Place{}, nil},
		{"district", Place{District: "d:1"}, []string{"d:d:1"}},
		{"all", Place{District: "1", Sets: []poi.SetID{"b", "a"}, Zones: []poi.ZoneID{"z"}}, []string{"d:1", "s:a", "s:b", "z:z"}},
		{"twice", Place{Sets: []poi.SetID{"a", "a"}}, []string{"s:a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.place.Labels([]string{"z"})[1:]
			if !slices.Equal(got, tt.want) {
				t.Errorf("labels %q, want %q", got, tt.want)
			}
			back, ok := ParsePlace(got)
			want := tt.place
			slices.Sort(want.Sets)
			want.Sets = slices.Compact(want.Sets)
			if !ok || !reflect.DeepEqual(back, want) {
				t.Errorf("ParsePlace(%q) = %+v, %v, want %+v", got, back, ok, want)
			}
		})
	}
}

func TestParsePlaceRefuses(t *testing.T) {
	for _, labels := range [][]string{{""}, {"x:1"}, {"d"}, {"d:"}, {"s:"}, {"z:"}, {"d:1", "d:2"}, {"s:a", "t:1"}} {
		if p, ok := ParsePlace(labels); ok {
			t.Errorf("ParsePlace(%q) = %+v, want a refusal", labels, p)
		}
	}
}
