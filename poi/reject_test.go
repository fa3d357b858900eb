package poi

import (
	"maps"
	"testing"
)

func TestRejects(t *testing.T) {
	seen := 0
	rejects := Rejects{Keep: 2, OnEach: func(Reject) { seen++ }}
	for line := 2; line < 12; line++ {
		rejects.Add(Reject{File: "pois.csv", Line: line, Code: CodeRange})
	}
	rejects.Add(Reject{File: "pois.csv", Line: 99, Code: CodeMissing})
	kept := rejects.Kept()
	if len(kept) != 3 || kept[0].Line != 2 || kept[1].Line != 3 || kept[2].Line != 99 {
		t.Errorf("kept %+v", kept)
	}
	want := map[RejectKey]int64{{"pois.csv", CodeRange}: 10, {"pois.csv", CodeMissing}: 1}
	if got := rejects.Counts(); !maps.Equal(got, want) || rejects.Total() != 11 || seen != 11 {
		t.Errorf("counts %v, total %d, seen %d", got, rejects.Total(), seen)
	}
}

func TestRejectString(t *testing.T) {
	tests := []struct {
		in   Reject
		want string
	}{
		{Reject{File: "pois.csv", Line: 3, Column: 17, Field: "lat", Value: "91", Code: CodeRange, Reason: "is not within -90…90 degrees"},
			`pois.csv:3:17: lat "91" is not within -90…90 degrees (out_of_range)`},
		{Reject{File: "pois.csv", Line: 3, Column: 0, Field: "row", Value: "", Code: CodeTooLong, Reason: "has more than 1048576 bytes"},
			`pois.csv:3: row has more than 1048576 bytes (too_long)`},
		{Reject{File: "poi", Line: 0, Column: 0, Field: "id", Value: "", Code: CodeMissing, Reason: "is empty"}, `poi: id is empty (missing)`},
	}
	for _, tt := range tests {
		if got := tt.in.String(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
